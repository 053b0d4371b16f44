package repro

import (
	"context"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
)

// A Perturbation is one condition in which the two builds differ, or could not.
type Perturbation struct {
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
	How     string `json:"how"` // what differed, or why it could not
}

// condition is what one build of a pair is given.
type condition struct {
	context    string // directory; "" for the project's own
	host       string // "" when the user chose one
	processors int    // 0: all
}

// hostArgument is the build argument by which BuildKit's frontend names the host
// of RUN.
const hostArgument = "BUILDKIT_SANDBOX_HOSTNAME"

func (c condition) request(req engine.Request) engine.Request {
	if c.context != "" {
		req.Context = c.context
	}
	if c.host != "" {
		req.BuildArgs = maps.Clone(req.BuildArgs)
		if req.BuildArgs == nil {
			req.BuildArgs = map[string]string{}
		}
		req.BuildArgs[hostArgument] = c.host
	}
	return req
}

// perturb prepares both conditions.
func (r *run) perturb(ctx context.Context) error {
	second := filepath.Join(r.Dir, "another", "place", "context")
	if err := copyContext(ctx, r.Context, second); err != nil {
		return err
	}
	r.conditions[1].context = second
	if r.Request.BuildArgs[hostArgument] == "" {
		r.conditions[0].host, r.conditions[1].host = "first-host-of-careen", "second-host-of-careen"
	}
	if _, ok := r.Builder.(engine.ProcessorLimiter); ok && runtime.NumCPU() > 1 {
		r.conditions[1].processors = 1
	}
	return nil
}

// told lists the conditions, those that were out of reach too.
func (r *run) told() []Perturbation {
	host, cpu := r.conditions[1].host != "", r.conditions[1].processors > 0
	say := func(name string, applied bool, how, why string) Perturbation {
		if applied {
			return Perturbation{name, true, how}
		}
		return Perturbation{name, false, why}
	}
	return []Perturbation{
		say("cache", true, "every step ran again in both builds, with empty cache mounts", ""),
		say("time", true, "the second build began at least two seconds after the first had ended", ""),
		say("date", false, "", "the builder's clock cannot be set: what depends on the day, the month or the year does not show"),
		say("host name", host, "RUN ran as "+r.conditions[0].host+" and as "+r.conditions[1].host, "a build argument names the host"),
		say("processors", cpu, "all of the machine's, then one", "this builder cannot hide processors from RUN"),
		say("build path", true, "the context lay in another directory; paths inside the build are the Dockerfile's own", ""),
		say("umask of the checkout", true, "files of the context were group-writable in one build only, as umask 002 and 022 leave them", ""),
		say("umask of RUN", false, "", "BuildKit sets it to 022 in every build"),
		say("directory order of the context", true, "its files were written in reverse order", ""),
		say("directory order inside RUN", false, "", "the builder's file system decides it; both builds had the same one"),
		say("upstream", false, "", "both builds fetched on the same day; what could move is listed as unpinned"),
	}
}

// copyContext copies what a build would send as another checkout would leave it: in
// another order, with times of its own, and with the group's right to write the
// other way round.
func copyContext(ctx context.Context, from *buildctx.Context, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries := slices.DeleteFunc(slices.Clone(from.Entries()), func(e buildctx.Entry) bool { return !e.Sent })
	for _, e := range entries {
		if e.Mode.IsDir() {
			if err := os.MkdirAll(filepath.Join(to, filepath.FromSlash(e.Path)), 0o755); err != nil {
				return err
			}
		}
	}
	// Files before directories: a directory may deny writing into it.
	for _, e := range slices.Backward(entries) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := copyEntry(from.Dir(), to, e); err != nil {
			return err
		}
	}
	return nil
}

func copyEntry(from, to string, e buildctx.Entry) error {
	source, target := filepath.Join(from, filepath.FromSlash(e.Path)), filepath.Join(to, filepath.FromSlash(e.Path))
	switch e.Mode.Type() {
	case fs.ModeDir:
		return os.Chmod(target, otherUmask(e.Mode.Perm()))
	case fs.ModeSymlink:
		link, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(link, target)
	case 0:
		return copyFile(source, target, otherUmask(e.Mode.Perm()))
	}
	return nil // sockets and devices: no build can use them
}

// otherUmask is the mode that a checkout under the other usual umask gives.
func otherUmask(mode fs.FileMode) fs.FileMode {
	switch {
	case mode&0o200 == 0:
		return mode
	case mode&0o020 == 0:
		return mode | mode>>3&0o020
	}
	return mode &^ 0o022
}

func copyFile(source, target string, mode fs.FileMode) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if chmod := out.Chmod(mode); err == nil {
		err = chmod
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	return err
}

// octal is a mode as chmod takes it.
func octal(mode uint32) string { return strconv.FormatUint(uint64(mode), 8) }
