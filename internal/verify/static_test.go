package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine/fake"
)

// found writes differences as "check path label", sorted.
func found(p diag.Parity) []string {
	out := []string{}
	for _, d := range p.Differences {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", d.Check, d.Path, d.Label)), " "))
	}
	slices.Sort(out)
	return out
}

func TestIdenticalImages(t *testing.T) {
	p := compareStatic(t, service(), service(), Options{})
	if got := found(p); len(got) > 0 || p.Removed != nil {
		t.Errorf("differences %v, removed %v", got, p.Removed)
	}
	if p.Verdict != diag.Unknown {
		t.Errorf("verdict %s, though nothing was run", p.Verdict)
	}
	for i, want := range []string{"L0", "L1", "L2"} {
		if l := p.Levels[i]; l.Name != want || len(l.Checked) == 0 || len(l.NotRun) > 0 {
			t.Errorf("level %+v, want %s judged in full", l, want)
		}
	}
}

// breakages are changes of the image, each with everything that is to be said
// about it.
var breakages = map[string]struct {
	change func(*testing.T, *world)
	want   []string
}{
	"variable lost": {func(_ *testing.T, w *world) {
		w.config.Env = slices.DeleteFunc(w.config.Env, func(e string) bool { return e == "APP_MODE=production" })
	}, []string{"env APP_MODE B6"}},
	"variable changed": {func(_ *testing.T, w *world) { w.config.Env[3] = "APP_MODE=test" }, []string{"env APP_MODE B6"}},
	"variable of the base that every program reads": {func(_ *testing.T, w *world) {
		w.config.Env = slices.DeleteFunc(w.config.Env, func(e string) bool { return e == "LANG=C.UTF-8" })
	}, []string{"env LANG B6"}},
	"variable of the base that a file names": {func(_ *testing.T, w *world) {
		w.config.Env = slices.DeleteFunc(w.config.Env, func(e string) bool { return e == "BASE_RELEASE=12" })
		w.own["/app/about.sh"] = file{body: "echo $BASE_RELEASE\n"}
	}, []string{"env BASE_RELEASE B6"}},
	"variable added": {func(_ *testing.T, w *world) { w.config.Env = append(w.config.Env, "DEBUG=1") }, []string{"env DEBUG B6"}},
	"path shorter": {func(_ *testing.T, w *world) { w.config.Env[0] = "PATH=/usr/local/bin:/bin" },
		[]string{"env PATH B6", "healthcheck curl B13", "scripts /app/entrypoint.sh B12", "child processes /app/web/index.js C8"}},
	"user":         {func(_ *testing.T, w *world) { w.config.User = "" }, []string{"user B7"}},
	"user unknown": {func(_ *testing.T, w *world) { w.config.User = "nobody" }, []string{"user B7"}},
	"workdir":      {func(_ *testing.T, w *world) { w.config.WorkingDir = "/" }, []string{"workdir B7"}},
	"command":      {func(_ *testing.T, w *world) { w.config.Cmd = []string{"/app/server"} }, []string{"cmd B7"}},
	"shell form": {func(_ *testing.T, w *world) { w.config.Cmd = []string{"/bin/sh", "-c", "/app/server --port 8080"} },
		[]string{"cmd B8"}},
	"entrypoint": {func(_ *testing.T, w *world) { w.config.Entrypoint = nil }, []string{"entrypoint B7"}},
	"port":       {func(_ *testing.T, w *world) { w.config.ExposedPorts = nil }, []string{"expose 8080/tcp B7"}},
	"volume":     {func(_ *testing.T, w *world) { w.config.Volumes = map[string]struct{}{"/data": {}} }, []string{"volume /app/uploads B7", "volume /data B7"}},
	"label":      {func(_ *testing.T, w *world) { w.config.Labels = nil }, []string{"label org.opencontainers.image.title B7"}},
	"signal":     {func(_ *testing.T, w *world) { w.config.StopSignal = "" }, []string{"stopsignal B7"}},
	"no health":  {func(_ *testing.T, w *world) { w.config.Healthcheck = nil }, []string{"healthcheck B7"}},
	"health off": {func(_ *testing.T, w *world) { w.config.Healthcheck = &v1.HealthConfig{Test: []string{"NONE"}} }, []string{"healthcheck B7"}},
	"machine":    {func(_ *testing.T, w *world) { w.arch = "arm64" }, []string{"platform B20"}},

	"library": {func(_ *testing.T, w *world) { w.remove(libs + "libssl.so.3"); forget(w, "libssl3") },
		[]string{"elf-library /app/server B1", "removed " + libs + "libssl.so.3 B1"}},
	"library, package kept": {func(_ *testing.T, w *world) { w.remove(libs + "libssl.so.3") },
		[]string{"elf-library /app/server B1", "removed " + libs + "libssl.so.3 B17"}},
	"file of a kept package": {func(_ *testing.T, w *world) { w.remove("/usr/share/media/pattern") }, []string{"removed /usr/share/media/pattern B17"}},
	"relinked": {func(t *testing.T, w *world) {
		w.edit(t, "/app/server", func(f *file) { f.body = program("libssl.so.3", "libz.so.1").body })
	}, []string{"contents /app/server B4", "elf-library /app/server B1"}},
	"opened by the C library": {func(_ *testing.T, w *world) { w.remove(libs + "libnss_dns.so.2") }, []string{"dlopen " + libs + "libnss_dns.so.2 B1"}},
	"converters": {func(t *testing.T, w *world) {
		w.edit(t, "/app/ping", func(f *file) { f.body += "iconv_open\x00" })
		w.remove(libs + "gconv")
	}, []string{"dlopen " + libs + "gconv/ISO8859-1.so B1"}},
	"unwinder": {func(t *testing.T, w *world) {
		w.edit(t, "/app/ping", func(f *file) { f.body += "pthread_cancel\x00" })
		w.remove(libs + "libgcc_s.so.1")
	}, []string{"dlopen " + libs + "libgcc_s.so.1 B1"}},
	"interpreter of scripts": {func(_ *testing.T, w *world) { w.remove("/bin/bash") }, []string{"elf-interpreter /app/tool B5", "removed /bin/bash B17"}},
	"start":                  {func(_ *testing.T, w *world) { w.remove("/app/entrypoint.sh") }, []string{"entrypoint /app/entrypoint.sh B12", "removed /app/entrypoint.sh B17"}},
	"health program":         {func(_ *testing.T, w *world) { w.remove("/usr/bin/curl") }, []string{"healthcheck curl B13"}},
	"command of a script":    {func(_ *testing.T, w *world) { w.remove("/usr/bin/envsubst") }, []string{"scripts /app/entrypoint.sh B12"}},
	"child process":          {func(_ *testing.T, w *world) { w.remove("/usr/bin/dot") }, []string{"child processes /app/web/index.js C8"}},

	"repository":      {func(t *testing.T, w *world) { w.remove("/app/.git") }, []string{"child processes /app/web/history.js C8"}},
	"certificates":    {func(_ *testing.T, w *world) { w.remove("/etc/ssl/certs") }, []string{"certificates /etc/ssl/certs/ca-certificates.crt B14"}},
	"one certificate": {func(t *testing.T, w *world) { w.edit(t, certificateBundle, func(f *file) { f.body = root("two") }) }, []string{"certificates /etc/ssl/certs/ca-certificates.crt B14"}},
	"time zones":      {func(_ *testing.T, w *world) { w.remove(zones) }, []string{"zones /usr/share/zoneinfo B14"}},
	"one time zone":   {func(_ *testing.T, w *world) { w.remove(zones + "/Europe/Berlin") }, []string{"zones /usr/share/zoneinfo/Europe/Berlin B14"}},
	"name services":   {func(_ *testing.T, w *world) { w.remove("/etc/nsswitch.conf") }, []string{"nsswitch /etc/nsswitch.conf B14"}},
	"order of names": {func(t *testing.T, w *world) {
		w.edit(t, "/etc/nsswitch.conf", func(f *file) { f.body = "hosts: dns\npasswd: files\n" })
	}, []string{"nsswitch hosts B14"}},
	"no tmp":     {func(_ *testing.T, w *world) { w.remove("/tmp") }, []string{"tmp /tmp B14"}},
	"closed tmp": {func(t *testing.T, w *world) { w.edit(t, "/tmp", func(f *file) { f.mode = 0o755 }) }, []string{"tmp /tmp B14"}},
	"account": {func(t *testing.T, w *world) {
		w.edit(t, "/etc/passwd", func(f *file) { f.body = "root:x:0:0::/root:/bin/sh\n" })
	}, []string{"accounts /etc/passwd: app B14"}},
	"account's number": {func(t *testing.T, w *world) {
		w.edit(t, "/etc/passwd", func(f *file) { f.body = strings.ReplaceAll(f.body, ":1000:1000", ":1001:1000") })
	}, []string{"accounts /etc/passwd: app B14"}},

	"data file":   {func(_ *testing.T, w *world) { w.remove("/app/data/words.txt") }, []string{"removed /app/data/words.txt B17"}},
	"other data":  {func(t *testing.T, w *world) { w.edit(t, "/app/data/words.txt", func(f *file) { f.body = "a b d" }) }, []string{"contents /app/data/words.txt B22"}},
	"mode":        {func(t *testing.T, w *world) { w.edit(t, "/app/data/words.txt", func(f *file) { f.mode = 0o600 }) }, []string{"mode /app/data/words.txt B9"}},
	"owner":       {func(t *testing.T, w *world) { w.edit(t, "/app/data/table.csv", func(f *file) { f.uid = 0 }) }, []string{"owner /app/data/table.csv B9"}},
	"capability":  {func(t *testing.T, w *world) { w.edit(t, "/app/ping", func(f *file) { f.xattr = "" }) }, []string{"xattr /app/ping B9"}},
	"link target": {func(t *testing.T, w *world) { w.edit(t, "/app/current", func(f *file) { f.link = "/app/data" }) }, []string{"target /app/current B10"}},
	"dangling": {func(_ *testing.T, w *world) { w.remove("/app/releases/7") },
		[]string{"links /app/current B10", "removed /app/releases/7 B17"}},
	"empty directory": {func(_ *testing.T, w *world) { w.remove("/app/uploads") }, []string{"removed /app/uploads C5"}},
	"module": {func(_ *testing.T, w *world) { w.remove("/app/web/node_modules/express") },
		[]string{"imports /app/web/index.js B16", "removed /app/web/node_modules/express B2"}},
	"module of a module": {func(_ *testing.T, w *world) { w.remove("/app/web/node_modules/qs") },
		[]string{"imports /app/web/node_modules/express/package.json B16", "removed /app/web/node_modules/qs B2"}},
}

