package dockerfile_test

import (
	"slices"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/careenhq/careen/dockerfile"
)

// set are the variables that the tests know; "none" is not among them.
var set = map[string]string{
	"a": "x", "empty": "", "version": "1.26.8-rc1", "path": "/usr/local/bin:/bin", "star": "a*b?c", "b_2": "Ω", "1": "one",
}

type environment map[string]string

func (e environment) Get(key string) (string, bool) { v, ok := e[key]; return v, ok }
func (e environment) Keys() []string                { return nil }

// words are what Dockerfiles hold, right and wrong.
var words = []string{
	"", "plain", "$a", "${a}", "$none", "${none}", "a$a-b", "$a$a", "$", "a$", "$$", "${", "${a", "${}", "${a b}", "$1", "$12", "$b_2c", "${b_2}c",
	"${a:-d}", "${none:-d}", "${empty:-d}", "${empty-d}", "${none-d}", "${none:-}", "${none:-$a}", "${none:-${none:-deep}}", "${a:+s}", "${none:+s}",
	"${empty:+s}", "${empty+s}", "${none+s}", "${none:?must}", "${empty:?must}", "${empty?must}", "${a:?must}", "${none?}",
	"${version#1.}", "${version##*.}", "${version%-*}", "${version%%.*}", "${path#*/}", "${path##*/}", "${path%:*}", "${path/bin/sbin}", "${path//bin/sbin}",
	"${path/none/x}", "${star#a\\*}", "${star%\\?c}", "${star/\\*/-}", "${star//?/-}", "${a/x/$version}", "${none/x/y}", "${a//}", "${a/x}",
	"'$a'", "\"$a\"", "\"a b\"", "'a b'", "a'b'c", "\"a'b\"", "'a\"b'", "\\$a", "\"\\$a\"", "'\\$a'", "\\\\", "\"\\n\"", "a\\ b", "\\", "'open", "\"open",
	"`$a`", "\"`$a\"", "\ufeff$a", "\xff$a", "${a:*x}", "${a:", "${a:-", "${a@U}", "$@", "$?", "$-", "${#a}", "${!a}", "ghcr.io/x/y:${version}@sha256:0",
}

// checkExpand compares with BuildKit's shell lexer.
func checkExpand(t *testing.T, word string, escape byte) {
	t.Helper()
	lex := shell.NewLex(rune(escape))
	want, _, wantErr := lex.ProcessWord(word, environment(set))
	got, err := dockerfile.Expand(word, escape, dockerfile.MapLookup(set))
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: error %v, BuildKit %v", word, err, wantErr)
	}
	if err == nil && got != want {
		t.Fatalf("%q gives %q, BuildKit %q", word, got, want)
	}
	lex.SkipUnsetEnv = true
	want, _, wantErr = lex.ProcessWord(word, environment(set))
	got, err = dockerfile.ExpandKnown(word, escape, dockerfile.MapLookup(set))
	if (err == nil) != (wantErr == nil) || err == nil && got != want {
		t.Fatalf("%q, unset kept, gives %q (%v), BuildKit %q (%v)", word, got, err, want, wantErr)
	}
}

func TestExpand(t *testing.T) {
	for _, word := range words {
		for _, escape := range []byte{'\\', '`'} {
			checkExpand(t, word, escape)
		}
	}
}

func FuzzExpand(f *testing.F) {
	for _, word := range words {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) { checkExpand(t, word, '\\') })
}

func TestVariables(t *testing.T) {
	got := dockerfile.Variables("$a-${b:-$c}${a}'$d'\\$e", '\\')
	if want := []string{"a", "b", "c"}; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("variables %q, want %q", got, want)
	}
}

func TestSplitReference(t *testing.T) {
	for ref, want := range map[string]dockerfile.Reference{
		"debian":                          {Name: "debian"},
		"debian:bookworm":                 {Name: "debian", Tag: "bookworm"},
		"localhost:5000/a/b":              {Name: "localhost:5000/a/b"},
		"localhost:5000/a/b:1@sha256:00":  {Name: "localhost:5000/a/b", Tag: "1", Digest: "sha256:00"},
		"node:${VERSION}":                 {Name: "node", Tag: "${VERSION}"},
		"node:${VERSION:-20}":             {Name: "node", Tag: "${VERSION:-20}"},
		"${REGISTRY:-docker.io}/lib/node": {Name: "${REGISTRY:-docker.io}/lib/node"},
		"":                                {},
	} {
		got := dockerfile.SplitReference(ref)
		if got != want {
			t.Errorf("%q: %+v, want %+v", ref, got, want)
		}
		if got.String() != ref {
			t.Errorf("%q is written %q", ref, got.String())
		}
	}
}
