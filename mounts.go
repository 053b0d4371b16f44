package careen

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/mounts"
	"github.com/careenhq/careen/internal/project"
)

// MountOptions say which cache mounts travel, and where they are kept. Project, Engine
// and Place are required.
type MountOptions struct {
	Project *project.Project
	Engine  engine.Engine
	Place   string // a directory (begins with . or /), or a repository of a registry
	Key     string // in place of the one made of mounts and lockfiles
	Helper  string // careen as a static Linux program; "": the running one
	Limit   int64  // bytes of all mounts together; 0: 4 GB
	Keep    int    // artifacts of the project that stay after a save; 0: 3
}

// MountReport is what became of the cache mounts.
type MountReport struct {
	Place   string           `json:"place"`
	Key     string           `json:"key"`            // saved or restored; "" when there was nothing to restore
	Exact   bool             `json:"exact"`          // Key is that of these mounts and lockfiles
	None    bool             `json:"none,omitempty"` // the Dockerfile has no cache mounts
	Mounts  []mounts.Moved   `json:"mounts"`
	Skipped []mounts.Skipped `json:"skipped"`
	Added   int64            `json:"added_bytes"` // that the place did not have yet
	Pruned  int              `json:"pruned"`      // artifacts forgotten
}

const (
	defaultMountLimit = 4e9
	defaultMountKeep  = 3
)

// mountJob is what saving and restoring share.
type mountJob struct {
	MountOptions
	place mounts.Place
	store mounts.Store
	keys  mounts.Keys
	list  []mounts.Mount
	out   *MountReport
}

func (o MountOptions) open(ctx context.Context) (*mountJob, error) {
	p := o.Project
	if p.Dir == "" {
		return nil, errors.New("cache mounts belong to a project: give a directory, not -")
	}
	if o.Limit == 0 {
		o.Limit = defaultMountLimit
	}
	if o.Keep == 0 {
		o.Keep = defaultMountKeep
	}
	j := &mountJob{MountOptions: o, out: &MountReport{Place: o.Place}}
	j.list, j.out.Skipped = mounts.Find(p.Dockerfile, p.Settings.Target, p.Settings.BuildArgs)
	j.out.None = len(j.list)+len(j.out.Skipped) == 0
	var err error
	if j.store, err = openStore(o.Place); err != nil {
		return nil, err
	}
	info, err := o.Engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	helper := o.Helper
	if helper == "" {
		if helper, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("helper: %w", err)
		}
	}
	j.place = mounts.Place{
		Builder: o.Engine, Helper: helper, Platform: p.Settings.Platform, Namespace: p.Settings.BuildArgs[mounts.NamespaceArg], Nonce: rand.Text(),
	}
	j.keys, err = o.keys(j.list, info.Platform)
	return j, err
}

// openStore tells a directory from a repository by how it begins.
func openStore(place string) (mounts.Store, error) {
	if strings.HasPrefix(place, ".") || filepath.IsAbs(place) {
		return mounts.Directory{Dir: place}, nil
	}
	repo, err := name.NewRepository(place)
	if err != nil || place == "" {
		return nil, fmt.Errorf("%q: want a directory that begins with ./ or /, or a repository without a tag, registry.example/app/mounts", place)
	}
	return mounts.Registry{Repository: repo}, nil
}

// maxLock bounds a manifest that goes into a key.
const maxLock = 64 << 20

// keys are made of the mounts and of every manifest and lockfile that a build is sent.
func (o MountOptions) keys(list []mounts.Mount, platform string) (mounts.Keys, error) {
	p := o.Project
	in := mounts.KeyInput{Project: p.Name(), Platform: platform, Mounts: list, Locks: map[string][]byte{}}
	for _, m := range p.Manifests() {
		if e, ok := p.Context.Lookup(m.Path); !ok || !e.Sent {
			continue
		}
		text, err := p.Context.Read(m.Path, maxLock)
		if err != nil {
			return mounts.Keys{}, fmt.Errorf("%s: %w", m.Path, err)
		}
		in.Locks[m.Path] = text
	}
	keys := in.Keys()
	if o.Key != "" {
		keys.Exact = o.Key
	}
	return keys, nil
}

// SaveMounts keeps what the cache mounts of the project's Dockerfile hold in a builder.
func SaveMounts(ctx context.Context, o MountOptions) (*MountReport, error) {
	j, err := o.open(ctx)
	if err != nil || len(j.list) == 0 {
		return j.report(), err
	}
	j.out.Key, j.out.Exact = j.keys.Exact, true
	if j.out.Mounts, j.out.Added, err = mounts.Save(ctx, j.place, j.list, j.store, j.keys.Exact, j.Limit); err != nil {
		return nil, err
	}
	j.out.Pruned, err = mounts.Prune(ctx, j.store, j.keys, j.Keep)
	return j.out, err
}

// RestoreMounts fills the cache mounts of a builder that holds none from what was kept
// for the same lockfiles or, without that, for the same mounts last.
func RestoreMounts(ctx context.Context, o MountOptions) (*MountReport, error) {
	j, err := o.open(ctx)
	if err != nil || len(j.list) == 0 {
		return j.report(), err
	}
	key, err := mounts.Choose(ctx, j.store, j.keys)
	if err != nil || key == "" {
		return j.out, err
	}
	j.out.Key, j.out.Exact = key, key == j.keys.Exact
	j.out.Mounts, err = mounts.Restore(ctx, j.place, j.list, j.store, key, j.Limit)
	return j.out, err
}

func (j *mountJob) report() *MountReport {
	if j == nil {
		return nil
	}
	return j.out
}
