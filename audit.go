package careen

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/span"
)

// AuditSchema is the version of the JSON form of Audited.
const AuditSchema = "1"

// AuditOptions say what is audited. The zero value audits the working directory.
type AuditOptions struct {
	Paths  []string // directories, which are searched, Dockerfiles, or "-"; nil: "."
	Config string   // --config
	Getenv func(string) string
	Stdin  io.Reader
}

// Audited is what an audit found.
type Audited struct {
	Schema     string         `json:"schema"` // AuditSchema
	Tool       string         `json:"tool"`   // "careen VERSION"
	Files      []AuditedFile  `json:"files"`
	Findings   []diag.Finding `json:"findings"` // by file, in order of their place
	Problems   []AuditProblem `json:"problems"` // what could not be read or run
	Suppressed int            `json:"suppressed"`
}

// AuditedFile is one Dockerfile that was looked at.
type AuditedFile struct {
	Path       string `json:"path"`    // as the user named it, or found below it
	Context    string `json:"context"` // directory taken for the build context; "" for standard input
	Findings   int    `json:"findings"`
	Suppressed int    `json:"suppressed"`
	Measured   string `json:"measured,omitempty"` // where measured figures come from
}

// AuditProblem is a file, or a part of one, that could not be understood.
type AuditProblem struct {
	File   string         `json:"file"`
	Start  *span.Position `json:"position,omitempty"`
	Cause  string         `json:"cause"`
	Remedy string         `json:"remedy"`
}

// Audit looks at Dockerfiles and their build contexts. It builds nothing and asks
// no network. A file that cannot be read is a Problem and never stops the rest; an
// error means that there was nothing to audit.
func Audit(o AuditOptions) (*Audited, error) {
	out := &Audited{Schema: AuditSchema, Tool: "careen " + Version()}
	targets, problems, err := o.targets()
	if err != nil {
		return nil, err
	}
	out.Problems = append([]AuditProblem{}, problems...)
	a := newAuditor(o)
	results := a.all(targets)
	out.Files, out.Findings = make([]AuditedFile, 0, len(targets)), []diag.Finding{}
	for _, r := range results {
		out.Problems = append(out.Problems, r.problems...)
		if r.loaded {
			out.Files = append(out.Files, r.file)
			out.Findings = append(out.Findings, r.findings...)
			out.Suppressed += r.file.Suppressed
		}
	}
	return out, nil
}

// A target is one Dockerfile and the directory that was searched for it.
type target struct{ file, root string }

func (o AuditOptions) targets() ([]target, []AuditProblem, error) {
	paths := o.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var targets []target
	var problems []AuditProblem
	seen := map[string]bool{}
	for _, given := range paths {
		files, errs := project.Discover(given)
		for _, err := range errs {
			problems = append(problems, problemOf(given, err))
		}
		if len(files) == 0 && len(errs) == 0 {
			return nil, nil, fmt.Errorf("no Dockerfile in %s\n  cause   looked for Dockerfile, Containerfile, Dockerfile.* and *.Dockerfile, in directories below it too\n  try     name the file: careen audit FILE", given)
		}
		for _, f := range files {
			if !seen[filepath.Clean(f)] || f == project.Stdin {
				targets = append(targets, target{f, given})
			}
			seen[filepath.Clean(f)] = true
		}
	}
	return targets, problems, nil
}

// problemOf takes an error apart whose later lines say what to try.
func problemOf(file string, err error) AuditProblem {
	text, remedy, found := strings.Cut(err.Error(), "\n  try     ")
	if !found {
		remedy = "make the file readable, or leave it out"
		if errors.Is(err, fs.ErrNotExist) {
			remedy = "name a file or directory that exists"
		}
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && pathErr.Path == file && !found {
		text = pathErr.Err.Error()
	}
	text = strings.TrimPrefix(text, file+": ")
	return AuditProblem{File: file, Cause: strings.ReplaceAll(text, "\n  cause   ", ": "), Remedy: remedy}
}

// auditor is what the files of one audit share.
type auditor struct {
	AuditOptions
	loader *project.Loader
	driver *rule.Driver

	mu        sync.Mutex
	baselines map[string]func() *diag.Document // by project directory
}

func newAuditor(o AuditOptions) *auditor {
	return &auditor{
		AuditOptions: o, loader: project.NewLoader(), driver: &rule.Driver{Rules: Rules()},
		baselines: map[string]func() *diag.Document{},
	}
}

type audited struct {
	file     AuditedFile
	loaded   bool
	findings []diag.Finding
	problems []AuditProblem
}

// all audits the targets on every core and keeps their order.
func (a *auditor) all(targets []target) []audited {
	results := make([]audited, len(targets))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(targets)) {
		wg.Go(func() {
			for k := range next {
				results[k] = a.one(targets[k])
			}
		})
	}
	for k := range targets {
		next <- k
	}
	close(next)
	wg.Wait()
	return results
}

