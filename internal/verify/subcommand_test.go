package verify

import (
	"slices"
	"testing"
)

func TestSubcommandsIn(t *testing.T) {
	for help, want := range map[string][]string{
		"usage: hoard COMMAND [ARGUMENT…]\n\n  init                    create the database\n  add FILE|-              store a file\n  seal | unseal           encrypt\n": {"init", "add", "seal"},
		"Available Commands:\n  completion  Generate the script\n  help        Help about any command\n\nFlags:\n  -h, --help   help\n":                                  {"completion", "help"},
		"usage: cat [FILE]\n  -n   number lines\n  file  to read\n":                                                                                                      nil,
		"": nil,
	} {
		if got := subcommandsIn(help); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", help, got, want)
		}
	}
}
