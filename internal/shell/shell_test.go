package shell_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/shell"
)

// parse reads the command of the last instruction that has one.
func parse(src string) (*dockerfile.File, *shell.Script) {
	f := dockerfile.Parse([]byte(src))
	for k := len(f.Instructions) - 1; k >= 0; k-- {
		if c, ok := f.Instructions[k].Command(); ok {
			st := f.State(f.Stages[max(f.Instructions[k].Stage, 0)], f.Instructions[k], nil)
			return f, shell.Parse(c, st.Shell)
		}
	}
	return f, nil
}

// parseFirst reads the first command.
func parseFirst(src string) (*dockerfile.File, *shell.Script) {
	f := dockerfile.Parse([]byte(src))
	for _, i := range f.Instructions {
		if c, ok := i.Command(); ok {
			return f, shell.Parse(c, nil)
		}
	}
	return f, nil
}

// describe writes one line per command: joint, name, words, and what holds.
func describe(sc *shell.Script) string {
	if sc.Err != nil {
		return "error"
	}
	var b strings.Builder
	for _, c := range sc.Commands {
		fmt.Fprintf(&b, "%s%s", [...]string{"", "; ", "&& ", "|| ", "| "}[c.Join], c.Name)
		for _, w := range c.Args {
			b.WriteString(" " + mark(w))
		}
		for _, a := range c.Assigns {
			b.WriteString(" " + a.Name + "=" + mark(a.Value))
		}
		for _, r := range c.Redirs {
			b.WriteString(" " + r.FD + r.Op + mark(r.Target))
		}
		if len(c.Wrappers) > 0 {
			fmt.Fprintf(&b, " by %s", strings.Join(c.Wrappers, " "))
		}
		b.WriteString(flags(c) + "\n")
	}
	return b.String()
}

func mark(w shell.Word) string {
	switch {
	case !w.Literal:
		return "«" + w.Value + "»"
	case w.Glob:
		return "<" + w.Value + ">"
	}
	return strings.ReplaceAll(w.Value, " ", "_")
}

func flags(c *shell.Command) string {
	var list []string
	for k, name := range []string{"subshell", "loop", "branch", "function", "substitution", "pipe", "background", "text"} {
		if c.Nest&(1<<k) != 0 {
			list = append(list, name)
		}
	}
	if !c.Fatal {
		list = append(list, "ignored")
	}
	if !c.Always {
		list = append(list, "maybe")
	}
	if len(list) == 0 {
		return ""
	}
	return " [" + strings.Join(list, " ") + "]"
}

