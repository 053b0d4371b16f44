package ci

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

var example = File{Path: "w.yml", Text: []byte("jobs:\n  build:\n    runs-on: x\n")}

func place(t *testing.T, f File, before string) string {
	t.Helper()
	text, err := Place(f, []byte(before), false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTwice: a second run changes no byte, for each provider.
func TestTwice(t *testing.T) {
	for _, provider := range Providers() {
		files, err := Workflows(provider, full)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range written(t, provider, full) {
			if f.Entry {
				if included, err := Included(files[i], f.Text); err != nil || !included {
					t.Errorf("%s: a second run would ask for it again: %v", f.Path, err)
				}
				continue
			}
			if again := place(t, files[i], string(f.Text)); again != string(f.Text) {
				t.Errorf("%s: changed by a second run", f.Path)
			}
		}
	}
}

// TestBytesAroundStay: what people wrote around the block stays, to the byte.
func TestBytesAroundStay(t *testing.T) {
	head, tail := "# ours\n\n", "\n  lint: # ours \t\n    runs-on: y  \n"
	block := string(bounded(example.Text))
	newer := File{Path: example.Path, Text: []byte("jobs:\n  test:\n    runs-on: z\n")}
	want := head + string(bounded(newer.Text)) + tail
	if got := place(t, newer, head+block+tail); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	windows := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	if got := place(t, newer, windows(head+block+tail)); got != windows(want) {
		t.Errorf("CRLF: got %q", got)
	}
	if got := place(t, example, windows(head+block+tail)); got != windows(head+block+tail) {
		t.Errorf("CRLF, nothing new: got %q", got)
	}
}

// TestLeftAlone: files of others, files that do not parse, blocks that were edited.
func TestLeftAlone(t *testing.T) {
	block := string(bounded(example.Text))
	for _, c := range []struct {
		name, before, want string
		foreign            bool
	}{
		{"foreign", "name: ci\njobs: {}\n", "not a file of careen", true},
		{"empty", "", "not a file of careen", true},
		{"unparsable", "name: ci\njobs:\n  a: b: c\n", "w.yml:3: not YAML: ", false},
		{"unparsable with a block", block + "x: y: z\n", "not YAML: ", false},
		{"a key twice", block + "jobs: {}\n", "not YAML: ", false},
		{"edited", "# ours\n" + strings.Replace(block, "runs-on: x", "runs-on: y", 1), "w.yml:2: the block of careen was edited", false},
		{"twice", block + strings.ReplaceAll(block, "jobs", "more"), "w.yml:6: a second block", false},
		{"no end", strings.TrimSuffix(block, blockEnd+"\n"), "not a file of careen", true},
	} {
		before := []byte(c.before)
		text, err := Place(example, before, false)
		var e *PlaceError
		if !errors.As(err, &e) || e.Foreign != c.foreign || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.name, err)
		}
		if text != nil || !bytes.Equal(before, []byte(c.before)) {
			t.Errorf("%s: gave %q", c.name, text)
		}
	}
}

// TestForce: an edited block is replaced when asked for, a file of others never.
func TestForce(t *testing.T) {
	edited := strings.Replace(string(bounded(example.Text)), "runs-on: x", "runs-on: y", 1)
	if text, err := Place(example, []byte(edited), true); err != nil || !bytes.Equal(text, bounded(example.Text)) {
		t.Errorf("%v: %q", err, text)
	}
	if _, err := Place(example, []byte("name: ci\n"), true); err == nil {
		t.Error("a file of others was replaced")
	}
}