// one audits one file. A defect that one file brings out is reported as that
// file's problem.
func (a *auditor) one(t target) (r audited) {
	defer func() {
		if defect := recover(); defect != nil {
			r.problems = append(r.problems, AuditProblem{File: t.file, Cause: fmt.Sprintf("defect in careen: %v", defect), Remedy: "report it, with the file"})
		}
	}()
	p, err := a.load(t)
	if err != nil {
		r.problems = []AuditProblem{problemOf(t.file, err)}
		return r
	}
	ev := a.evidence(p)
	res := a.driver.Run(p, ev)
	r.loaded, r.findings = true, res.Findings
	r.file = AuditedFile{Path: p.Path, Context: p.Dir, Findings: len(res.Findings), Suppressed: res.Suppressed, Measured: ev.Source}
	r.problems = problemsOf(p, res)
	return r
}

func problemsOf(p *project.Project, res rule.Result) []AuditProblem {
	var problems []AuditProblem
	for _, s := range p.Dockerfile.Problems {
		at := p.Dockerfile.Index().Position(s.Span.Start)
		problems = append(problems, AuditProblem{
			File: p.Path, Start: &at, Cause: s.Message, Remedy: "mend the line: a build refuses this file",
		})
	}
	for _, err := range p.Problems {
		problems = append(problems, problemOf(p.Path, err))
	}
	for _, d := range res.Problems {
		problems = append(problems, AuditProblem{File: p.Path, Cause: d.Cause, Remedy: "report it, with the file; # careen global ignore=" + d.Rule + " goes around it"})
	}
	return problems
}

// load loads the project of a Dockerfile. Its context is the directory it lies in
// or, where that lacks what it copies, the nearest directory above, up to the one
// that was searched, that has it.
func (a *auditor) load(t target) (*project.Project, error) {
	o := project.Options{Config: a.Config, Getenv: a.Getenv, Stdin: a.Stdin}
	p, err := a.loader.Load(t.file, o)
	if err != nil || p.Dir == "" || filepath.Clean(t.root) == filepath.Clean(t.file) {
		return p, err
	}
	sources := copiedNames(p.Dockerfile)
	if len(sources) == 0 || hasAll(p.Dir, sources) {
		return p, nil
	}
	for dir := p.Dir; dir != filepath.Clean(t.root) && dir != filepath.Dir(dir); {
		dir = filepath.Dir(dir)
		if hasAll(dir, sources) {
			o.File = t.file
			return a.loader.Load(dir, o)
		}
	}
	return p, nil
}

// copiedNames are the plain names that the file copies from its context.
func copiedNames(f *dockerfile.File) []string {
	var names []string
	for _, i := range f.Instructions {
		c, ok := i.Copy()
		if !ok || c.From != "" {
			continue
		}
		for _, src := range c.Sources {
			name := path.Clean("/" + src.Value)
			if name != "/" && !strings.ContainsAny(name, "$*?[\\") && !strings.Contains(src.Value, "://") && !strings.HasPrefix(src.Value, "git@") {
				names = append(names, name)
			}
		}
	}
	return names
}

func hasAll(dir string, names []string) bool {
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return false
		}
	}
	return true
}

// evidence is what the project's baseline says about the Dockerfile.
func (a *auditor) evidence(p *project.Project) *rule.Evidence {
	if p.Dir == "" {
		return &rule.Evidence{}
	}
	a.mu.Lock()
	read := a.baselines[p.Dir]
	if read == nil {
		read = sync.OnceValue(func() *diag.Document { return readBaseline(p) })
		a.baselines[p.Dir] = read
	}
	a.mu.Unlock()
	doc := read()
	if doc == nil || path.Base(filepath.ToSlash(doc.Dockerfile)) != path.Base(filepath.ToSlash(p.Path)) {
		return &rule.Evidence{}
	}
	return rule.FromDocument(doc)
}

// readBaseline reads the project's baseline.json; nil when there is none that can
// be understood, since figures are a courtesy.
func readBaseline(p *project.Project) *diag.Document {
	text, err := p.ReadLocal(path.Join(EvidenceDir, "baseline.json"))
	if err != nil {
		return nil
	}
	var doc diag.Document
	if json.Unmarshal(text, &doc) != nil || doc.Schema != diag.SchemaVersion {
		return nil
	}
	return &doc
}
