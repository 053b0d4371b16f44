package careen

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/ci"
	"github.com/careenhq/careen/internal/history"
	"github.com/careenhq/careen/internal/project"
)

// InitOptions say what InitCI generates. Project and Provider are required.
type InitOptions struct {
	Project  *project.Project
	Provider string // one of CIProviders
	Name     string // of the workflow and its files; "": careen, and of a project below the root its path
	Branch   string // whose pushes are measured; "": the main one of origin, or "main"
	Install  string // what `go install` is given to get careen; "": this version
	Force    bool   // replace blocks of careen that somebody edited
}

// A CISetup is the files that InitCI would have in the repository.
type CISetup struct {
	Root  string         // of the repository
	Files []RepairedFile // those that change
	Notes []string       // what is left to people
}

// CIProviders are the CI systems that InitCI knows.
func CIProviders() []string { return ci.Providers() }

// InitCI works out the workflow files of a project. It writes nothing.
func InitCI(ctx context.Context, o InitOptions) (*CISetup, error) {
	root, err := repository(ctx, o.Project.Dir)
	if err != nil {
		return nil, err
	}
	setup, err := o.setup(ctx, root)
	if err != nil {
		return nil, err
	}
	files, err := ci.Workflows(o.Provider, setup)
	if err != nil {
		return nil, fmt.Errorf("ci init: %w", err)
	}
	s := &CISetup{Root: root}
	for _, f := range files {
		if err := s.place(f, o.Force); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// repository is the top directory of the work tree with all links followed; the
// project's own where there is no repository.
func repository(ctx context.Context, dir string) (string, error) {
	if dir == "" {
		return "", errors.New("ci init needs a project: a directory with a Dockerfile")
	}
	root, err := history.Root(ctx, dir)
	if errors.Is(err, history.ErrNoRepository) {
		root, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", fmt.Errorf("ci init: %w", err)
	}
	return filepath.EvalSymlinks(root)
}

func (o InitOptions) setup(ctx context.Context, root string) (ci.Setup, error) {
	p := o.Project
	dir, err := below(root, p.Dir)
	if err != nil {
		return ci.Setup{}, err
	}
	file, err := below(root, p.DockerfilePath())
	if err != nil {
		return ci.Setup{}, err
	}
	return ci.Setup{
		Name: cmp.Or(o.Name, workflowName(dir)), Branch: cmp.Or(o.Branch, history.MainBranch(ctx, p.Dir), "main"),
		Project: dir, Dockerfile: file, Target: p.Config.Target, Platform: p.Config.Platform, Args: p.Config.BuildArgs,
		Install: cmp.Or(o.Install, "github.com/careenhq/careen/cmd/careen@"+installable(Version())),
	}, nil
}

// below is a path relative to the root of the repository, with slashes.
func below(root, name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	// The directory's links are followed; a Dockerfile that is a link is named by it.
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, filepath.Join(dir, filepath.Base(abs)))
	return filepath.ToSlash(rel), err
}

// workflowName is careen, or careen and the path of a project below the root.
func workflowName(dir string) string {
	return strings.Trim("careen-"+strings.Trim(unnamed.ReplaceAllString(dir, "-"), "-."), "-")
}

var unnamed = regexp.MustCompile(`[^A-Za-z0-9._]+`)

// installable is a version that the module proxy knows: a release, or the commit
// that a build was made of; a build of edited sources has none.
func installable(version string) string {
	if !strings.HasPrefix(version, "v") || strings.Contains(version, "+") {
		return "latest"
	}
	return version
}

// place works out what one file becomes.
func (s *CISetup) place(f ci.File, force bool) error {
	name := filepath.Join(s.Root, filepath.FromSlash(f.Path))
	before, err := regular(s.Root, name)
	if err != nil {
		return err
	}
	if f.Entry && before != nil {
		return s.enter(f, before)
	}
	after, err := ci.Place(f, before, force)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		s.Files = append(s.Files, RepairedFile{name, f.Path, before, after})
	}
	return nil
}

// enter notes what people have to add to a file that is theirs.
func (s *CISetup) enter(f ci.File, before []byte) error {
	included, err := ci.Included(f, before)
	if err == nil && !included {
		s.Notes = append(s.Notes, f.Path+" is yours and stays as it is; add to it: "+strings.Join(strings.Fields(string(f.Text)), " "))
	}
	return err
}

// maxWorkflow is the size up to which a workflow file is read.
const maxWorkflow = 1 << 20

// regular reads a file that may not exist. Neither it nor a directory on the way
// to it may be a link: what it leads to is not the repository's.
func regular(root, name string) ([]byte, error) {
	for dir := name; dir != root; dir = filepath.Dir(dir) {
		if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, fmt.Errorf("%s: a symbolic link; ci init writes only files of the repository itself", dir)
		}
	}
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxWorkflow {
		return nil, fmt.Errorf("%s: not a file of at most %d MB", name, maxWorkflow>>20)
	}
	text, err := os.ReadFile(name)
	return append([]byte{}, text...), err
}