func TestCommands(t *testing.T) {
	for _, tc := range []struct{ name, src, want string }{
		{"chain", "RUN apt-get update && \\\n # why\n apt-get -y install curl \\\n  git && rm -rf /var/lib/apt/lists/*",
			"apt-get update\n&& apt-get -y install curl git\n&& rm -rf </var/lib/apt/lists/*>\n"},
		{"errexit", "RUN set -eux; apt-get update; apt-get install -y \"$PKG\" 'a b'; rm -f x",
			"set -eux\n; apt-get update\n; apt-get install -y «\"$PKG\"» a_b\n; rm -f x\n"},
		{"no errexit", "RUN a; b", "a [ignored]\n; b\n"},
		{"errexit spares all but the last of a chain", "RUN set -e; a && b; c",
			"set -e\n; a [ignored]\n&& b [maybe]\n; c\n"},
		{"errexit by SHELL", "FROM x\nSHELL [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN a | b; c",
			"a [pipe]\n| b [pipe]\n; c\n"},
		{"or", "RUN a || true", "a [ignored]\n|| true [branch maybe]\n"},
		{"or in a chain", "RUN a && b || c && d", "a [ignored]\n&& b [ignored maybe]\n|| c [branch maybe]\n&& d\n"},
		{"pipe", "RUN curl -fsSL https://x/y | tar xz && ls", "curl -fsSL https://x/y [pipe ignored]\n| tar xz [pipe]\n&& ls\n"},
		{"wrappers", "RUN sudo -E -u root env DEBIAN_FRONTEND=noninteractive time -p nice -n 5 apt-get install x",
			"apt-get install x DEBIAN_FRONTEND=noninteractive by sudo env time nice\n"},
		{"time keyword", "RUN time make -j4", "make -j4 by time\n"},
		{"text", "RUN sh -ec 'apt-get update; apt-get install x'",
			"apt-get update by sh [text]\n; apt-get install x by sh [text]\n"},
		{"text without errexit", "RUN bash -lc \"a; b\"", "a by bash [text ignored]\n; b by bash [text]\n"},
		{"exec form", `RUN ["apt-get", "install", "-y", "x y"]`, "apt-get install -y x_y\n"},
		{"exec form with text", `CMD ["/bin/sh", "-c", "a && b"]`, "a by sh [text]\n&& b by sh [text]\n"},
		{"branch", "RUN if [ -n \"$X\" ]; then a; else b; fi && c",
			"[ -n «\"$X\"» ] [branch ignored]\na [branch maybe]\nb [branch maybe]\n&& c\n"},
		{"loop", "RUN for p in a b; do apk add $p; done", "apk add «$p» [loop ignored maybe]\n"},
		{"subshell", "RUN (cd /x && make) && ls", "cd /x [subshell]\n&& make [subshell]\n&& ls\n"},
		{"block", "RUN { a; b; } && c", "a [ignored]\n; b\n&& c\n"},
		{"substitution", "RUN a=$(nproc) make -j$(getconf N)", "nproc [substitution ignored]\ngetconf N [substitution ignored]\nmake «-j$(getconf N)» a=«$(nproc)»\n"},
		{"function", "RUN f() { apt-get update; }; f", "apt-get update [function ignored maybe]\n; f\n"},
		{"background", "RUN a & b", "a [background ignored]\n; b\n"},
		{"not", "RUN ! a && b", "a [ignored]\n&& b\n"},
		{"redirections", "RUN echo x > /a 2>&1 <<< y", "echo x >/a 2>&1 <<<y\n"},
		{"heredoc", "RUN <<EOF\nset -e\n# why\napt-get update\napt-get install -y \\\n  x\nEOF\n",
			"set -e\n; apt-get update\n; apt-get install -y x\n"},
		{"heredoc for python", "RUN <<EOF\n#!/usr/bin/env python3\nprint()\nEOF\n", "error"},
		{"heredoc for bash", "RUN <<EOF\n#!/bin/bash -e\na\nb\nEOF\n", "a\n; b\n"},
		{"heredoc argument", "RUN cat <<EOF > /x && b\na $(date)\nEOF\n", "date [substitution ignored]\ncat <<EOF >/x\n&& b\n"},
		{"export", "RUN export A=1 B && b", "export A=1 B=\n&& b\n"},
		{"lookup", "RUN command -v curl || apk add curl", "command -v curl [ignored]\n|| apk add curl [branch maybe]\n"},
		{"tilde, brace", "RUN rm -rf ~/.cache /x/{a,b} '*'", "rm -rf «~/.cache» </x/{a,b}> *\n"},
		{"escape", "# escape=`\nFROM x\nRUN dir c:\\ && `\r\n foo 'c:\\bar'", "dir c:_\n&& foo c:\\bar\n"},
		{"backtick", "# escape=`\nFROM x\nRUN apk add `\r\n # c\r\n curl && `\r\n b", "apk add curl\n&& b\n"},
		{"powershell", "FROM x\nSHELL [\"powershell\", \"-Command\"]\nRUN a; b", "error"},
		{"xargs", "RUN xargs -n 1 apt-get install -y < list", "apt-get install -y <list by xargs\n"},
		{"not a shell's text", "RUN su -c 'a b'", "su -c a_b\n"},
		{"assignment", "RUN X=1; a", " X=1 [ignored]\n; a\n"},
		{"broken", "RUN a && (b", "error"},
		{"case", "RUN case x in a) b;; *) c;; esac", "b [branch maybe]\nc [branch maybe]\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, sc := parse("FROM x\n" + tc.src)
			if strings.HasPrefix(tc.src, "#") || strings.HasPrefix(tc.src, "FROM") {
				_, sc = parse(tc.src)
			}
			if got := describe(sc); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}
