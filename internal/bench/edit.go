package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/careenhq/careen/internal/buildctx"
)

// token makes remarks that differ from each other and from those of earlier
// benchmarks, whose builds may still be cached.
type token struct {
	nonce string
	n     int
}

func newToken(nonce string) *token {
	if nonce == "" {
		nonce = rand.Text()
	}
	return &token{nonce: nonce}
}

func (t *token) next() string {
	t.n++
	return t.nonce + "-" + strconv.Itoa(t.n)
}

// edit is one file of the copied context that is changed again and again.
type edit struct {
	path   string // in the context
	file   string // in the copy
	text   string // as it was
	mode   os.FileMode
	syntax syntax
}

// edit prepares the change that a scenario is about: it copies the context, picks
// the file, and builds the copy once, untimed, so that the builder knows it. For
// scenarios without a change it gives nil.
func (r *runner) edit(ctx context.Context, s Scenario) (*edit, error) {
	choose, what := chooseSource, "source file"
	switch s {
	case SourceEdit:
	case ManifestEdit:
		choose, what = chooseManifest, "dependency manifest"
	default:
		return nil, nil
	}
	if r.Subjects[len(r.Subjects)-1].Request.Context != r.Subjects[0].Request.Context {
		return nil, errNotRun{"the two are built from different directories, so no edit is the same in both"}
	}
	all, err := r.inputs()
	if err != nil {
		return nil, err
	}
	path, ok := choose(shared(all))
	if !ok {
		return nil, errNotRun{"the Dockerfile copies no " + what + " that careen can edit"}
	}
	if err := r.copyContext(ctx, all); err != nil {
		return nil, err
	}
	for _, subject := range r.Subjects {
		result, err := r.build(ctx, subject, r.tree.request(subject.Request), "prepare "+string(s)+" "+subject.Name)
		if err != nil {
			return nil, err
		}
		if err := os.RemoveAll(result.Image.Layout); err != nil {
			return nil, fmt.Errorf("scratch directory: %w", err)
		}
	}
	return newEdit(r.tree.dir, path)
}

func (r *runner) inputs() ([]inputs, error) {
	var all []inputs
	for _, s := range r.Subjects {
		in, err := readInputs(s.Request)
		if err != nil {
			return nil, errNotRun{err.Error()}
		}
		if in.context.Partial() {
			return nil, errNotRun{"the build context has too many files to be copied"}
		}
		all = append(all, in)
	}
	return all, nil
}

func (r *runner) copyContext(ctx context.Context, all []inputs) error {
	if r.tree != nil {
		return nil
	}
	contexts := make([]*buildctx.Context, len(all))
	for i, in := range all {
		contexts[i] = in.context
	}
	t, err := newTree(ctx, filepath.Join(r.dir, "context"), contexts)
	if err != nil {
		return fmt.Errorf("copy of the build context: %w", err)
	}
	r.tree = t
	return nil
}

func newEdit(dir, path string) (*edit, error) {
	e := &edit{path: path, file: filepath.Join(dir, filepath.FromSlash(path))}
	info, err := os.Stat(e.file)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(e.file)
	if err != nil {
		return nil, err
	}
	e.text, e.mode = string(text), info.Mode().Perm()
	e.syntax, _ = syntaxOf(path)
	return e, nil
}

// make writes the file anew with one remark.
func (e *edit) make(token string) error { return e.write(e.syntax.remark(e.text, token)) }

// undo brings the text back for the scenarios that follow.
func (e *edit) undo() { _ = e.write(e.text) }

// write puts a new file in place of the old one: that one may be another name of
// the user's own file.
func (e *edit) write(text string) error {
	next := e.file + ".careen-edit"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.Chmod(next, e.mode); err != nil {
		return err
	}
	return os.Rename(next, e.file)
}