// forget takes a package off dpkg's records.
func forget(w *world, name string) {
	f := w.own["/var/lib/dpkg/status"]
	var kept []string
	for stanza := range strings.SplitSeq(f.body, "\n\n") {
		if !strings.HasPrefix(stanza, "Package: "+name+"\n") {
			kept = append(kept, stanza)
		}
	}
	f.body = strings.Join(kept, "\n\n")
	w.own["/var/lib/dpkg/status"] = f
	delete(w.own, "/var/lib/dpkg/info/"+name+".list")
}

func TestBreakages(t *testing.T) {
	for name, b := range breakages {
		t.Run(name, func(t *testing.T) {
			newer := service().clone()
			b.change(t, &newer)
			p := compareStatic(t, service(), newer, Options{})
			slices.Sort(b.want)
			if got := found(p); !slices.Equal(got, b.want) || p.Verdict != diag.Different {
				t.Errorf("%s\n got %q\nwant %q", p.Verdict, got, b.want)
				for _, d := range p.Differences {
					t.Logf("%+v", d)
				}
			}
			for _, d := range p.Differences {
				if d.Reason == "" || d.Level == "" {
					t.Errorf("no reason or level: %+v", d)
				}
			}
		})
	}
}

// TestExplained are changes of the image with which nothing is lost, each with the
// reason that is given for what is gone.
func TestExplained(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*testing.T, *world)
		leaves  []diag.Leave
		reasons []string // of removed paths
		note    string   // beginning of what is noted of it
	}{
		"readme":  {change: func(_ *testing.T, w *world) { w.remove("/app/README.md") }, reasons: []string{"documentation"}},
		"sources": {change: func(_ *testing.T, w *world) { w.remove("/app/main.c") }, reasons: []string{"source code of a compiled language"}},
		"package": {change: func(_ *testing.T, w *world) { w.remove("/usr/bin/gcc-12", "/usr/lib/gcc"); forget(w, "gcc-12") },
			reasons: []string{"package gcc-12", "package manager state"}},
		"passwords": {change: func(_ *testing.T, w *world) { w.remove("/etc/shadow") }, reasons: []string{"passwords of accounts; nothing in the new image logs anybody in"}},
		"development module": {change: func(_ *testing.T, w *world) { w.remove("/app/web/node_modules/mocha") },
			reasons: []string{"development dependency"}},
		"planned": {change: func(_ *testing.T, w *world) { w.remove("/app/data/table.csv") }, leaves: []diag.Leave{{Glob: "/app/data/**", Reason: "the plan says so"}},
			reasons: []string{"the plan says so"}},
		"part of the base": {change: func(_ *testing.T, w *world) { w.remove("/usr/share/keyboards") }, reasons: []string{"came with the old base (/usr/share)"}},
		"converters that nothing asks for": {change: func(_ *testing.T, w *world) { w.remove(libs+"gconv", libs+"libgcc_s.so.1") },
			reasons: []string{"came with the old base (/usr/lib)"}},
		"name service that nothing asks for": {change: func(t *testing.T, w *world) {
			w.remove(libs + "libnss_ldap.so.2")
		}, reasons: []string{"came with the old base (/usr/lib)"}},
		"empty package directory": {change: func(_ *testing.T, w *world) { w.remove("/var/tmp") }, note: "L2: /var/tmp is not in the new image"},
		"variable of the base": {change: func(_ *testing.T, w *world) {
			w.config.Env = slices.DeleteFunc(w.config.Env, func(e string) bool { return e == "BASE_RELEASE=12" })
		}, note: "L0: ENV BASE_RELEASE came with the old base"},
		"user by number": {change: func(_ *testing.T, w *world) { w.config.User = "1000" }, note: `L0: USER "app" and "1000" are both`},
		"plain command":  {change: func(_ *testing.T, w *world) { w.config.Cmd = []string{"/app/server", "--port", "8080"} }},
		"other directory of the link": {change: func(t *testing.T, w *world) {
			w.edit(t, "/app/current", func(f *file) { f.link = "releases/7" })
		}, note: "L1: link /app/current leads to /app/releases/7 by another way"},
		"dates": {change: func(t *testing.T, w *world) { w.edit(t, "/var/lib/dpkg/status", func(f *file) { f.body += "\n" }) }},
		"added": {change: func(_ *testing.T, w *world) { w.own["/app/new"] = file{body: "x"} }, note: "L1: 1 paths are new"},
		"added program of root": {change: func(_ *testing.T, w *world) { w.own["/app/new"] = file{body: "x", mode: 0o4755} },
			note: "L1: /app/new is new and runs with its owner's rights"},
	} {
		t.Run(name, func(t *testing.T) {
			newer := service().clone()
			test.change(t, &newer)
			p := compareStatic(t, service(), newer, Options{Explained: test.leaves})
			if got := found(p); len(got) > 0 {
				t.Errorf("differences %q", got)
			}
			var reasons []string
			for _, r := range p.Removed {
				reasons = append(reasons, r.Reason)
				if r.Paths == 0 || r.Example == "" {
					t.Errorf("%+v", r)
				}
			}
			slices.Sort(reasons)
			if !slices.Equal(reasons, test.reasons) {
				t.Errorf("removed because of %q, want %q", reasons, test.reasons)
			}
			if !slices.ContainsFunc(p.Notes, func(n string) bool { return strings.HasPrefix(n, test.note) }) && test.note != "" {
				t.Errorf("no note %q among %q", test.note, p.Notes)
			}
		})
	}
}

