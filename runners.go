package careen

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog" //nolint:depguard // to silence a server of the library
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/bench"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/embedded"
	"github.com/careenhq/careen/internal/link"
	"github.com/careenhq/careen/internal/mounts"
	"github.com/careenhq/careen/internal/project"
)

// RunnerScenario is the scenario of fresh CI runners, which Bench measures when it is
// named.
const RunnerScenario = "ci"

// RunnerOptions say what stands between fresh runners and their cache. The zero value
// is a registry of careen's own, over no link.
type RunnerOptions struct {
	Link     string   // "100mbit,30ms"; see link.Parse
	CacheRef string   // repository of a registry; empty: one that lives as long as the measurement
	Forms    []string // of CacheForms; nil: all
}

// CacheForms lists the forms of the cache as flags name them: "max/zstd".
func CacheForms() []string {
	var names []string
	for _, f := range bench.CacheForms() {
		names = append(names, strings.NewReplacer(", ", "/", " ", "-").Replace(f.String()))
	}
	return names
}

// forms are the forms of the cache that were named.
func (o RunnerOptions) forms() ([]bench.CacheForm, error) {
	var forms []bench.CacheForm
	for _, name := range o.Forms {
		at := slices.Index(CacheForms(), name)
		if at < 0 {
			return nil, fmt.Errorf("unknown form of cache %q; there are %s", name, strings.Join(CacheForms(), ", "))
		}
		forms = append(forms, bench.CacheForms()[at])
	}
	return forms, nil
}

// runners measures fresh runners of the project, with Against of the second subject,
// beside the first without a cache.
func (o BenchOptions) runners(ctx context.Context, subjects []bench.Subject, dir string) (*diag.Runners, error) {
	p := o.Project
	if p.Settings.Builder != "" {
		return nil, errors.New("scenario ci: a fresh runner is a builder whose cache is thrown away, so it needs the embedded one; leave --builder out")
	}
	forms, err := o.Runners.forms()
	if err != nil {
		return nil, err
	}
	w, err := openWire(ctx, o.Runners, p.Settings.Mirrors, dir)
	if err != nil {
		return nil, err
	}
	defer w.close()
	ro := bench.RunnerOptions{
		Fresh: func(ctx context.Context) (engine.Builder, error) {
			return embedded.OpenFresh(ctx, embedded.Options{Mirrors: w.mirrors})
		},
		Subject: subjects[len(subjects)-1], Forms: forms, Store: w.store(), Runs: p.Settings.Runs, Dir: dir, Say: o.Say,
	}
	if ro.Carrier, err = o.carrier(ro.Subject.Request); err != nil {
		return nil, err
	}
	if len(subjects) > 1 {
		ro.Naive = &subjects[0]
	}
	res, err := bench.Runners(ctx, ro)
	if err != nil {
		return nil, benchError(err, len(subjects))
	}
	res.Link, res.Registry, res.Bases = w.shape.String(), w.name, w.bases
	return res, nil
}

// wire is the link between fresh runners and what they reach over it.
type wire struct {
	shape      link.Shape
	link       *link.Link
	servers    []*link.Server
	repository string // as runners name it
	name       string
	mirrors    project.Mirrors // as runners reach them
	bases      string
}

// openWire puts the link in front of the registry and of the mirrors.
func openWire(ctx context.Context, o RunnerOptions, mirrors project.Mirrors, dir string) (*wire, error) {
	shape, err := link.Parse(o.Link)
	if err != nil {
		return nil, err
	}
	w := &wire{shape: shape, link: link.New(shape), mirrors: project.Mirrors{}, bases: "straight from their registries, not over the link"}
	if err := w.openRegistry(ctx, o.CacheRef, dir); err != nil {
		return nil, err
	}
	for host, list := range mirrors {
		for _, mirror := range list {
			if err := w.openMirror(host, mirror); err != nil {
				w.close()
				return nil, err
			}
		}
	}
	return w, nil
}

