// Package tool is the one program of the conformance suite's images: a shell of
// sorts, a reader, a writer, a server and a few ways to end.
//
// It runs on a Machine, so that the very same code is a static binary inside real
// containers (package bin) and a function inside the fake's. It is for tests only.
package tool

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Machine is what a process sees of its container.
type Machine interface {
	Args() []string // the whole command line
	Env() []string
	Dir() string
	UID() int
	Stdin() io.Reader
	Stdout() io.Writer
	Stderr() io.Writer
	ReadFile(path string) ([]byte, error)
	WriteFile(path string, data []byte) error
	Signals() <-chan int                 // from now on signals come here instead of ending the process
	Serve(port int, answer string) error // HTTP on 127.0.0.1, until the process ends
	Dial(address string) error           // a TCP connection, closed at once
	Hold(bytes int64)                    // use that much memory
	Block()                              // for ever
}

// Main runs one command line and returns its exit code. As /bin/sh -c it takes
// words without quotes, joined by && only.
func Main(m Machine) int {
	args := m.Args()
	if len(args) > 2 && args[1] == "-c" {
		return script(m, args[2])
	}
	return command(m, args[1:])
}

func script(m Machine, text string) int {
	for line := range strings.SplitSeq(text, "&&") {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "tool" {
			fmt.Fprintf(m.Stderr(), "sh: %q is not a tool command\n", line)
			return 127
		}
		if code := command(m, expand(words[1:], m.Env())); code != 0 {
			return code
		}
	}
	return 0
}

// expand replaces the words $NAME.
func expand(words, env []string) []string {
	for i, word := range words {
		for _, kv := range env {
			if name, value, _ := strings.Cut(kv, "="); word == "$"+name {
				words[i] = value
			}
		}
	}
	return words
}

func command(m Machine, args []string) int {
	if len(args) == 0 {
		return usage(m, args)
	}
	verb, rest := args[0], args[1:]
	switch {
	case verb == "echo":
		fmt.Fprintln(m.Stdout(), strings.Join(rest, " "))
	case verb == "warn":
		fmt.Fprintln(m.Stderr(), strings.Join(rest, " "))
	case verb == "exit" && len(rest) == 1:
		code, _ := strconv.Atoi(rest[0])
		return code
	case verb == "env":
		for _, kv := range slices.Sorted(slices.Values(m.Env())) {
			fmt.Fprintln(m.Stdout(), kv)
		}
	case verb == "where":
		fmt.Fprintf(m.Stdout(), "uid %d in %s\n", m.UID(), m.Dir())
	case verb == "cat":
		return report(m, cat(m, rest))
	case verb == "write" && len(rest) > 0:
		return report(m, m.WriteFile(rest[0], []byte(strings.Join(rest[1:], " ")+"\n")))
	case verb == "secret" && len(rest) == 1:
		return report(m, secret(m, rest[0]))
	case verb == "dial" && len(rest) == 1:
		return report(m, m.Dial(rest[0]))
	default:
		return patient(m, verb, rest)
	}
	return 0
}

// patient holds the verbs that take a while.
func patient(m Machine, verb string, rest []string) int {
	switch {
	case verb == "block":
		m.Block()
	case verb == "trap":
		signals := m.Signals()
		fmt.Fprintln(m.Stdout(), "ready")
		fmt.Fprintf(m.Stdout(), "signal %d\n", <-signals)
		return 40
	case verb == "hold" && len(rest) == 1:
		bytes, _ := strconv.ParseInt(rest[0], 10, 64)
		m.Hold(bytes)
		fmt.Fprintln(m.Stdout(), "held")
	case verb == "serve" && len(rest) == 2:
		port, _ := strconv.Atoi(rest[0])
		return report(m, m.Serve(port, rest[1]))
	default:
		return usage(m, append([]string{verb}, rest...))
	}
	return 0
}

func cat(m Machine, paths []string) error {
	if len(paths) == 0 {
		_, err := io.Copy(m.Stdout(), m.Stdin())
		return err
	}
	for _, path := range paths {
		data, err := m.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := m.Stdout().Write(data); err != nil {
			return err
		}
	}
	return nil
}

// secret tells how long a file is, and nothing else.
func secret(m Machine, path string) error {
	data, err := m.ReadFile(path)
	if err == nil {
		fmt.Fprintf(m.Stdout(), "secret of %d bytes\n", len(data))
	}
	return err
}

func report(m Machine, err error) int {
	if err != nil {
		fmt.Fprintln(m.Stderr(), "tool:", err)
		return 1
	}
	return 0
}

func usage(m Machine, args []string) int {
	fmt.Fprintf(m.Stderr(), "tool: do not understand %q\n", args)
	return 64
}
