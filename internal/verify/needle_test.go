package verify

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func foundIn(t *testing.T, words []string, text string) []string {
	t.Helper()
	found := map[string]bool{}
	if err := newNeedles(words).search(strings.NewReader(text), func(w string) { found[w] = true }); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found))
}

func TestNeedles(t *testing.T) {
	words := []string{"seed.json", "seed.json.bak", "/etc/app.conf", "abc", "config"}
	got := foundIn(t, words, "\x7fELF\x00failed to readseed.jsonopen /etc/app.confabc conf")
	if want := []string{"/etc/app.conf", "seed.json"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := foundIn(t, words, ""); got != nil {
		t.Errorf("found %q in nothing", got)
	}
}

// TestNeedlesEndInTexts tells a name in a text from the beginning of a longer one.
func TestNeedlesEndInTexts(t *testing.T) {
	for text, want := range map[string]bool{
		"const LDD_PATH = '/usr/bin/ldd'": false,
		"exec('/usr/bin/ld')":             true,
		"/usr/bin/ld.":                    true,
		"/usr/bin/ld-$VERSION":            true,
		"/usr/bin/ld":                     true,
		"\x00/usr/bin/lddx":               true,
	} {
		if got := foundIn(t, []string{"/usr/bin/ld"}, text); (len(got) == 1) != want {
			t.Errorf("%q: found %q, want %v", text, got, want)
		}
	}
	if got := foundIn(t, []string{"libz.so"}, "a\x00libz.so.1 libz.so"); len(got) != 1 {
		t.Errorf("the last of two names: found %q", got)
	}
}

// TestNeedlesAcrossParts puts a word over the end of the first part that is read.
func TestNeedlesAcrossParts(t *testing.T) {
	n := newNeedles([]string{"needle-in-hay"})
	for shift := range 20 {
		text := append(bytes.Repeat([]byte("x"), 1<<18+n.longest-shift), "needle-in-hay"...)
		text = append(text, bytes.Repeat([]byte(" "), 1000)...)
		found := false
		if err := n.search(iotest.HalfReader(bytes.NewReader(text)), func(string) { found = true }); err != nil || !found {
			t.Errorf("shift %d: found %v, %v", shift, found, err)
		}
	}
}

func TestNeedlesReportReadErrors(t *testing.T) {
	err := newNeedles([]string{"word"}).search(iotest.ErrReader(iotest.ErrTimeout), func(string) {})
	if err == nil {
		t.Error("a read error was swallowed")
	}
}

func FuzzNeedles(f *testing.F) {
	f.Add("seed.json", "open seed.json")
	f.Add("aaaa", "aaaaaaa")
	f.Fuzz(func(t *testing.T, word, text string) {
		if len(word) < minNeedle {
			t.Skip("too short to be looked for")
		}
		text = "\x00" + text // not a text, where a word has to end
		if got, want := len(foundIn(t, []string{word}, text)) == 1, strings.Contains(text, word); got != want {
			t.Errorf("%q in %q: %v, want %v", word, text, got, want)
		}
	})
}