func (w *wire) openRegistry(ctx context.Context, ref, dir string) error {
	repository := "careen/bench"
	var handler http.Handler
	if ref == "" {
		w.name = "of careen's own, empty"
		blobs, err := os.MkdirTemp(dir, "registry-")
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		handler = registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)), registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)))
	} else {
		repo, err := name.NewRepository(ref)
		if err != nil {
			return fmt.Errorf("--cache-ref %q: want a repository without a tag, registry.example/app/cache", ref)
		}
		if handler, err = link.Registry(ctx, repo); err != nil {
			return fmt.Errorf("--cache-ref: %w", err)
		}
		w.name, repository = repo.Name(), repo.RepositoryStr()
	}
	server, err := w.link.Serve(handler)
	if err != nil {
		return err
	}
	w.servers = append(w.servers, server)
	w.repository = server.Address + "/" + repository
	return nil
}

func (w *wire) openMirror(host, mirror string) error {
	to, err := url.Parse(mirror)
	if err != nil {
		return fmt.Errorf("mirror %s: %w", mirror, err)
	}
	server, err := w.link.Serve(link.Reverse(to, http.DefaultTransport))
	if err != nil {
		return err
	}
	w.servers = append(w.servers, server)
	w.mirrors[host] = append(w.mirrors[host], "http://"+server.Address)
	w.bases = "over the link, where they have a mirror"
	return nil
}

func (w *wire) close() {
	for _, s := range w.servers {
		_ = s.Close()
	}
}

func (w *wire) store() bench.Store {
	return bench.Store{
		Repository: w.repository,
		Traffic:    func() bench.Traffic { return bench.Traffic(w.link.Traffic()) },
		Blobs:      blobs,
	}
}

// blobs are the sizes of what a manifest in a registry names, by digest; none when
// there is no such manifest, as of cache mounts that hold nothing.
func blobs(ctx context.Context, ref string) (map[string]int64, error) {
	r, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	image, err := remote.Image(r, remote.WithContext(ctx))
	var refused *transport.Error
	if errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", r, err)
	}
	m, err := image.Manifest()
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", r, err)
	}
	found := map[string]int64{m.Config.Digest.String(): m.Config.Size}
	for _, l := range m.Layers {
		found[l.Digest.String()] = l.Size
	}
	return found, nil
}

// carrier moves the cache mounts of what is built.
func (o BenchOptions) carrier(req engine.Request) (bench.Carrier, error) {
	list, _ := mounts.Find(dockerfile.Parse(req.Dockerfile), req.Target, req.BuildArgs)
	helper, err := os.Executable()
	if err != nil {
		return bench.Carrier{}, fmt.Errorf("helper: %w", err)
	}
	timed := func(do func(context.Context, mounts.Place, mounts.Store, string) error) func(context.Context, engine.Builder, string) (float64, error) {
		return func(ctx context.Context, b engine.Builder, ref string) (float64, error) {
			repository, key, _ := cutLast(ref, ":")
			store, err := openStore(repository)
			if err != nil {
				return 0, err
			}
			began := o.Now()
			place := mounts.Place{Builder: b, Helper: helper, Platform: req.Platform, Namespace: req.BuildArgs[mounts.NamespaceArg], Nonce: rand.Text()}
			err = do(ctx, place, store, key)
			return o.Now().Sub(began).Seconds(), err
		}
	}
	return bench.Carrier{
		Save: timed(func(ctx context.Context, p mounts.Place, s mounts.Store, key string) error {
			_, _, err := mounts.Save(ctx, p, list, s, key, defaultMountLimit)
			return err
		}),
		Restore: timed(func(ctx context.Context, p mounts.Place, s mounts.Store, key string) error {
			found, err := mounts.Choose(ctx, s, mounts.Keys{Exact: key, Mounts: key})
			if err == nil && found != "" {
				_, err = mounts.Restore(ctx, p, list, s, found, defaultMountLimit)
			}
			return err
		}),
	}, nil
}

// cutLast cuts around the last separator.
func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}
