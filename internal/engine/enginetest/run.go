package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/probe"
)

// output is a buffer that a container writes and a test reads.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the text appears.
func (o *output) await(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(o.String(), want) {
			return
		}
	}
	t.Fatalf("%q never said %q", o.String(), want)
}

// start starts a container that is closed with the test.
func (s *suite) start(t *testing.T, spec engine.RunSpec) engine.Container {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c, err := s.engine.Start(ctx, spec)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func wait(t *testing.T, c engine.Container) engine.Exit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	exit, err := c.Wait(ctx)
	if err != nil {
		t.Fatalf("wait: %v", err)
	}
	return exit
}

// run runs a container to its end.
func (s *suite) run(t *testing.T, spec engine.RunSpec) (stdout, stderr string, exit engine.Exit) {
	t.Helper()
	var out, errOut output
	spec.Stdout, spec.Stderr = &out, &errOut
	exit = wait(t, s.start(t, spec))
	return out.String(), errOut.String(), exit
}

func tool(args ...string) []string { return append([]string{"tool"}, args...) }

func testCommand(t *testing.T, s *suite) {
	img := s.image(t, "FROM tool:1", `ENTRYPOINT ["tool", "echo", "entry"]`, `CMD ["default", "words"]`)
	for name, c := range map[string]struct {
		spec engine.RunSpec
		want string
	}{
		"the image's own":    {engine.RunSpec{Image: img}, "entry default words\n"},
		"command":            {engine.RunSpec{Image: img, Command: []string{"others"}}, "entry others\n"},
		"empty command":      {engine.RunSpec{Image: img, Command: []string{}}, "entry\n"},
		"args":               {engine.RunSpec{Image: img, Args: tool("echo", "all")}, "all\n"},
		"base as it is":      {engine.RunSpec{Image: s.Base}, "base\n"},
		"args win over both": {engine.RunSpec{Image: img, Args: tool("echo", "all"), Command: []string{"x"}}, "all\n"},
	} {
		out, errOut, exit := s.run(t, c.spec)
		if out != c.want || errOut != "" || exit.Code != 0 || exit.TimedOut || exit.Duration <= 0 {
			t.Errorf("%s: %q, %q, %+v; want %q", name, out, errOut, exit, c.want)
		}
	}
}

func testEnvironment(t *testing.T, s *suite) {
	img := s.image(t, "FROM tool:1", "ENV A=image B=image", "WORKDIR /work", "USER keeper")
	out, _, _ := s.run(t, engine.RunSpec{Image: img, Args: tool("env"), Env: []string{"B=spec", "C=spec"}})
	contains(t, out, "A=image\n", "B=spec\n", "C=spec\n", "BASE=yes\n", "PATH=/bin\n")
	if strings.Contains(out, "B=image") {
		t.Errorf("B is there twice: %q", out)
	}
	for want, spec := range map[string]engine.RunSpec{
		"uid 1234 in /work\n":   {},
		"uid 0 in /work\n":      {User: "root"},
		"uid 77 in /work\n":     {User: "77:78"},
		"uid 1234 in /tmp\n":    {Dir: "/tmp"},
		"uid 1234 in /work/a\n": {Dir: "/work/a"},
	} {
		spec.Image, spec.Args = img, tool("where")
		if got, errOut, _ := s.run(t, spec); got != want {
			t.Errorf("%q, %q; want %q", got, errOut, want)
		}
	}
}