// TestLeavesExcuseNoName holds that a plan cannot excuse the removal of what the new
// image still names.
func TestLeavesExcuseNoName(t *testing.T) {
	for lost, want := range map[string]string{
		"/app/data/words.txt":           "removed /app/data/words.txt B17", // named by the script
		"/app/releases/7":               "links /app/current B10",
		"/app/web/node_modules/express": "imports /app/web/index.js B16",
	} {
		older := service()
		older.edit(t, "/app/entrypoint.sh", func(f *file) { f.body += "test -f /app/data/words.txt\n" })
		newer := older.clone()
		newer.remove(lost)
		p := compareStatic(t, older, newer, Options{Explained: []diag.Leave{{Glob: "/app/**", Reason: "everything"}}})
		if !slices.Contains(found(p), want) {
			t.Errorf("%s gone: %q, want %q", lost, found(p), want)
		}
	}
}

// TestPasswordsWhereSomebodyLogsIn holds that /etc/shadow stays where it is read.
func TestPasswordsWhereSomebodyLogsIn(t *testing.T) {
	older := service()
	older.base["/bin/su"] = program()
	newer := older.clone()
	newer.remove("/etc/shadow")
	if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, []string{"removed /etc/shadow B14"}) {
		t.Errorf("%q", got)
	}
}

