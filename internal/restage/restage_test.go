package restage

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
)

var update = flag.Bool("update", false, "rewrite the expectations")

// Each case holds a Dockerfile, the built image's tree in `tree`, facts in
// `facts`, and the expected Dockerfile, or the reason for none, in `want`.
func TestPropose(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := func(file string) string {
				for _, f := range ar.Files {
					if f.Name == file {
						return string(f.Data)
					}
				}
				return ""
			}
			got := proposed(t, text)
			if *update {
				for i := range ar.Files {
					if ar.Files[i].Name == "want" {
						ar.Files[i].Data = []byte(got)
					}
				}
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := text("want"); got != want && !*update {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func proposed(t *testing.T, text func(string) string) string {
	t.Helper()
	source := []byte(text("Dockerfile"))
	facts, options := readFacts(t, text)
	p := Propose(dockerfile.Parse(source), facts, options)
	if p.Change == nil {
		return "none: " + p.Reason + "\n"
	}
	out, err := span.Apply(source, p.Change.Files[0].Edits)
	if err != nil {
		t.Fatal(err)
	}
	if problems := dockerfile.Parse(out).Problems; len(problems) > 0 {
		t.Errorf("result does not parse: %v\n%s", problems, out)
	}
	return string(out)
}

// readFacts reads the small language of the cases. A line of `tree` is
// "PATH [base|layerN] [set] [dir|exec|elf|dynamic|->TARGET] [pkg=NAME] [size=N] [uid=N]".
func readFacts(t *testing.T, text func(string) string) (*Facts, Options) {
	t.Helper()
	f := &Facts{
		Manager: "dpkg", Release: Release{"debian", "12", "bookworm"}, Path: strings.Split("/usr/local/bin:/usr/sbin:/usr/bin:/bin", ":"),
		Packages:    map[string]Owner{},
		Instruction: func(layer int) string { return map[int]string{1: "RUN", 2: "COPY"}[layer] },
		BuildOnly: func(name string) bool {
			return strings.HasSuffix(name, "-dev") || name == "gcc" || name == "git" || name == "curl"
		},
		Read:     func(p string) string { return text("root" + p) },
		Bytes:    func(p string) []byte { return []byte(text("root" + p)) },
		Env:      func(string) string { return "" },
		Needed:   func([]string) ([]string, []string) { return nil, nil },
		Mentions: func(string) bool { return false },
		Starts:   func(string) bool { return false },
		Roots:    func(names []string) []string { return names },
	}
	if source := text("source"); source != "" {
		f.Sources = []string{source}
	}
	o := Options{Path: "Dockerfile", Original: "debian:bookworm", Refused: func(string) bool { return false }, Exists: func(string) bool { return true }}
	for line := range strings.Lines(text("tree")) {
		f.Files = append(f.Files, readFile(t, strings.Fields(line), f))
	}
	slices.SortFunc(f.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for line := range strings.Lines(text("facts")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		words := strings.Fields(value)
		switch key {
		case "args":
			f.Args = words
		case "entrypoint": // and a shell form behind it
			first, text, _ := strings.Cut(value, " ")
			f.Args = []string{first, "/bin/sh", "-c", text}
		case "shell":
			f.Args, f.Shell = []string{"/bin/sh", "-c", value}, true
		case "health":
			f.Health = []string{"CMD-SHELL", value}
		case "workdir":
			f.Workdir = value
		case "path":
			f.Path = append(words, f.Path...)
		case "user":
			f.User = value
		case "env":
			f.Environ = append(f.Environ, words[0]+"="+words[1])
			f.Env = func(name string) string {
				if name == words[0] {
					return words[1]
				}
				return ""
			}
		case "original":
			o.Original = value
		case "refused":
			o.Refused = func(id string) bool { return slices.Contains(words, id) }
		case "exists":
			o.Exists = func(ref string) bool { return slices.Contains(words, ref) }
		case "named":
			f.Named = words
		case "needed":
			f.Needed = func([]string) ([]string, []string) { return words, nil }
		case "starts":
			f.Starts = func(w string) bool { return slices.Contains(words, w) }
		case "mentions":
			f.Mentions = func(w string) bool { return slices.Contains(words, w) }
		default:
			t.Fatalf("unknown fact %q", key)
		}
	}
	return f, o
}

func readFile(t *testing.T, words []string, f *Facts) File {
	t.Helper()
	file := File{Path: words[0], Layer: 2, Size: 1000}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch {
		case w == "base":
			file.Base = true
		case strings.HasPrefix(w, "layer"):
			file.Layer, _ = strconv.Atoi(w[5:])
		case w == "dir":
			file.Dir = true
		case w == "exec":
			file.Exec = true
		case w == "set":
			file.Set = true
		case w == "elf":
			file.ELF, file.Exec = true, true
		case w == "dynamic":
			file.ELF, file.Exec, file.Dynamic = true, true, true
		case strings.HasPrefix(w, "->"):
			file.Link = w[2:]
		case key == "pkg":
			file.Package = value
			f.Packages[value] = Owner{Name: value, Carried: value == "libstdc++6"}
		case key == "size":
			mustScan(t, value, &file.Size)
		case key == "uid":
			mustScan(t, value, &file.UID)
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return file
}

func mustScan(t *testing.T, value string, into any) {
	t.Helper()
	if _, err := fmt.Sscan(value, into); err != nil {
		t.Fatalf("%q: %v", value, err)
	}
}
