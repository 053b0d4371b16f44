package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
)

// cacheOptions are the flags of `careen cache save` and `careen cache restore`.
type cacheOptions struct {
	build  buildFlags
	place  string
	key    string
	limit  int64
	keep   int
	format string
}

func newCacheCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Carry the cache mounts of a Dockerfile from builder to builder",
		Long: `The cache of layers that a builder exports does not hold what RUN --mount=type=cache
keeps: modules, compiled packages, downloads. save reads the cache mounts of a project
out of the builder and keeps them in a registry or a directory; restore fills those of
a builder that has none.

They are kept under a key made of the mounts and of the manifests and lockfiles that a
build is sent. Without an exact match, restore takes the newest of the same mounts.`,
		Example: "  careen cache restore --from registry.example/app/mounts\n  careen cache save --to registry.example/app/mounts\n" +
			"  careen cache save --to ./mounts --max-size 2000",
	}
	cmd.AddCommand(newCacheVerb(a, "save", "to", "Keep what the cache mounts hold", careen.SaveMounts),
		newCacheVerb(a, "restore", "from", "Fill the cache mounts of a builder that has none", careen.RestoreMounts))
	return cmd
}

func newCacheVerb(a *app, verb, place, short string, do func(context.Context, careen.MountOptions) (*careen.MountReport, error)) *cobra.Command {
	o := &cacheOptions{}
	cmd := &cobra.Command{
		Use:     verb + " [PATH]",
		Short:   short,
		Example: "  careen cache " + verb + " --" + place + " ./mounts\n  careen cache " + verb + " --" + place + " registry.example/app/mounts services/api",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.cache(cmd.Context(), strings.Join(args, ""), o, place, do)
		},
	}
	o.build.addTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.place, place, "", "a directory (./mounts), or a repository of a registry (required)")
	flags.StringVar(&o.key, "key", "", "in place of the one made of mounts and lockfiles")
	flags.Int64Var(&o.limit, "max-size", 0, "MB of all mounts together; one that exceeds it is left out (default 4000)")
	flags.StringVarP(&o.format, "format", "f", "text", "text or json")
	if verb == "save" {
		flags.IntVar(&o.keep, "keep", 0, "how many of the project stay, the newest (default 3)")
	}
	return cmd
}

func (a *app) cache(ctx context.Context, path string, o *cacheOptions, place string, do func(context.Context, careen.MountOptions) (*careen.MountReport, error)) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	if o.place == "" {
		return fmt.Errorf("--%s: want a directory that begins with ./ or /, or a repository of a registry", place)
	}
	if o.limit < 0 || o.keep < 0 {
		return fmt.Errorf("--max-size %d, --keep %d: want numbers from 1", o.limit, o.keep)
	}
	p, err := a.loadProject(path, &o.build, 0)
	if err != nil {
		return err
	}
	e, err := a.openEngine(ctx, p)
	if err != nil {
		return err
	}
	defer e.Close()
	r, err := do(ctx, careen.MountOptions{Project: p, Engine: e, Place: o.place, Key: o.key, Limit: o.limit * 1e6, Keep: o.keep})
	if err != nil {
		return err
	}
	if o.format == "json" {
		return writeJSON(a.stdout, r)
	}
	return writeMounts(a.stdout, r, place)
}

// writeMounts prints one line for each mount, and where they are.
func writeMounts(w io.Writer, r *careen.MountReport, place string) error {
	var b strings.Builder
	t, moved := &table{}, 0
	for _, m := range r.Mounts {
		what := m.Left
		if what == "" {
			what = count(m.Files, "file")
			moved++
		}
		t.row(plain(m.Target), megabytes(m.Bytes), what)
	}
	for _, s := range r.Skipped {
		t.row(plain(s.Target), "", "left: "+s.Why)
	}
	t.write(&b)
	switch {
	case r.None:
		b.WriteString("the Dockerfile has no cache mounts\n")
	case r.Key == "" || moved == 0:
		b.WriteString("nothing to " + map[string]string{"to": "save", "from": "restore"}[place] + "\n")
	case place == "to":
		fmt.Fprintf(&b, "saved as %s in %s, %s of it new\n", r.Key, plain(r.Place), megabytes(r.Added))
		if r.Pruned > 0 {
			fmt.Fprintf(&b, "%s removed\n", count(r.Pruned, "older one"))
		}
	case r.Exact:
		fmt.Fprintf(&b, "restored %s from %s\n", r.Key, plain(r.Place))
	default:
		fmt.Fprintf(&b, "restored %s from %s, which is of other lockfiles\n", r.Key, plain(r.Place))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
