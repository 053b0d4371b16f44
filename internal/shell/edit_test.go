package shell_test

import (
	"testing"

	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

// Edits read as if the author had made them.
func TestEdits(t *testing.T) {
	for _, tc := range []struct {
		name, src, want string
		edit            func(sc *shell.Script) []span.Edit
	}{
		{"append, && leads lines", "RUN a \\\n  && b\n", "RUN a \\\n  && b \\\n  && new\n", last("append")},
		{"append, && ends lines", "RUN a && \\\n    b\n", "RUN a && \\\n    b && \\\n    new\n", last("append")},
		{"append, one line", "RUN a && b\n", "RUN a && b && new\n", last("append")},
		{"append, several lines without &&", "RUN a x \\\n  y\n", "RUN a x \\\n  y \\\n  && new\n", last("append")},
		{"append, && within the first of several lines", "RUN a && b x \\\n    y\n", "RUN a && b x \\\n    y \\\n    && new\n", last("append")},
		{"append, backtick and carriage return", "# escape=`\r\nFROM x\r\nRUN a x `\r\n  y\r\n", "# escape=`\r\nFROM x\r\nRUN a x `\r\n  y `\r\n  && new\r\n", last("append")},
		{"append, under set -e", "RUN set -e; \\\n\ta; \\\n\tb\n", "RUN set -e; \\\n\ta; \\\n\tb; \\\n\tnew\n", last("append")},
		{"append, before a comment of the shell", "RUN a # why\n", "RUN a && new # why\n", last("append")},
		{"append, comment between lines", "RUN a \\\n  # why\n  && b\n", "RUN a \\\n  # why\n  && b \\\n  && new\n", last("append")},
		{"append, heredoc", "RUN <<EOF\nset -e\na\nEOF\n", "RUN <<EOF\nset -e\na\nnew\nEOF\n", last("append")},
		{"append, heredoc without set -e", "RUN <<EOF\na\nb\nEOF\n", "RUN <<EOF\na\nb && new\nEOF\n", last("append")},
		{"append, text in quotes", "RUN sh -c 'a && b'\n", "RUN sh -c 'a && b && new'\n", last("append")},
		{"delete the last", "RUN a \\\n  && b\n", "RUN a\n", last("delete")},
		{"delete the last, comment before it", "RUN a \\\n  # why\n  && b\nRUN c\n", "RUN a\n  # why\n\nRUN c\n", nth(1, "delete")},
		{"delete the first", "RUN a \\\n  && b\n", "RUN b\n", nth(0, "delete")},
		{"delete from the middle, && leads lines", "RUN a \\\n  && b \\\n  && c\n", "RUN a \\\n  && c\n", nth(1, "delete")},
		{"delete from the middle, && ends lines", "RUN a && \\\n  b && \\\n  c\n", "RUN a && \\\n  c\n", nth(1, "delete")},
		{"delete from the middle, comments", "RUN a \\\n  # one\n  && b \\\n  # two\n  && c\n", "RUN a \\\n  # one\n  # two\n  && c\n", nth(1, "delete")},
		{"delete a statement", "RUN a; b; c\n", "RUN a; c\n", nth(1, "delete")},
		{"delete a line of a heredoc", "RUN <<EOF\na\n# why\nb\nc\nEOF\n", "RUN <<EOF\na\n# why\nc\nEOF\n", nth(1, "delete")},
		{"delete the only one", "RUN a\n", "", last("delete")},
		{"delete a side of ||", "RUN a || b\n", "", last("delete")},
		{"delete in a pipe", "RUN a | b && c\n", "", nth(0, "delete")},
		{"insert, exec form", "RUN [\"a\", \"b\"]\n", "RUN [\"a\", \"--flag\", \"b\"]\n", last("insert")},
		{"insert, continued word", "RUN ab\\\nc d\n", "RUN ab\\\nc --flag d\n", last("insert")},
		{"insert, quotes do not allow it", "RUN sh -c 'a'\n", "", func(sc *shell.Script) []span.Edit {
			return sc.Commands[0].Insert(sc.Commands[0].Words[0], "it's")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := tc.src
			if src[0] != '#' {
				src, tc.want = "FROM x\n"+src, prefixed(tc.want)
			}
			_, sc := parseFirst(src)
			edits := tc.edit(sc)
			if edits == nil {
				if tc.want != "" {
					t.Fatal("no edit")
				}
				return
			}
			got, err := span.Apply([]byte(src), edits)
			if err != nil || string(got) != tc.want {
				t.Errorf("got\n%s\nwant\n%s (%v)", got, tc.want, err)
			}
		})
	}
}

func prefixed(want string) string {
	if want == "" {
		return ""
	}
	return "FROM x\n" + want
}

func last(what string) func(*shell.Script) []span.Edit { return nth(-1, what) }

// nth edits a command of the script; -1 is the last.
func nth(n int, what string) func(*shell.Script) []span.Edit {
	return func(sc *shell.Script) []span.Edit {
		k := n
		if k < 0 {
			k = len(sc.Commands) - 1
		}
		c := sc.Commands[k]
		switch what {
		case "append":
			return c.Append("new")
		case "delete":
			return c.Delete()
		}
		return c.Insert(c.Words[0], "--flag")
	}
}
