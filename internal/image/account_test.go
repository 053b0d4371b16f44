package image

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestUser(t *testing.T) {
	tree := oneLayer(t, file{name: "etc/passwd", body: "root:x:0:0:root:/root:/bin/bash\nnode:x:1000:1001::/home/node:/bin/sh\nbad:x:y:0:::\nshort:x\n"},
		file{name: "etc/group", body: "root:x:0:\nstaff:x:50:node\n"})
	for user, want := range map[string]struct {
		uid, gid int
		home     string
		ok       bool
	}{
		"": {0, 0, "/root", true}, "node": {1000, 1001, "/home/node", true}, "1000": {1000, 1001, "/home/node", true}, "node:staff": {1000, 50, "/home/node", true},
		"65532": {65532, 0, "/", true}, "65532:65533": {65532, 65533, "/", true}, "nosuch": {0, 0, "/", false}, "node:nosuch": {1000, 0, "/home/node", false},
	} {
		a, ok := tree.User(user)
		if ok != want.ok || a.UID != want.uid || a.GID != want.gid || a.Home != want.home {
			t.Errorf("%q is %+v, %v", user, a, ok)
		}
	}
	if got := tree.Accounts(); len(got) != 2 || got[1].Shell != "/bin/sh" {
		t.Errorf("accounts %+v", got)
	}
}

func TestRelease(t *testing.T) {
	tree := oneLayer(t, file{name: "etc/os-release", body: "->../usr/lib/os-release"}, file{name: "usr/lib/os-release", body: "NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"})
	if got := tree.Release(); got != (Release{"debian", "12", "bookworm"}) {
		t.Errorf("release %+v", got)
	}
	if got := oneLayer(t).Release(); got != (Release{}) {
		t.Errorf("release of nothing %+v", got)
	}
}

func TestResolveCommand(t *testing.T) {
	tree := oneLayer(t, file{name: "bin/sh", mode: 0o755}, file{name: "usr/bin/tool", mode: 0o755}, file{name: "usr/bin/data"}, file{name: "app/server", mode: 0o755},
		file{name: "usr/local/bin/tool", body: "->nowhere"}, file{name: "opt/bin/own", mode: 0o755})
	shell := func(line string) []string { return []string{"/bin/sh", "-c", line} }
	for _, c := range []struct {
		args []string
		path string
		why  string
	}{
		{[]string{"tool", "-x"}, "/usr/bin/tool", ""},
		{[]string{"./server"}, "/app/server", ""},
		{[]string{"/app/server"}, "/app/server", ""},
		{[]string{"own"}, "/opt/bin/own", ""},
		{[]string{"data"}, "", "not in the image"},
		{shell("exec ./server --port $PORT"), "/app/server", ""},
		{shell("A=b tool"), "/usr/bin/tool", ""},
		{shell("tool | tee log"), "", "more than one"},
		{shell("cd /app && ./server"), "", "more than one"},
		{shell("$TOOL x"), "", "the shell works out"},
		{shell("nosuch"), "", "not in the image"},
		{shell("exec -a name tool"), "", "options"},
		{shell(""), "", "empty"},
		{nil, "", "neither ENTRYPOINT nor CMD"},
	} {
		e := tree.ResolveCommand(v1.Config{Entrypoint: c.args, WorkingDir: "/app", Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin"}})
		if e.Path != c.path || (e.Why == "") != (c.why == "") || !strings.Contains(e.Why, c.why) {
			t.Errorf("%q: %+v, want %q, %q", c.args, e, c.path, c.why)
		}
	}
}