// TestRebuiltProgram holds that a program with other bytes and the same libraries is
// no difference, and cannot be called the same while nothing ran it.
func TestRebuiltProgram(t *testing.T) {
	newer := service().clone()
	newer.edit(t, "/app/server", func(f *file) { f.body += "another build" })
	p := compareStatic(t, service(), newer, Options{})
	if got := found(p); len(got) > 0 || p.Verdict != diag.Unknown {
		t.Errorf("%s: %q", p.Verdict, got)
	}
	if not := p.Levels[1].NotRun; len(not) != 1 || not[0].Check != "contents" || !strings.HasPrefix(not[0].Why, "/app/server was built anew") {
		t.Errorf("not run: %+v", not)
	}
}

// TestSameGapsAsBefore holds that what the old image lacks already is no difference.
func TestSameGapsAsBefore(t *testing.T) {
	older := service()
	older.remove(libs+"libssl.so.3", "/usr/bin/envsubst", "/usr/bin/dot", "/app/releases/7", "/app/web/node_modules/qs")
	if got := found(compareStatic(t, older, older, Options{})); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestSettingsMadeWhileInstalling tells what a step set in /etc beside installing
// packages from what their scripts write there.
func TestSettingsMadeWhileInstalling(t *testing.T) {
	const step = "RUN /bin/sh -c apt-get install -y nginx && echo deb > /etc/apt/sources.list.d/x.list && echo Europe/Berlin >/etc/timezone &&" +
		" cp conf/* /etc/nginx/conf.d/ && ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime # buildkit"
	for lost, want := range map[string][]string{
		"/etc/timezone":                  {"removed /etc/timezone B17"},
		"/etc/localtime":                 {"removed /etc/localtime B17"},
		"/etc/nginx/conf.d/site.conf":    {"removed /etc/nginx/conf.d/site.conf B17"},
		"/etc/apt/sources.list.d/x.list": {},
		"/etc/time":                      {},
		"/etc/alternatives/gone":         {},
	} {
		older := service()
		older.installs = step
		for _, name := range []string{"/etc/timezone", "/etc/time", "/etc/nginx/conf.d/site.conf", "/etc/apt/sources.list.d/x.list"} {
			older.own[name] = file{body: "set"}
		}
		older.own["/etc/localtime"] = file{link: zones + "/Europe/Berlin"}
		older.own["/etc/alternatives/gone"] = file{link: "/usr/bin/gone"}
		newer := older.clone()
		newer.remove(lost)
		p := compareStatic(t, older, newer, Options{Explained: []diag.Leave{{Glob: lost, Reason: "written while packages were installed"}}})
		if got := found(p); !slices.Equal(got, want) {
			t.Errorf("%s gone: %q, want %q", lost, got, want)
		}
	}
}

// TestMadeDirectories holds that an empty directory which a step makes by its name is
// missed, logs' too.
func TestMadeDirectories(t *testing.T) {
	older := service()
	older.installs = "RUN /bin/sh -c mkdir -p /var/log/app && apt-get install -y nginx # buildkit"
	older.own["/var/log/app"], older.own["/var/log/nginx"] = file{dir: true}, file{dir: true}
	newer := older.clone()
	newer.remove("/var/log/app", "/var/log/nginx")
	if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, []string{"removed /var/log/app C5"}) {
		t.Errorf("%q", got)
	}
}

