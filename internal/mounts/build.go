package mounts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/careenhq/careen/internal/engine"
)

// A Place is a builder, and what it takes to run careen inside its builds.
type Place struct {
	Builder   engine.Builder
	Helper    string // careen as a static Linux program
	Platform  string
	Namespace string // value of the build argument NamespaceArg
	Nonce     string // unlike any other; builds remember what they have done
	Dir       string // scratch directory
}

// NamespaceArg is the build argument by which BuildKit sets cache mounts of projects
// apart.
const NamespaceArg = "BUILDKIT_CACHE_MOUNT_NS"

// Where things are inside the builds.
const (
	inside    = "/.careen" // the context
	outside   = "/out"     // what is carried out
	mountedAt = "/mount/"  // the mounts, by number
)

// helperName is the program in the context.
const helperName = "careen"

// dockerfileFor runs `careen parcel VERB DIR` with all mounts.
func dockerfileFor(list []Mount, verb, dir string) []byte {
	var b strings.Builder
	b.WriteString("FROM scratch\nARG CAREEN_NONCE\nRUN --mount=type=bind,target=" + inside)
	for i, m := range list {
		fmt.Fprintf(&b, " --mount=type=cache,sharing=locked,id=%s%s,target=%s%d", m.ID, m.Owner, mountedAt, i)
	}
	fmt.Fprintf(&b, " [%q, \"parcel\", %q, %q", inside+"/"+helperName, verb, dir)
	for i := range list {
		fmt.Fprintf(&b, ", \"%s%d\"", mountedAt, i)
	}
	b.WriteString("]\n")
	return []byte(b.String())
}

// run builds from a directory that holds the helper.
func (p Place) run(ctx context.Context, dir string, list []Mount, verb, at, output string) (*engine.Result, error) {
	if err := linkOrCopy(p.Helper, filepath.Join(dir, helperName)); err != nil {
		return nil, fmt.Errorf("helper: %w", err)
	}
	none := ""
	args := map[string]string{"CAREEN_NONCE": p.Nonce}
	if p.Namespace != "" {
		args[NamespaceArg] = p.Namespace
	}
	res, err := p.Builder.Build(ctx, engine.Request{
		Context: dir, Name: "cache mounts", Dockerfile: dockerfileFor(list, verb, at), Ignore: &none, Platform: p.Platform,
		BuildArgs: args, Output: output, Compression: engine.Uncompressed,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	return res, nil
}

func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}

// answers are what the helper printed for each mount: a sum, or "full".
func answers(res *engine.Result, n int) []string {
	out := make([]string, n)
	for _, s := range res.Steps {
		for line := range strings.Lines(s.Log) {
			var i int
			if _, err := fmt.Sscanf(line, "%d ", &i); err == nil && i >= 0 && i < n {
				_, out[i], _ = strings.Cut(strings.TrimSpace(line), " ")
			}
		}
	}
	return out
}
