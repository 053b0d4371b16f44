package diag_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/careenhq/careen/diag"
)

func TestSavingValue(t *testing.T) {
	for _, c := range []struct{ before, after, want float64 }{{10, 4, 6}, {4, 10, -6}, {3, 3, 0}} {
		if got := (diag.Saving{Before: c.before, After: c.after}).Value(); got != c.want {
			t.Errorf("from %v to %v saves %v, want %v", c.before, c.after, got, c.want)
		}
	}
}

var name = regexp.MustCompile(`^[a-z][a-z_]*$`)

// TestFieldNames holds that every field of the JSON form is named on purpose, in
// one style, and once in its object.
func TestFieldNames(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(of.Elem())
		case reflect.Struct:
			if of == reflect.TypeFor[time.Time]() || seen[of] {
				return
			}
			seen[of] = true
			checkFields(t, of, visit)
		}
	}
	visit(reflect.TypeFor[diag.Document]())
	if len(seen) < 15 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}

func checkFields(t *testing.T, of reflect.Type, visit func(reflect.Type)) {
	used := map[string]bool{}
	for k := range of.NumField() {
		f := of.Field(k)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" {
			continue
		}
		if !f.Anonymous && (!name.MatchString(tag) || used[tag]) {
			t.Errorf("%s.%s is called %q in JSON", of, f.Name, tag)
		}
		used[tag] = true
		visit(f.Type)
	}
}

// TestDocumentKeepsEverything holds that a document read back is the one written.
func TestDocumentKeepsEverything(t *testing.T) {
	want := diag.Document{
		Schema: diag.SchemaVersion, Outcome: diag.Improved, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Baseline: &diag.Build{Bytes: diag.Bytes{Compressed: 1 << 53, Unpacked: 2}, ColdSeconds: diag.Measurement{Samples: []float64{0.1, 1e-9}, Warnings: []string{"w"}}},
		Changes:  []diag.Change{{ID: "a", Kept: true, Saved: []diag.Saving{{Quantity: diag.DiskBytes, Before: 2, After: 1, Notable: true}}}},
		Parity:   diag.Parity{Verdict: diag.Different, Differences: []diag.Difference{{Level: "L1", Old: "\xc3\xa9"}}, Levels: []diag.Level{{NotRun: []diag.NotRun{{Check: "c", Why: "w"}}}}},
		Patch:    "-a\n+b\n",
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got diag.Document
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
