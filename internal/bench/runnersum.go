package bench

import (
	"context"
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/engine"
)

// conclude sums up the builds of every lane and chooses.
func (f *fleet) conclude(ctx context.Context) error {
	for _, l := range f.lanes {
		l.cache.Seconds = Measure(diag.RunnerSeconds, column(l.builds, func(b diag.RunnerBuild) float64 { return b.Seconds }))
		l.cache.Next = middle(l.builds)
		if err := f.stored(ctx, l); err != nil {
			return err
		}
		f.out.Caches = append(f.out.Caches, l.cache)
	}
	f.out.Best, f.out.Like = choose(f.out.Caches)
	f.out.Mounts = cacheMounts(f.Subject.Request)
	return nil
}

func column(builds []diag.RunnerBuild, of func(diag.RunnerBuild) float64) []float64 {
	var values []float64
	for _, b := range builds {
		values = append(values, of(b))
	}
	return values
}

// middle takes the median of each figure by itself.
func middle(builds []diag.RunnerBuild) diag.RunnerBuild {
	of := func(f func(diag.RunnerBuild) float64) float64 { return median(column(builds, f)) }
	return diag.RunnerBuild{
		Seconds: of(func(b diag.RunnerBuild) float64 { return b.Seconds }),
		Import:  of(func(b diag.RunnerBuild) float64 { return b.Import }),
		Export:  of(func(b diag.RunnerBuild) float64 { return b.Export }),
		Down:    int64(of(func(b diag.RunnerBuild) float64 { return float64(b.Down) })),
		Up:      int64(of(func(b diag.RunnerBuild) float64 { return float64(b.Up) })),
	}
}

// stored asks the registry what the cache weighs, and what of a second branch is new.
func (f *fleet) stored(ctx context.Context, l *lane) error {
	have := map[string]bool{}
	for _, branch := range []string{"main", "branch"} {
		sum, err := f.fresh(ctx, l, branch, have)
		if err != nil {
			return err
		}
		if branch == "main" {
			l.cache.Stored = sum
		} else {
			l.cache.Added = sum
		}
	}
	return nil
}

// fresh sums up what a lane keeps for a branch and others do not have yet.
func (f *fleet) fresh(ctx context.Context, l *lane, branch string, have map[string]bool) (sum int64, err error) {
	var refs []string
	if l.form.Mode != "" {
		refs = append(refs, f.cache(l, branch))
	}
	if l.form.Mounts {
		refs = append(refs, f.mounts(l, branch))
	}
	for _, ref := range refs {
		blobs, err := f.Store.Blobs(ctx, ref)
		if err != nil {
			return 0, err
		}
		for digest, size := range blobs {
			if !have[digest] {
				have[digest] = true
				sum += size
			}
		}
	}
	return sum, nil
}

// choose takes the cache with the lowest median, and names those that cannot be told
// apart from it.
func choose(caches []diag.RunnerCache) (best string, like []string) {
	at := 0
	for i, c := range caches {
		if c.Seconds.Median < caches[at].Seconds.Median {
			at = i
		}
	}
	for i, c := range caches {
		if notable, _ := Differ(c.Seconds.Samples, caches[at].Seconds.Samples); i != at && !notable {
			like = append(like, c.Name)
		}
	}
	return caches[at].Name, like
}

// cacheMounts are the cache mounts of the stages being built, by target.
func cacheMounts(req engine.Request) []string {
	var found []string
	eachInstruction(req, func(_ *dockerfile.File, _ *dockerfile.Stage, i *dockerfile.Instruction) {
		run, ok := i.Run()
		if !ok {
			return
		}
		for _, m := range run.Mounts {
			if m.Type == "cache" && !slices.Contains(found, m.Target) {
				found = append(found, m.Target)
			}
		}
	})
	return found
}
