package dockerfile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
)

// edited applies edits and parses the outcome. What BuildKit accepted before must
// be accepted afterwards, and no comment may be lost.
func edited(t *testing.T, f *dockerfile.File, edits []span.Edit) *dockerfile.File {
	t.Helper()
	out, err := span.Apply(f.Source, edits)
	if err != nil {
		t.Fatalf("edits %v do not apply: %v", edits, err)
	}
	after := dockerfile.Parse(out)
	if len(after.Problems) > 0 {
		t.Fatalf("edits %v make problems: %v\n%q", edits, after.Problems, out)
	}
	checkFile(t, out)
	if got, want := len(after.Comments), len(f.Comments); got < want {
		t.Fatalf("edits %v lose comments: %d of %d left\n%q", edits, got, want, out)
	}
	return after
}

func names(f *dockerfile.File) []string {
	var out []string
	for _, i := range f.Instructions {
		out = append(out, i.Name)
	}
	return out
}

// accepted are the files of testdata/nasty that BuildKit accepts.
func accepted(t *testing.T) map[string]*dockerfile.File {
	files := map[string]*dockerfile.File{}
	for name, src := range nasty(t) {
		if f := dockerfile.Parse(src); len(f.Problems) == 0 {
			files[name] = f
		}
	}
	if len(files) < 30 {
		t.Fatalf("only %d files to edit", len(files))
	}
	return files
}

// eachInstruction runs a law on every instruction of every accepted file.
func eachInstruction(t *testing.T, law func(t *testing.T, f *dockerfile.File, k int, i *dockerfile.Instruction)) {
	for name, f := range accepted(t) {
		t.Run(name, func(t *testing.T) {
			for k, i := range f.Instructions {
				law(t, f, k, i)
			}
		})
	}
}

func TestInsert(t *testing.T) {
	eachInstruction(t, func(t *testing.T, f *dockerfile.File, k int, i *dockerfile.Instruction) {
		e := f.Editor()
		before := edited(t, f, e.InsertBefore(i, "ARG careen=1"))
		if want := slices.Insert(names(f), k, "ARG"); !slices.Equal(names(before), want) {
			t.Fatalf("before %d: %q, want %q", k, names(before), want)
		}
		after := edited(t, f, e.InsertAfter(i, "ARG careen=1\nARG second\n"))
		if want := slices.Insert(names(f), k+1, "ARG", "ARG"); !slices.Equal(names(after), want) {
			t.Fatalf("after %d: %q, want %q", k, names(after), want)
		}
		if e.EOL() == "\r\n" && strings.Count(string(after.Source), "\r\n") < strings.Count(string(f.Source), "\r\n")+2 {
			t.Fatalf("line endings of the file not kept: %q", after.Source)
		}
	})
}

func TestAppend(t *testing.T) {
	for name, f := range accepted(t) {
		t.Run(name, func(t *testing.T) {
			after := edited(t, f, f.Editor().Append("ARG careen"))
			if want := append(names(f), "ARG"); !slices.Equal(names(after), want) {
				t.Fatalf("%q, want %q", names(after), want)
			}
		})
	}
}

func TestReplace(t *testing.T) {
	eachInstruction(t, func(t *testing.T, f *dockerfile.File, k int, i *dockerfile.Instruction) {
		if i.Name == "FROM" || len(i.Inner) > 0 {
			return
		}
		after := edited(t, f, f.Editor().Replace(i, "ARG careen=1"))
		want := names(f)
		want[k] = "ARG"
		if !slices.Equal(names(after), want) || after.Instructions[k].Text() != "ARG careen=1" {
			t.Fatalf("%q, want %q: %q", names(after), want, after.Source)
		}
	})
}

func TestRemove(t *testing.T) {
	eachInstruction(t, func(t *testing.T, f *dockerfile.File, k int, i *dockerfile.Instruction) {
		if k == 0 || i.Name == "FROM" || i.Name == "ARG" || len(i.Inner) > 0 {
			return
		}
		after := edited(t, f, f.Editor().Remove(i, false))
		if want := slices.Delete(names(f), k, k+1); !slices.Equal(names(after), want) {
			t.Fatalf("%q, want %q", names(after), want)
		}
	})
}

func TestSetFlag(t *testing.T) {
	eachInstruction(t, func(t *testing.T, f *dockerfile.File, k int, i *dockerfile.Instruction) {
		if i.Name != "COPY" {
			return
		}
		e := f.Editor()
		owned := edited(t, f, e.SetFlag(i, "chown", "7:7"))
		if c, _ := owned.Instructions[k].Copy(); c.Chown != "7:7" {
			t.Fatalf("chown %q: %q", c.Chown, owned.Source)
		}
		fl, _ := owned.Instructions[k].Flag("chown")
		bare := edited(t, owned, owned.Editor().RemoveFlag(fl))
		if _, has := bare.Instructions[k].Flag("chown"); has {
			t.Fatalf("flag still there: %q", bare.Source)
		}
		if _, had := i.Flag("chown"); !had && string(bare.Source) != string(f.Source) {
			t.Fatalf("adding and removing a flag changes the file:\n%q\n%q", f.Source, bare.Source)
		}
	})
}

func TestReplaceWord(t *testing.T) {
	eachInstruction(t, func(t *testing.T, f *dockerfile.File, k int, i *dockerfile.Instruction) {
		c, ok := i.Copy()
		if !ok || i.Name != "COPY" {
			return
		}
		text := "/careen/"
		if _, isJSON := i.JSON(); isJSON {
			text = `"/careen/"`
		}
		after := edited(t, f, f.Editor().ReplaceWord(c.Dest, text))
		if got, _ := after.Instructions[k].Copy(); got.Dest.Value != "/careen/" || !slices.Equal(values(got.Sources), values(c.Sources)) {
			t.Fatalf("%q to %q: %q", values(got.Sources), got.Dest.Value, after.Source)
		}
	})
}

func TestNameStage(t *testing.T) {
	for name, f := range accepted(t) {
		t.Run(name, func(t *testing.T) {
			last := len(f.Stages) - 1
			after := edited(t, f, f.Editor().NameStage(f.Stages[last], "careen"))
			if got := after.Stages[last].Name; got != "careen" {
				t.Fatalf("stage is named %q: %q", got, after.Source)
			}
			if after.StageByName("CAREEN") != after.Stages[last] || after.Final("careen") != after.Final("") {
				t.Fatal("the stage is not found by its name")
			}
		})
	}
}
