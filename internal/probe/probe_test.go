package probe

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// ask sends a batch through Main, as a container's exec does.
func ask(t *testing.T, requests ...Request) []Answer {
	t.Helper()
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	if code := Main([]string{"do"}, bytes.NewReader(in), &out, &errOut); code != 0 {
		t.Fatalf("exit %d: %s", code, &errOut)
	}
	var answers []Answer
	if err := json.Unmarshal(out.Bytes(), &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(requests) {
		t.Fatalf("%d answers to %d requests", len(answers), len(requests))
	}
	return answers
}

func linuxOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
}

func TestMainRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, test := range []struct {
		args  []string
		in    string
		wants string
	}{
		{nil, "", "usage"},
		{[]string{"sing"}, "", `unknown verb "sing"`},
		{[]string{"do"}, "not json", "requests"},
		{[]string{"do"}, `{"ports":{}}`, "requests"},
		{[]string{"chroot", "/"}, "", "want: chroot"},
		{[]string{"chroot", "-C", "/x", "/", "ls"}, "", "want: chroot"},
	} {
		var errOut bytes.Buffer
		if code := Main(test.args, strings.NewReader(test.in), &bytes.Buffer{}, &errOut); code != 2 {
			t.Errorf("%v: exit %d, want 2", test.args, code)
		}
		if !strings.Contains(errOut.String(), test.wants) {
			t.Errorf("%v: says %q, want %q in it", test.args, errOut.String(), test.wants)
		}
	}
}

func TestEmptyRequestIsAnswered(t *testing.T) {
	if a := ask(t, Request{})[0]; a.Error == "" {
		t.Error("an empty request got no error")
	}
}

func TestPortsNameTheListeningProcess(t *testing.T) {
	linuxOnly(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	number := listener.Addr().(*net.TCPAddr).Port
	for _, port := range ask(t, Request{Ports: &PortsRequest{}})[0].Ports {
		if port.Network == "tcp" && port.Port == number {
			if port.PID != os.Getpid() || port.Address != "127.0.0.1" || port.Process == "" {
				t.Errorf("got %+v, want process %d on 127.0.0.1", port, os.Getpid())
			}
			return
		}
	}
	t.Errorf("port %d is not listed", number)
}

func TestWaitEndsWhenThePortListens(t *testing.T) {
	linuxOnly(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	number := free.Addr().(*net.TCPAddr).Port
	free.Close()

	missing := ask(t, Request{Wait: &WaitRequest{Ports: []int{number}, Timeout: time.Millisecond}})[0]
	if !strings.Contains(missing.Error, "does not listen") {
		t.Errorf("without a listener: error %q", missing.Error)
	}
	again, err := net.Listen("tcp", free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	there := ask(t, Request{Wait: &WaitRequest{Ports: []int{number}, Timeout: time.Minute}})[0]
	if there.Error != "" || !listens(there.Ports, number) {
		t.Errorf("with a listener: %+v", there)
	}
}

func TestHTTPGivesTheAnswerAsSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/echo":
			body := new(bytes.Buffer)
			_, _ = body.ReadFrom(r.Body)
			w.Header().Set("X-Host", r.Host)
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte(r.Method + " " + r.Header.Get("X-A") + " " + body.String()))
		}
	}))
	defer server.Close()
	echo := HTTPRequest{
		Method: "PUT", URL: server.URL + "/echo", Body: "payload", Limit: 5,
		Headers: map[string]string{"X-A": "one", "Host": "example.test"},
	}
	answers := ask(t,
		Request{HTTP: &echo},
		Request{HTTP: &HTTPRequest{URL: server.URL + "/moved"}},
		Request{HTTP: &HTTPRequest{URL: "http://127.0.0.1:1/"}})

	got := answers[0].HTTP
	if got == nil || got.Status != http.StatusTeapot || string(got.Body) != "PUT o" || !got.Truncated {
		t.Fatalf("echo: %+v (%s)", got, answers[0].Error)
	}
	if host := got.Headers["X-Host"]; len(host) != 1 || host[0] != "example.test" {
		t.Errorf("virtual host %q, want example.test", host)
	}
	if moved := answers[1].HTTP; moved == nil || moved.Status != http.StatusFound {
		t.Errorf("redirect was followed: %+v", moved)
	}
	if answers[2].Error == "" {
		t.Error("a refused connection gave no error")
	}
}

func TestHTTPSNeedsInsecureForAnUnknownAuthority(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = nil
	answers := ask(t,
		Request{HTTP: &HTTPRequest{URL: server.URL}},
		Request{HTTP: &HTTPRequest{URL: server.URL, Insecure: true}})
	if !strings.Contains(answers[0].Error, "certificate") {
		t.Errorf("verified against nothing: %+v", answers[0])
	}
	if got := answers[1].HTTP; got == nil || got.Status != http.StatusNotFound {
		t.Errorf("insecure: %+v %s", got, answers[1].Error)
	}
}

func TestProcessesLeaveTheProbeOut(t *testing.T) {
	linuxOnly(t)
	all, err := hostProc.processes(0)
	if err != nil {
		t.Fatal(err)
	}
	var self *Process
	for i := range all {
		if all[i].PID == os.Getpid() {
			self = &all[i]
		}
	}
	if self == nil || self.PPID != os.Getppid() || self.UID != os.Geteuid() || len(self.Args) == 0 {
		t.Fatalf("own process: %+v", self)
	}
	for _, p := range ask(t, Request{Processes: &ProcessRequest{}})[0].Processes {
		if p.PID == os.Getpid() {
			t.Error("the probe lists itself")
		}
	}
}

func TestStat(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o750|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	files := ask(t, Request{Stat: &StatRequest{Paths: []string{file, link, dir, filepath.Join(dir, "none")}}})[0].Files
	if f := files[0]; f.Type != "file" || f.Mode != 0o4750 || f.Size != 5 || f.UID != os.Getuid() {
		t.Errorf("file: %+v", f)
	}
	if f := files[1]; f.Type != "link" || f.Link != "nowhere" {
		t.Errorf("dangling link: %+v", f)
	}
	if files[2].Type != "dir" || files[3].Type != "none" {
		t.Errorf("directory and absent path: %+v", files[2:])
	}
}

func TestChangedFindsOnlyWhatIsNewer(t *testing.T) {
	linuxOnly(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// An old modification time does not hide a file that was put there now.
	if err := os.Chtimes(file, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	answers := ask(t,
		Request{Changed: &ChangedRequest{Root: dir, Since: time.Now().Add(-time.Hour)}},
		Request{Changed: &ChangedRequest{Root: dir, Since: time.Now().Add(time.Hour)}},
		Request{Changed: &ChangedRequest{Root: dir, Since: time.Now().Add(-time.Hour), Limit: 1}})
	if len(answers[0].Files) != 2 || answers[0].Files[1].Path != file {
		t.Errorf("changed: %+v", answers[0])
	}
	if len(answers[1].Files) != 0 || answers[1].Error != "" {
		t.Errorf("nothing is newer: %+v", answers[1])
	}
	if len(answers[2].Files) != 1 || answers[2].Error == "" {
		t.Errorf("a cut list must say so: %+v", answers[2])
	}
}

func TestEnv(t *testing.T) {
	t.Setenv("PROBE_TEST", "a=b c")
	for _, kv := range ask(t, Request{Env: &EnvRequest{}})[0].Env {
		if kv == "PROBE_TEST=a=b c" {
			return
		}
	}
	t.Error("the variable is not listed")
}
