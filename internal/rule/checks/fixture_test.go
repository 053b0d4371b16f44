package checks

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"golang.org/x/tools/txtar"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
)

var update = flag.Bool("update", false, "rewrite the .fixed files of the fixtures")

// A fixture is a project in a txtar archive, testdata/RULE/CASE.txtar:
//
//	Dockerfile         with a line `# want: RULE "regexp of the message"` directly
//	                   above each instruction where a finding is expected; these
//	                   lines are taken out before the file is read
//	NAME.fixed         NAME with every change of the rule made; NAME may be missing
//	sizes              lines "PATH BYTES": files that are larger than an archive should be
//	baseline.json      what was measured
//	anything else      a file of the build context
type fixture struct {
	path    string
	rule    *rule.Rule
	archive *txtar.Archive
	dir     string
	wants   []want
	project *project.Project
	ev      *rule.Evidence
}

type want struct {
	line    int
	rule    string
	message *regexp.Regexp
}

func (w want) String() string { return fmt.Sprintf("line %d: %s %q", w.line, w.rule, w.message) }

// fixtures are all cases of all rules.
func fixtures(t testing.TB) []string {
	names, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	return names
}

func openFixture(t testing.TB, name string) *fixture {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fx := &fixture{path: name, archive: ar, dir: t.TempDir(), rule: ruleOf(t, filepath.Base(filepath.Dir(name))), ev: &rule.Evidence{}}
	for _, f := range ar.Files {
		fx.unpack(t, f)
	}
	if fx.project, err = project.Load(fx.dir, project.Options{}); err != nil {
		t.Fatal(err)
	}
	return fx
}

func (fx *fixture) unpack(t testing.TB, f txtar.File) {
	t.Helper()
	data := f.Data
	switch {
	case strings.HasSuffix(f.Name, ".fixed"):
		return
	case f.Name == "sizes":
		fx.enlarge(t, string(data))
		return
	case f.Name == "baseline.json":
		var doc diag.Document
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		fx.ev = rule.FromDocument(&doc)
		return
	case f.Name == "Dockerfile":
		data, fx.wants = takeWants(t, data)
	}
	write(t, filepath.Join(fx.dir, f.Name), data)
}

// enlarge makes files of a given size without storing them.
func (fx *fixture) enlarge(t testing.TB, list string) {
	for line := range strings.Lines(list) {
		name, size, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(fx.dir, name)
		write(t, path, nil)
		if err := os.Truncate(path, n); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

var wantLine = regexp.MustCompile(`^# want: (\S+) ("(?:[^"\\]|\\.)*")\s*$`)

// takeWants takes the expectations out of a Dockerfile. Each belongs to the line
// that follows it in what is left.
func takeWants(t testing.TB, src []byte) (rest []byte, wants []want) {
	line := 1
	for text := range strings.Lines(string(src)) {
		m := wantLine.FindStringSubmatch(text)
		if m == nil {
			if strings.HasPrefix(text, "# want") {
				t.Fatalf("expectation not understood: %s", text)
			}
			rest = append(rest, text...)
			line++
			continue
		}
		pattern, err := strconv.Unquote(m[2])
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		wants = append(wants, want{line, m[1], regexp.MustCompile(pattern)})
	}
	return rest, wants
}

func ruleOf(t testing.TB, id string) *rule.Rule {
	t.Helper()
	for _, r := range All() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("testdata/%s: no rule of that name", id)
	return nil
}

// driver runs the fixture's own rule.
func (fx *fixture) driver() *rule.Driver { return &rule.Driver{Rules: []*rule.Rule{fx.rule}} }

func anyFix(c diag.Change) bool { return c.Applicability != diag.Manual }

func safeFix(c diag.Change) bool { return c.Applicability == diag.Safe }

func TestFixtures(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(name, "testdata/"), ".txtar"), func(t *testing.T) {
			fx := openFixture(t, name)
			res := fx.driver().Run(fx.project, fx.ev)
			fx.checkFindings(t, res)
			fx.checkFix(t)
			checkLaws(t, fx.driver(), fx.project, fx.ev, anyFix)
			checkLaws(t, &rule.Driver{Rules: All()}, fx.project, fx.ev, safeFix)
			checkLaws(t, &rule.Driver{Rules: All()}, fx.project, fx.ev, anyFix)
		})
	}
}

func (fx *fixture) checkFindings(t *testing.T, res rule.Result) {
	t.Helper()
	for _, p := range res.Problems {
		t.Errorf("problem: %+v", p)
	}
	missing := slices.Clone(fx.wants)
	for _, f := range res.Findings {
		k := slices.IndexFunc(missing, func(w want) bool {
			return w.line == f.Start.Line && w.rule == f.Rule && w.message.MatchString(f.Message)
		})
		if k < 0 {
			t.Errorf("unexpected: line %d: %s: %s", f.Start.Line, f.Rule, f.Message)
			continue
		}
		missing = slices.Delete(missing, k, k+1)
		if f.Reason == "" || f.Message == "" || f.Severity == "" || strings.HasSuffix(f.Message, ".") {
			t.Errorf("finding is incomplete: %+v", f)
		}
		for _, e := range f.Saving {
			if e.Evidence == "" || e.Quantity == "" {
				t.Errorf("estimate without evidence: %+v", f)
			}
		}
	}
	for _, w := range missing {
		t.Errorf("not found: %s", w)
	}
}

