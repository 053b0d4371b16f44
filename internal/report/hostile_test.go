package report_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gtext "github.com/yuin/goldmark/text"

	"github.com/careenhq/careen/internal/report"
)

// TestTerminalIsSafe holds that no text of a project reaches the terminal as
// anything but text.
func TestTerminalIsSafe(t *testing.T) {
	for _, r := range text(t, hostile(), report.Style{}) {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			t.Fatalf("%U on the terminal", r)
		}
	}
	// A diff keeps its own newlines, so a line of it may begin with a mark; every
	// other line is one that careen begins.
	report, _, _ := strings.Cut(text(t, hostile(), report.Style{}), "\n\na|b")
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "# n") || strings.HasPrefix(line, "- o") {
			t.Errorf("a project's text begins a line: %q", line)
		}
	}
}

// TestMarkdownIsSafe reads the pages of a hostile project as GitHub would: no
// HTML, no links, images or headings but careen's own, and no row of a table with
// another number of cells than its head.
func TestMarkdownIsSafe(t *testing.T) {
	own := headings(t, improvedPages(t))
	for name, page := range pages(t, hostile(), func(string) ([]byte, error) { return []byte("# x\n"), nil }) {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		for _, r := range string(page) {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatalf("%s: %U on the page", name, r)
			}
		}
		walk(t, page, func(n ast.Node) { checkNode(t, name, page, n) })
		if got := headings(t, map[string][]byte{name: page})[name]; got != own[name] {
			t.Errorf("%s has %d headings, %d are careen's", name, got, own[name])
		}
	}
}

func improvedPages(t *testing.T) map[string][]byte {
	d := improved()
	d.Parity.Differences = hostile().Parity.Differences[:1]
	return pages(t, d, func(string) ([]byte, error) { return []byte("# x\n"), nil })
}

func headings(t *testing.T, all map[string][]byte) map[string]int {
	count := map[string]int{}
	for name, page := range all {
		walk(t, page, func(n ast.Node) {
			if _, ok := n.(*ast.Heading); ok {
				count[name]++
			}
		})
	}
	return count
}

func walk(t *testing.T, page []byte, visit func(ast.Node)) {
	t.Helper()
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))
	err := ast.Walk(md.Parser().Parse(gtext.NewReader(page)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			visit(n)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkNode(t *testing.T, name string, page []byte, n ast.Node) {
	t.Helper()
	switch n := n.(type) {
	case *ast.RawHTML:
		if html := string(n.Segments.Value(page)); html != "<br>" {
			t.Errorf("%s: HTML %q", name, html)
		}
	case *ast.HTMLBlock:
		html := string(n.Lines().Value(page))
		for _, mark := range []string{"<!-- careen: begin -->", "<!-- careen: end -->"} {
			html = strings.Replace(html, mark, "", 1)
		}
		if strings.TrimSpace(html) != "" {
			t.Errorf("%s: HTML %q", name, html)
		}
	case *ast.Link:
		if dest := string(n.Destination); !strings.HasSuffix(dest, ".md") || strings.Contains(dest, ":") {
			t.Errorf("%s: link to %q", name, dest)
		}
	case *ast.Image, *extast.Strikethrough:
		t.Errorf("%s: a project's text became %s", name, n.Kind())
	case *extast.Table:
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			if row.ChildCount() != len(n.Alignments) {
				t.Errorf("%s: a row of %d cells in a table of %d", name, row.ChildCount(), len(n.Alignments))
			}
		}
	}
}

// TestNoRowIsCut holds that bars and newlines in cells keep every row whole:
// goldmark drops what is too much, so the bars are counted in the text as well.
func TestNoRowIsCut(t *testing.T) {
	for name, page := range pages(t, hostile(), absent) {
		var want int
		for line := range bytes.Lines(page) {
			if !strings.HasSuffix(name, ".md") || !bytes.HasPrefix(line, []byte("| ")) {
				want = 0
				continue
			}
			got := bytes.Count(bytes.ReplaceAll(bytes.ReplaceAll(line, []byte(`\\`), nil), []byte(`\|`), nil), []byte("|"))
			if want == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%s: %d bars instead of %d: %q", name, got, want, line)
			}
		}
	}
}