func testStreams(t *testing.T, s *suite) {
	out, errOut, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: tool("cat"), Stdin: strings.NewReader("through\x00it\n")})
	if out != "through\x00it\n" || errOut != "" || exit.Code != 0 {
		t.Errorf("%q, %q, %+v", out, errOut, exit)
	}
	out, errOut, _ = s.run(t, engine.RunSpec{Image: s.Base, Args: tool("warn", "to stderr")})
	if out != "" || errOut != "to stderr\n" {
		t.Errorf("%q, %q", out, errOut)
	}
	if out, _, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: tool("cat")}); out != "" || exit.Code != 0 {
		t.Errorf("without Stdin: %q, %+v", out, exit)
	}
	for _, code := range []int{1, 3, 255} {
		if _, _, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: []string{"sh", "-c", "tool exit " + itoa(code)}}); exit.Code != code {
			t.Errorf("exit code %d, want %d", exit.Code, code)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func testSignals(t *testing.T, s *suite) {
	var out output
	c := s.start(t, engine.RunSpec{Image: s.Base, Args: tool("trap"), Stdout: &out})
	out.await(t, "ready")
	if err := c.Signal(t.Context(), int(syscall.SIGTERM)); err != nil {
		t.Fatal(err)
	}
	if exit := wait(t, c); exit.Code != 40 || exit.TimedOut {
		t.Errorf("%+v", exit)
	}
	contains(t, out.String(), "signal 15")

	c = s.start(t, engine.RunSpec{Image: s.Base, Args: tool("block")})
	if err := c.Signal(t.Context(), int(syscall.SIGKILL)); err != nil {
		t.Fatal(err)
	}
	if exit := wait(t, c); exit.Code != 137 || exit.TimedOut {
		t.Errorf("killed: %+v", exit)
	}
	if again := wait(t, c); again.Code != 137 {
		t.Errorf("a second Wait gave %+v", again)
	}
}

func testTimeout(t *testing.T, s *suite) {
	_, _, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: tool("block"), Timeout: 300 * time.Millisecond})
	if !exit.TimedOut || exit.Code != 137 || exit.Duration < 300*time.Millisecond {
		t.Errorf("%+v", exit)
	}
	if _, _, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: tool("exit", "5"), Timeout: time.Minute}); exit.TimedOut || exit.Code != 5 {
		t.Errorf("in time: %+v", exit)
	}
}

// testCommandNotFound allows either moment to say so, but it must be said.
func testCommandNotFound(t *testing.T, s *suite) {
	var out, errOut output
	c, err := s.engine.Start(t.Context(), engine.RunSpec{Image: s.Base, Args: []string{"/nowhere/nothing"}, Stdout: &out, Stderr: &errOut})
	if err == nil {
		defer c.Close()
		var exit engine.Exit
		if exit, err = c.Wait(t.Context()); err == nil {
			t.Fatalf("ended with %+v, %q, %q", exit, out.String(), errOut.String())
		}
	}
	contains(t, err.Error(), "/nowhere/nothing")
}

func testReadOnly(t *testing.T, s *suite) {
	write := tool("write", "/new", "x")
	if _, errOut, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: write}); exit.Code != 0 {
		t.Errorf("a writable root is not: %q", errOut)
	}
	if _, ok := s.engine.(engine.ReadOnlyRunner); !ok {
		t.Skip("this engine has no read-only root")
	}
	_, errOut, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: write, ReadOnly: true})
	if exit.Code != 1 {
		t.Errorf("%+v", exit)
	}
	contains(t, errOut, "read-only file system")
}

func testTmpfs(t *testing.T, s *suite) {
	spec := engine.RunSpec{Image: s.Base, ReadOnly: true, Tmpfs: []string{"/tmp"}, Args: []string{"sh", "-c", "tool write /tmp/a in memory && tool cat /tmp/a"}}
	if out, errOut, exit := s.run(t, spec); out != "in memory\n" || exit.Code != 0 {
		t.Errorf("%q, %q, %+v", out, errOut, exit)
	}
}

// testUnchanged expects that no run sees what another one wrote.
func testUnchanged(t *testing.T, s *suite) {
	img := s.image(t, "FROM tool:1", "RUN tool write /state first")
	s.run(t, engine.RunSpec{Image: img, Args: tool("write", "/state", "second")})
	if out, _, _ := s.run(t, engine.RunSpec{Image: img, Args: tool("cat", "/state")}); out != "first\n" {
		t.Errorf("/state is %q", out)
	}
}

