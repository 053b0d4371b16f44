package main

import (
	"fmt"
	"strings"

	"github.com/careenhq/careen/diag"
)

// quota is what GitHub keeps of a repository's caches.
const quota = 10e9

// runnerTable prints fresh CI runners: one line for each form of the cache, the one to
// choose, what it takes of a quota, and what a fork gets.
func runnerTable(b *strings.Builder, r *diag.Runners) {
	change := "nothing changed since the build that left the cache"
	if r.Edited != "" {
		change = r.Edited + " changed since the build that left the cache"
	}
	fmt.Fprintf(b, "\nfresh CI runners: %s; image and cache are pushed\nregistry: %s · link: %s · base images: %s\n\n", change, r.Registry, r.Link, r.Bases)
	t := &table{}
	t.row("cache", "build", "of it import", "export", "down", "up", "kept", "first build", "up")
	for _, c := range r.Caches {
		kept := "-"
		if c.Stored > 0 {
			kept = megabytes(c.Stored)
		}
		t.row(c.Name, spread(c.Seconds), seconds(c.Next.Import)+" s", seconds(c.Next.Export)+" s", megabytes(c.Next.Down), megabytes(c.Next.Up), kept,
			seconds(c.First.Seconds)+" s", megabytes(c.First.Up))
	}
	t.write(b)
	advise(b, r)
}

// advise says which form to take and what follows from it.
func advise(b *strings.Builder, r *diag.Runners) {
	best, none := cacheOf(r, r.Best), cacheOf(r, r.Caches[0].Name)
	fmt.Fprintf(b, "\ntake   %s: %s s", best.Name, seconds(best.Seconds.Median))
	if strings.HasSuffix(none.Name, "no cache") && none.Name != best.Name {
		fmt.Fprintf(b, ", %s: %s s, %s", none.Name, seconds(none.Seconds.Median), percent(none.Seconds.Median, best.Seconds.Median))
	}
	switch runs := len(best.Seconds.Samples); {
	case runs < 3:
		fmt.Fprintf(b, "; %s of each tell nothing apart, --runs 3 does", count(runs, "run"))
	case len(r.Like) > 0:
		fmt.Fprintf(b, "; not to be told apart from it: %s", strings.Join(r.Like, " · "))
	}
	b.WriteString("\n")
	if best.Stored > 0 {
		fmt.Fprintf(b, "quota  %s for one branch, %s for each one more with a change like this: %s fit into %g GB\n",
			megabytes(best.Stored), megabytes(best.Added), branches(best), quota/1e9)
	}
	if r.Fork != nil {
		fmt.Fprintf(b, "forks  may not write: with a public cache %s s, nothing pushed; with a private one they build as without\n", seconds(r.Fork.Seconds))
	}
	if len(r.Mounts) > 0 {
		fmt.Fprintf(b, "mounts %s: only careen cache save and restore carry them\n", strings.Join(r.Mounts, ", "))
	}
}

func cacheOf(r *diag.Runners, name string) diag.RunnerCache {
	for _, c := range r.Caches {
		if c.Name == name {
			return c
		}
	}
	return diag.RunnerCache{}
}

func percent(before, after float64) string {
	if before == 0 {
		return "no difference"
	}
	if after < before {
		return fmt.Sprintf("−%.0f %%", 100*(1-after/before))
	}
	return fmt.Sprintf("+%.0f %%", 100*(after/before-1))
}

// branches is how many branches' caches the quota holds.
func branches(c diag.RunnerCache) string {
	switch {
	case c.Stored > quota:
		return "0"
	case c.Added == 0:
		return "any number"
	}
	return fmt.Sprint(1 + int64((quota-float64(c.Stored))/float64(c.Added)))
}
