//go:build linux

package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/buildkit"
)

// ChildVerb is the hidden verb that a program using this package must hand to
// Child: an ordinary user's BuildKit runs in the same program under rootlesskit.
const ChildVerb = "embedded-builder"

// An order is what a child is told, as one line of JSON on its standard input.
type order struct {
	StateDir string
	MaxBytes int64
	Mirrors  map[string][]string
	Socket   string
	Wish     string
}

// openRootless runs BuildKit in a child under rootlesskit.
func openRootless(ctx context.Context, o Options) (engine.Engine, error) {
	buildkit.Quiet(o.Log)
	if err := rootlessReady(); err != nil {
		return nil, err
	}
	socket, cleanup, err := socketPath(o.StateDir)
	if err != nil {
		return nil, fmt.Errorf("embedded builder: %w", err)
	}
	c, err := startChild(o, order{o.StateDir, o.MaxBytes, o.Mirrors, socket, wishVariable()})
	if err != nil {
		cleanup()
		return nil, err
	}
	stop := func() error { defer cleanup(); return c.stop() }
	conn, err := client.New(ctx, "unix://"+socket, buildkit.Ordered())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded builder: %w", err), stop())
	}
	e := wrap(conn, o, c.order.Wish, "runc, overlayfs, rootless", stop)
	return e, nil
}

// rootlessReady says what an ordinary user lacks, with the remedy.
func rootlessReady() error {
	const orElse = "; or run as root, or name a BuildKit with --builder"
	for program, pkg := range map[string]string{"rootlesskit": "rootlesskit", "newuidmap": "uidmap", "newgidmap": "uidmap"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("the embedded builder needs %s to work without root, and it is not in PATH; install it (apt-get install %s)%s", program, pkg, orElse)
		}
	}
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("embedded builder: %w", err)
	}
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		if text, _ := os.ReadFile(file); !hasRange(string(text), me.Username, me.Uid) {
			return fmt.Errorf("the embedded builder needs a range of ids for %s in %s to work without root; add one (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s)%s", me.Username, file, me.Username, orElse)
		}
	}
	return nil
}

func hasRange(text, name, uid string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if owner, _, ok := strings.Cut(line, ":"); ok && (owner == name || owner == uid) {
			return true
		}
	}
	return false
}

// maxSocket is how long a path of a unix socket may be.
const maxSocket = 100

func socketPath(dir string) (path string, cleanup func(), err error) {
	path = filepath.Join(dir, "socket")
	if len(path) <= maxSocket {
		return path, func() { os.Remove(path) }, nil
	}
	if dir, err = os.MkdirTemp("", "careen-"); err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "socket"), func() { os.RemoveAll(dir) }, nil
}

// child is a running rootlesskit with a BuildKit inside.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	order order
}

// childStart is how long a child may take to answer.
const childStart = 30 * time.Second

func startChild(o Options, ord order) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("embedded builder: %w", err)
	}
	var said strings.Builder
	cmd := exec.Command("rootlesskit", "--net=host", "--copy-up=/etc", "--copy-up=/run", self, ChildVerb)
	// Ctrl-C on a terminal is for this process alone, which then ends the child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = &said
	if o.Log != nil {
		cmd.Stderr = io.MultiWriter(&said, o.Log)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("embedded builder: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("embedded builder: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("embedded builder: rootlesskit: %w", err)
	}
	c := &child{cmd, stdin, ord}
	defer time.AfterFunc(childStart, func() { _ = cmd.Process.Kill() }).Stop()
	if err := json.NewEncoder(stdin).Encode(ord); err == nil {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		if line = strings.TrimSpace(line); line == ready {
			return c, nil
		} else if line != "" {
			_ = c.stop()
			return nil, errors.New(line)
		}
	}
	_ = c.stop()
	return nil, fmt.Errorf("the embedded builder does not start under rootlesskit: %s; check that this machine allows user namespaces, or name a BuildKit with --builder", lastLine(said.String()))
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// stop closes the child's standard input, which ends it.
func (c *child) stop() error {
	c.stdin.Close()
	defer time.AfterFunc(childStart, func() { _ = c.cmd.Process.Kill() }).Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("embedded builder: rootlesskit: %w", err)
	}
	return nil
}

// ready is what a child says once it listens. Anything else is its error.
const ready = "ready"

// Child is the other end of ChildVerb: BuildKit on a socket until standard input
// ends or the context is done. It gives the exit code.
func Child(ctx context.Context, in io.Reader, out io.Writer) int {
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	var ord order
	if err == nil {
		err = json.Unmarshal(line, &ord)
	}
	if err != nil {
		fmt.Fprintln(out, "this verb is for careen itself")
		return 2
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		cancel()
	}()
	err = serve(ctx, ord, func() { fmt.Fprintln(out, ready) })
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, ord order, listening func()) error {
	o := Options{StateDir: ord.StateDir, MaxBytes: ord.MaxBytes, Mirrors: ord.Mirrors}
	s, err := start(ctx, o, serverOptions{wish: ord.Wish, rootless: true})
	if err != nil {
		return err
	}
	_ = os.Remove(ord.Socket) // of a child that was killed; the lock says no other uses it
	l, err := net.Listen("unix", ord.Socket)
	if err != nil {
		return errors.Join(fmt.Errorf("embedded builder: %w", err), s.close())
	}
	go func() {
		<-ctx.Done()
		s.grpc.Stop()
	}()
	listening()
	return errors.Join(s.grpc.Serve(l), s.close())
}