func testMounts(t *testing.T, s *suite) {
	other := s.image(t, "FROM tool:1", "RUN tool write /in/other other")
	dir := files{"sub/file": "of the host\n"}.write(t)
	mounts := []engine.Mount{{Target: "/other", Image: &other}, {Target: "/host", Dir: dir}}
	spec := engine.RunSpec{Image: s.Base, Mounts: mounts, Args: tool("cat", "/other/in/other", "/host/sub/file")}
	if out, errOut, exit := s.run(t, spec); out != "other\nof the host\n" || exit.Code != 0 {
		t.Errorf("%q, %q, %+v", out, errOut, exit)
	}
	for _, path := range []string{"/other/new", "/host/new"} {
		spec.Args = tool("write", path, "x")
		if _, errOut, exit := s.run(t, spec); exit.Code != 1 || !strings.Contains(errOut, "read-only") {
			t.Errorf("%s: %q, %+v", path, errOut, exit)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("the host's directory was written to")
	}
}

func testExec(t *testing.T, s *suite) {
	img := s.image(t, "FROM tool:1", "ENV A=image", "USER keeper", "WORKDIR /work")
	c := s.start(t, engine.RunSpec{Image: img, Args: tool("block"), Env: []string{"B=spec"}})
	exec := func(spec engine.ExecSpec) (string, string, engine.Exit) {
		t.Helper()
		var out, errOut output
		spec.Stdout, spec.Stderr = &out, &errOut
		exit, err := c.Exec(t.Context(), spec)
		if err != nil {
			t.Fatalf("exec %q: %v", spec.Args, err)
		}
		return out.String(), errOut.String(), exit
	}
	out, _, exit := exec(engine.ExecSpec{Args: tool("env"), Env: []string{"C=exec"}})
	contains(t, out, "A=image\n", "B=spec\n", "C=exec\n")
	if exit.Code != 0 || exit.Duration <= 0 {
		t.Errorf("%+v", exit)
	}
	if out, _, _ := exec(engine.ExecSpec{Args: tool("where")}); out != "uid 1234 in /work\n" {
		t.Errorf("%q", out)
	}
	if out, _, _ := exec(engine.ExecSpec{Args: tool("where"), User: "root", Dir: "/tmp"}); out != "uid 0 in /tmp\n" {
		t.Errorf("%q", out)
	}
	if _, errOut, exit := exec(engine.ExecSpec{Args: []string{"sh", "-c", "tool warn w && tool exit 9"}}); exit.Code != 9 || errOut != "w\n" {
		t.Errorf("%q, %+v", errOut, exit)
	}
	exec(engine.ExecSpec{Args: tool("write", "/tmp/shared", "seen"), User: "root"})
	if out, errOut, exit := exec(engine.ExecSpec{Args: tool("cat", "/tmp/shared")}); out != "seen\n" {
		t.Errorf("another process of the container reads %q, %q, %+v", out, errOut, exit)
	}
	if out, errOut, exit := exec(engine.ExecSpec{Args: tool("cat"), Stdin: strings.NewReader("in\n")}); out != "in\n" {
		t.Errorf("stdin gave %q, %q, %+v", out, errOut, exit)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if exit, err := c.Exec(ctx, engine.ExecSpec{Args: tool("block")}); !errors.Is(err, context.DeadlineExceeded) || !exit.TimedOut {
		t.Errorf("a limited exec gave %+v, %v", exit, err)
	}
}

// ask sends requests to the helper in a container, as package verify does.
func ask(t *testing.T, c engine.Container, requests ...probe.Request) []probe.Answer {
	t.Helper()
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut output
	exit, err := c.Exec(t.Context(), engine.ExecSpec{Args: []string{engine.HelperPath, "probe", "do"}, Stdin: bytes.NewReader(in), Stdout: &out, Stderr: &errOut})
	if err != nil || exit.Code != 0 {
		t.Fatalf("helper: %+v, %v, %s", exit, err, errOut.String())
	}
	var answers []probe.Answer
	if err := json.Unmarshal([]byte(out.String()), &answers); err != nil || len(answers) != len(requests) {
		t.Fatalf("helper answered %q: %v", out.String(), err)
	}
	return answers
}

// testProbe runs a server in an image that holds nothing but the server.
func testProbe(t *testing.T, s *suite) {
	img := s.image(t, "FROM tool:1 AS from", "FROM scratch", "COPY --from=from /bin/tool /server", `ENTRYPOINT ["/server", "serve", "8080", "here"]`)
	c := s.start(t, engine.RunSpec{Image: img, ReadOnly: true})
	page := probe.HTTPRequest{URL: "http://127.0.0.1:8080/"}
	answers := ask(t, c,
		probe.Request{Wait: &probe.WaitRequest{Ports: []int{8080}, HTTP: &page, Timeout: 20 * time.Second}},
		probe.Request{HTTP: &page},
		probe.Request{Stat: &probe.StatRequest{Paths: []string{"/server", "/bin/sh"}}},
		probe.Request{Processes: &probe.ProcessRequest{}},
	)
	for _, a := range answers {
		if a.Error != "" {
			t.Errorf("helper: %s", a.Error)
		}
	}
	if p := answers[0].Ports; len(p) != 1 || p[0].Port != 8080 || p[0].Network != "tcp" || p[0].Address != "127.0.0.1" {
		t.Errorf("ports %+v", p)
	}
	if h := answers[1].HTTP; h == nil || h.Status != 200 || string(h.Body) != "here\n" {
		t.Errorf("answer %+v", h)
	}
	if f := answers[2].Files; len(f) != 2 || f[0].Type != "file" || f[1].Type != "none" {
		t.Errorf("files %+v", f)
	}
	if p := answers[3].Processes; len(p) != 1 || p[0].PID != 1 || strings.Join(p[0].Args, " ") != "/server serve 8080 here" {
		t.Errorf("processes %+v", p)
	}
}

// testNoNetwork dials a server of this machine from inside.
func testNoNetwork(t *testing.T, s *suite) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, errOut, exit := s.run(t, engine.RunSpec{Image: s.Base, Args: tool("dial", l.Addr().String())}); exit.Code != 1 || !strings.Contains(errOut, "refused") {
		t.Errorf("the container reached the host: %q, %+v", errOut, exit)
	}
}

func testCancelRun(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := s.engine.Start(ctx, engine.RunSpec{Image: s.Base, Args: tool("block")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	waiting, done := context.WithCancel(t.Context())
	done()
	if _, err := c.Wait(waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait under a cancelled context: %v", err)
	}
	cancel()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if exit, err := c.Wait(ctx); ctx.Err() != nil || err == nil && exit.Code == 0 {
		t.Errorf("after its context was cancelled: %+v, %v", exit, err)
	}
	closed := make(chan error, 2)
	go func() { closed <- c.Close(); closed <- c.Close() }()
	for range 2 {
		select {
		case err := <-closed:
			if err != nil {
				t.Errorf("close: %v", err)
			}
		case <-ctx.Done():
			t.Fatal("close hangs")
		}
	}
}

func testMemory(t *testing.T, s *suite) {
	if _, ok := s.engine.(engine.MemoryLimiter); !ok {
		t.Skip("this engine does not limit memory")
	}
	spec := engine.RunSpec{Image: s.Base, Args: tool("hold", "200000000"), Memory: 64 << 20}
	if out, errOut, exit := s.run(t, spec); exit.Code != 137 || out != "" || exit.TimedOut {
		t.Errorf("200 MB within 64 MiB: %q, %q, %+v", out, errOut, exit)
	}
	spec.Memory = 400 << 20
	if out, errOut, exit := s.run(t, spec); exit.Code != 0 || out != "held\n" {
		t.Errorf("200 MB within 400 MiB: %q, %q, %+v", out, errOut, exit)
	}
	spec.Args = tool("env")
	if out, _, _ := s.run(t, spec); strings.Contains(strings.ToLower(out), "careen") || !strings.Contains(out, "BASE=yes") {
		t.Errorf("the limit shows in the environment: %q", out)
	}
}

func testPrune(t *testing.T, s *suite) {
	p, ok := s.engine.(engine.Pruner)
	if !ok {
		t.Skip("this engine cannot prune")
	}
	req := request(t, nil, "FROM tool:1", "RUN tool write /prune x")
	s.build(t, req)
	if err := p.Prune(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if stepAt(t, s.build(t, req), 2).Cached {
		t.Error("the step is still cached")
	}
	if err := p.Prune(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if stepAt(t, s.build(t, req), 2).Cached {
		t.Error("the step is still cached")
	}
}

// testClose comes last.
func testClose(t *testing.T, s *suite) {
	for range 2 {
		if err := s.engine.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := s.engine.Build(t.Context(), request(t, nil, "FROM scratch", "COPY . /")); err == nil {
		t.Error("a closed engine builds")
	}
}
