package report_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	generate "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

const schemaFile = "../../docs/schema/results.schema.json"

// generated is the schema of diag.Document as Go's encoder writes it, with the
// doc comments as descriptions.
func generated(t *testing.T) []byte {
	t.Helper()
	words := comments(t, "../../diag", "../../span")
	r := &generate.Reflector{Mapper: enumerated, AllowAdditionalProperties: true}
	r.LookupComment = func(of reflect.Type, field string) string { return words[of.Name()+"."+field] }
	s := r.Reflect(diag.Document{})
	s.ID = "https://github.com/careenhq/careen/raw/main/docs/schema/results.schema.json"
	s.Title = "careen results, version " + diag.SchemaVersion
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// comments are the doc comments of types ("Build.") and fields ("Build.Bytes").
func comments(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range dirs {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no source in %s: %v", dir, err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if g, ok := d.(*ast.GenDecl); ok {
					typeComments(g, all)
				}
			}
		}
	}
	return all
}

func typeComments(g *ast.GenDecl, all map[string]string) {
	line := func(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
	for _, spec := range g.Specs {
		s, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		all[s.Name.Name+"."] = line(g.Doc)
		if st, ok := s.Type.(*ast.StructType); ok {
			for _, field := range st.Fields.List {
				for _, name := range field.Names {
					all[s.Name.Name+"."+name.Name] = strings.TrimSpace(line(field.Doc) + " " + line(field.Comment))
				}
			}
		}
	}
}

// enumerations are the types that have a fixed set of values.
var enumerations = map[reflect.Type][]any{
	reflect.TypeFor[diag.Outcome]():       {diag.Improved, diag.Unchanged, diag.OriginalFails, diag.Failed},
	reflect.TypeFor[diag.Verdict]():       {diag.Same, diag.Different, diag.Unknown},
	reflect.TypeFor[diag.Severity]():      {diag.Error, diag.Warning, diag.Info},
	reflect.TypeFor[diag.Applicability](): {diag.Safe, diag.Proven, diag.Manual},
	reflect.TypeFor[diag.Quantity]():      {diag.ColdSeconds, diag.NoChangeSeconds, diag.SourceSeconds, diag.ManifestSeconds, diag.PulledBytes, diag.DiskBytes, diag.ContextBytes},
}

func enumerated(t reflect.Type) *generate.Schema {
	if values, ok := enumerations[t]; ok {
		return &generate.Schema{Type: "string", Enum: values}
	}
	return nil
}

// published is the schema of docs/schema, ready to validate.
func published(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("results.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, name string, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// TestSchemaIsCurrent holds that the published schema is that of the types.
func TestSchemaIsCurrent(t *testing.T) {
	got := generated(t)
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/schema/results.schema.json is out of date; run go test ./internal/report -update")
	}
}

// TestDocumentsMatchSchema holds what JSON writes, the emptiest document too.
func TestDocumentsMatchSchema(t *testing.T) {
	s := published(t)
	empty := func() diag.Document {
		return diag.Document{Outcome: diag.Failed, Parity: diag.Parity{Verdict: diag.Unknown}, Baseline: &diag.Build{ColdSeconds: diag.Measurement{Quantity: diag.ColdSeconds}}}
	}
	documents := map[string]func() diag.Document{"improved": improved, "unchanged": unchanged, "fails": fails, "hostile": hostile, "empty": empty}
	for name, d := range documents {
		var buf bytes.Buffer
		if err := report.JSON(&buf, d()); err != nil {
			t.Fatal(err)
		}
		validate(t, s, name, buf.Bytes())
		for file, contents := range pages(t, d(), absent) {
			if filepath.Ext(file) == ".json" {
				validate(t, s, name+" "+file, contents)
			}
		}
	}
}

// TestEvidenceMatchesSchema holds the evidence that is committed: that of the
// examples and of careen's own image.
func TestEvidenceMatchesSchema(t *testing.T) {
	s := published(t)
	var files []string
	for _, pattern := range []string{"../../" + report.Dir + "/*.json", "../../examples/*/" + report.Dir + "/*.json"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		if os.Getenv("CAREEN_TEST_REQUIRE") == "all" {
			t.Fatal("no evidence is committed; run make examples")
		}
		t.Skip("no evidence is committed; run make examples")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		validate(t, s, file, text)
	}
}

// TestSchemaRefuses holds that the schema is not one that anything satisfies.
func TestSchemaRefuses(t *testing.T) {
	s := published(t)
	for name, spoil := range map[string]func(map[string]any){
		"no outcome":      func(d map[string]any) { delete(d, "outcome") },
		"another outcome": func(d map[string]any) { d["outcome"] = "great" },
		"no changes":      func(d map[string]any) { d["changes"] = nil },
		"another verdict": func(d map[string]any) { d["parity"].(map[string]any)["verdict"] = "maybe" },
		"words for bytes": func(d map[string]any) {
			d["baseline"].(map[string]any)["bytes"].(map[string]any)["compressed"] = "1 MB"
		},
		"no median": func(d map[string]any) {
			delete(d["candidate"].(map[string]any)["cold_seconds"].(map[string]any), "median")
		},
		"no date": func(d map[string]any) { d["started"] = "yesterday" },
	} {
		var buf bytes.Buffer
		if err := report.JSON(&buf, improved()); err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(buf.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		spoil(doc)
		if s.Validate(doc) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
