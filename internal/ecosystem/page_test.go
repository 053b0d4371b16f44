package ecosystem

import "testing"

func TestPage(t *testing.T) {
	for _, c := range []struct {
		file   string
		beside []string
		want   bool
	}{
		{"/app/content/2020-hello.md", []string{"2020-hello.md", "second.md"}, true},
		{"/srv/site/posts/en/first.rst", []string{"first.rst", "picture.png"}, true},
		{"/app/content/README.md", []string{"README.md"}, false},
		{"/app/content/notes.md", []string{"notes.md", "README.md"}, false},
		{"/app/DESIGN.md", []string{"DESIGN.md", "go.mod", "main.go"}, false},
		{"/app/docs/guide.md", []string{"guide.md"}, false},
		{"/app/vendor/example.org/x/usage.md", []string{"usage.md"}, false},
		{"/app/content/hello.html", []string{"hello.html"}, false},
	} {
		if got := Page(c.file, c.beside); got != c.want {
			t.Errorf("Page(%q, %q) = %v, want %v", c.file, c.beside, got, c.want)
		}
	}
}