// checkFix compares every file after the rule's changes with its .fixed form.
func (fx *fixture) checkFix(t *testing.T) {
	t.Helper()
	fixed, err := fx.driver().Fix(fx.project, fx.ev, anyFix)
	if err != nil {
		t.Fatal(err)
	}
	if len(fixed.Unmade) > 0 {
		t.Errorf("changes not made: %v", fixed.Unmade)
	}
	before := rule.FilesOf(fx.project)
	for name, text := range fixed.Files {
		if bytes.Equal(text, before[name]) {
			continue
		}
		want, ok := fx.file(name + ".fixed")
		if !ok && !*update || ok && want != string(text) && !*update {
			t.Errorf("%s after the fix:\n%s\nwant:\n%s", name, text, want)
		}
		fx.set(name+".fixed", text)
	}
	for _, f := range fx.archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".fixed")
		if ok && bytes.Equal(fixed.Files[name], before[name]) {
			t.Errorf("%s is expected to change and does not", name)
		}
	}
	if *update {
		if err := os.WriteFile(fx.path, txtar.Format(fx.archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (fx *fixture) file(name string) (string, bool) {
	for _, f := range fx.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

func (fx *fixture) set(name string, data []byte) {
	for k := range fx.archive.Files {
		if fx.archive.Files[k].Name == name {
			fx.archive.Files[k].Data = data
			return
		}
	}
	fx.archive.Files = append(fx.archive.Files, txtar.File{Name: name, Data: data})
}

// checkLaws holds what must be true of every fix of every file: the result is a
// Dockerfile that BuildKit accepts, no comment is lost but one that spoke only of an
// installation that is gone, nothing is left to fix and a second fix changes nothing.
func checkLaws(t testing.TB, d *rule.Driver, p *project.Project, ev *rule.Evidence, want func(diag.Change) bool) {
	t.Helper()
	fixed, err := d.Fix(p, ev, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range fixed.Unmade {
		t.Errorf("not made: %s", line)
	}
	if len(fixed.Changes) == 0 {
		return
	}
	src := fixed.Files["Dockerfile"]
	if err := acceptedByBuildKit(src); err != nil && acceptedByBuildKit(p.Dockerfile.Source) == nil {
		t.Errorf("BuildKit refuses the fixed file: %v\n%s", err, src)
	}
	if lost := lostComments(p.Dockerfile, dockerfile.Parse(src)); len(lost) > 0 {
		t.Errorf("comments lost: %q\n%s", lost, src)
	}
	for _, f := range fixed.Left.Findings {
		if f.Change != nil && want(*f.Change) {
			t.Errorf("still to be fixed: %s: %s", f.Rule, f.Message)
		}
	}
	next, err := rule.On(p, fixed.Files)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Fix(next, ev, want)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range again.Files {
		if !bytes.Equal(text, fixed.Files[name]) {
			t.Errorf("%s: a second fix changes it again:\n%s\nto:\n%s", name, fixed.Files[name], text)
		}
	}
}

func acceptedByBuildKit(src []byte) error {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return err
	}
	_, _, err = instructions.Parse(result.AST, nil)
	return err
}

func lostComments(before, after *dockerfile.File) []string {
	count := map[string]int{}
	for _, c := range after.Comments {
		count[c.Text]++
	}
	var lost []string
	for _, c := range before.Comments {
		if count[c.Text]--; count[c.Text] < 0 && !wentWithInstall(before, after, c) {
			lost = append(lost, c.Text)
		}
	}
	return lost
}

// wentWithInstall tells whether a comment stood at a RUN that is gone, or is without
// packages it had, and spoke of installing such packages only.
func wentWithInstall(before, after *dockerfile.File, c dockerfile.Comment) bool {
	if !aboutInstall(c.Text) {
		return false
	}
	had, has := wordsOfRuns(before), wordsOfRuns(after)
	return slices.ContainsFunc(before.Instructions, func(i *dockerfile.Instruction) bool {
		return i.Name == "RUN" && slices.Contains(slices.Concat(i.Leading, i.Inner), c) && slices.ContainsFunc(strings.Fields(i.Text()), func(w string) bool {
			_, known := byHand(w)
			return (known || w == "update" || w == dockerClean) && has[w] < had[w]
		})
	})
}

// wordsOfRuns counts the words of the commands of a file.
func wordsOfRuns(f *dockerfile.File) map[string]int {
	count := map[string]int{}
	for _, i := range f.Instructions {
		if i.Name == "RUN" {
			for _, w := range strings.Fields(i.Text()) {
				count[w]++
			}
		}
	}
	return count
}

// Edits are the whole of a change: applying them keeps every other byte.
func TestEditsAreMinimal(t *testing.T) {
	for _, name := range fixtures(t) {
		fx := openFixture(t, name)
		for _, f := range fx.driver().Run(fx.project, fx.ev).Findings {
			if f.Change == nil {
				continue
			}
			for _, fe := range f.Change.Files {
				for _, e := range fe.Edits {
					if e.Len() > 0 && fe.File == "Dockerfile" && e.Text(fx.project.Dockerfile.Source) == e.New {
						t.Errorf("%s: edit changes nothing: %+v", name, e)
					}
				}
			}
			if _, err := rule.FilesOf(fx.project).With(*f.Change); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