// TestLinkGoesWithItsTarget holds that a link which a step made is no loss of its own
// when what it leads to is explained.
func TestLinkGoesWithItsTarget(t *testing.T) {
	older := service()
	older.installs = "RUN apt-get install -y gcc-12 && ln -s /usr/lib/gcc/cc1 /etc/compiler"
	older.own["/etc/compiler"] = file{link: "/usr/lib/gcc/cc1"}
	newer := older.clone()
	newer.remove("/etc/compiler", "/usr/lib/gcc", "/usr/bin/gcc-12")
	forget(&newer, "gcc-12")
	if got := found(compareStatic(t, older, newer, Options{})); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestLocalTime holds that an image without a local time keeps UTC, and nothing else.
func TestLocalTime(t *testing.T) {
	for zone, want := range map[string][]string{"/UTC": nil, "/Europe/Berlin": {"zones /usr/share/zoneinfo/localtime B14"}} {
		older := service()
		older.base[zones+"/localtime"] = file{link: "/etc/localtime"}
		older.base["/etc/localtime"] = file{link: zones + zone}
		newer := older.clone()
		newer.remove("/etc/localtime")
		if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, want) {
			t.Errorf("%s: differences %q, want %q", zone, got, want)
		}
	}
}

// TestNothingToStart takes an image without a command: the static levels alone carry
// the verdict, but not over a program that nothing ran.
func TestNothingToStart(t *testing.T) {
	older := service()
	older.config.Entrypoint, older.config.Cmd, older.config.Healthcheck = nil, nil, nil
	newer := older.clone()
	newer.edit(t, "/app/server", func(f *file) { f.body += "another build" })
	for want, w := range map[diag.Verdict]world{diag.Same: older, diag.Unknown: newer} {
		p, err := Run(t.Context(), fake.New(fake.Options{}), older.subject(t), w.subject(t), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Verdict != want || len(p.Differences) > 0 {
			t.Errorf("%s, want %s: %q", p.Verdict, want, found(p))
		}
	}
}

// TestAccountsOfOwnersStay holds that an account which owns files is needed, whoever
// the image runs as.
func TestAccountsOfOwnersStay(t *testing.T) {
	older := service()
	older.config.User = "root"
	newer := older.clone()
	newer.edit(t, "/etc/passwd", func(f *file) { f.body = "root:x:0:0::/root:/bin/sh\n" })
	if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, []string{"accounts /etc/passwd: app B14"}) {
		t.Errorf("%q", got)
	}
}
