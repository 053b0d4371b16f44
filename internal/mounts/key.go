package mounts

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A KeyInput is what a key is made of.
type KeyInput struct {
	Project  string
	Platform string
	Mounts   []Mount
	Locks    map[string][]byte // contents of manifests and lockfiles, by path
}

// Keys of one project: Exact is for these very lockfiles; Mounts begins those of the
// same mounts with any, and Project those of the project with any mounts.
type Keys struct{ Exact, Mounts, Project string }

var unnamed = regexp.MustCompile(`[^a-z0-9]+`)

// Keys gives the keys. They are tags of a registry.
func (in KeyInput) Keys() Keys {
	name := strings.Trim(unnamed.ReplaceAllString(strings.ToLower(in.Project), "-"), "-")
	k := Keys{Project: "mounts-" + name[:min(40, len(name))] + "."}
	mounts := sha256.New()
	fmt.Fprintln(mounts, in.Platform)
	ids := []string{}
	for _, m := range in.Mounts {
		ids = append(ids, fmt.Sprintf("%q %q", m.ID, m.Owner))
	}
	slices.Sort(ids)
	fmt.Fprintln(mounts, ids)
	k.Mounts = k.Project + hex.EncodeToString(mounts.Sum(nil))[:10] + "."
	locks := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(in.Locks)) {
		fmt.Fprintf(locks, "%q %x\n", path, sha256.Sum256(in.Locks[path]))
	}
	k.Exact = k.Mounts + hex.EncodeToString(locks.Sum(nil))[:16]
	return k
}

// Choose picks what to restore: the exact key, else the newest of the same mounts; ""
// when there is none.
func Choose(ctx context.Context, s Store, k Keys) (string, error) {
	all, err := s.Keys(ctx)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(all, func(have Key) bool { return have.Name == k.Exact }) {
		return k.Exact, nil
	}
	like, err := ordered(ctx, s, all, k.Mounts)
	if err != nil || len(like) == 0 {
		return "", err
	}
	return like[0].Name, nil
}

// Prune forgets all artifacts of a project but the newest ones.
func Prune(ctx context.Context, s Store, k Keys, keep int) (int, error) {
	all, err := s.Keys(ctx)
	if err != nil {
		return 0, err
	}
	mine, err := ordered(ctx, s, all, k.Project)
	if err != nil {
		return 0, err
	}
	// What was saved last is kept, whatever the age of its files.
	mine = slices.DeleteFunc(mine, func(have Key) bool { return have.Name == k.Exact })
	if len(mine) < keep {
		return 0, nil
	}
	old := mine[max(0, keep-1):]
	return len(old), s.Delete(ctx, old)
}

// ordered are the keys that begin so, the newest first.
func ordered(ctx context.Context, s Store, all []Key, prefix string) ([]Key, error) {
	var list []Key
	for _, k := range all {
		if !strings.HasPrefix(k.Name, prefix) {
			continue
		}
		if k.Newest.IsZero() {
			img, err := s.Get(ctx, k.Name)
			if err != nil {
				return nil, err
			}
			m, err := img.Manifest()
			if err != nil {
				return nil, err
			}
			k.Newest = age(m)
		}
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b Key) int {
		return cmp.Or(-time.Time.Compare(a.Newest, b.Newest), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}
