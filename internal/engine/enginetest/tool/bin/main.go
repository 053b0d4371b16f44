// Command bin is package tool as a static binary for real containers. It answers
// `probe` too, so that it can be the helper of the engine under test.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/careenhq/careen/internal/engine/enginetest/tool"
	"github.com/careenhq/careen/internal/probe"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		os.Exit(probe.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(tool.Main(real{}))
}

// real is the machine the process is on.
type real struct{}

func (real) Args() []string                       { return os.Args }
func (real) Env() []string                        { return os.Environ() }
func (real) UID() int                             { return os.Getuid() }
func (real) Stdin() io.Reader                     { return os.Stdin }
func (real) Stdout() io.Writer                    { return os.Stdout }
func (real) Stderr() io.Writer                    { return os.Stderr }
func (real) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }
func (real) WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func (real) Dir() string {
	dir, err := os.Getwd()
	if err != nil {
		return err.Error()
	}
	return dir
}

func (real) Signals() <-chan int {
	from, to := make(chan os.Signal, 1), make(chan int, 1)
	signal.Notify(from, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1)
	go func() {
		for s := range from {
			if number, ok := s.(syscall.Signal); ok {
				to <- int(number)
			}
		}
	}()
	return to
}

func (real) Serve(port int, answer string) error {
	return http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", port), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, answer)
	}))
}

func (real) Dial(address string) error {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		conn.Close()
	}
	return err
}

// Hold touches every page, so that the memory is really used.
func (real) Hold(bytes int64) {
	block := make([]byte, bytes)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	fmt.Fprintln(io.Discard, block[0])
}

func (real) Block() {
	for {
		time.Sleep(time.Hour)
	}
}
