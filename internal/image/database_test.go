package image

import (
	"slices"
	"strings"
	"testing"
)

const dpkgStatus = `Package: libc6
Status: install ok installed
Priority: required
Section: libs
Installed-Size: 12
Version: 1

Package: curl
Status: install ok installed
Depends: libcurl4 (= 7), libc6
Recommends: ca-certificates
Version: 7
Description: a tool
 Depends: nothing of this counts

Package: libcurl4
Status: install ok installed
Pre-Depends: libc6 | libc6.1
Depends: ssl-provider [amd64], zlib1g:any
Architecture: amd64
Version: 7

Package: libssl3
Status: install ok installed
Provides: ssl-provider (= 3), other
Depends: libcurl4
Version: 3

Package: gone
Status: deinstall ok config-files
Version: 7
`

func dpkgTree(t testing.TB, more ...file) *Tree {
	return oneLayer(t, append(more,
		file{name: "var/lib/dpkg/status", body: dpkgStatus}, file{name: "lib", body: "->usr/lib"}, file{name: "usr/lib/libcurl.so.4", body: "x"},
		file{name: "usr/bin/curl"}, file{name: "usr/bin/curl.distrib"}, file{name: "var/lib/dpkg/info/curl.list", body: "/.\n/usr\n/usr/bin\n/usr/bin/curl\n/nosuch\n"},
		file{name: "var/lib/dpkg/info/libcurl4:amd64.list", body: "/.\n/lib\n/lib/libcurl.so.4\n"})...)
}

func packageNames(d *Database) string {
	var all []string
	for _, p := range d.Packages {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

func TestDpkg(t *testing.T) {
	d := dpkgTree(t, file{name: "var/lib/apt/extended_states", body: "Package: libcurl4\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: curl\nAuto-Installed: 0\n"}).Database()
	if got := packageNames(d); d.Manager != "dpkg" || got != "libc6 curl libcurl4 libssl3" {
		t.Fatalf("%s: %q", d.Manager, got)
	}
	if libc := d.Package("libc6"); !libc.Essential || libc.Section != "libs" || libc.Size != 12*1024 || libc.Priority != "required" {
		t.Errorf("libc6 is %+v", libc)
	}
	if curl := d.Package("curl"); len(curl.Depends) != 2 || curl.Recommends[0][0] != "ca-certificates" || curl.Auto {
		t.Errorf("curl is %+v", curl)
	}
	if !d.Package("libcurl4").Auto {
		t.Error("libcurl4 was asked for by nobody")
	}
	for path, want := range map[string]string{"/usr/lib/libcurl.so.4": "libcurl4", "/usr/bin/curl": "curl", "/usr/bin": "", "/usr/bin/curl.distrib": ""} {
		if got := d.Owner(path); got != want {
			t.Errorf("owner of %s is %q, want %q", path, got, want)
		}
	}
}

func TestDpkgRelations(t *testing.T) {
	d := dpkgTree(t).Database()
	for name, want := range map[string]string{"curl": "curl libc6 libcurl4 libssl3", "libc6": "libc6", "nosuch": "", "ssl-provider": "libc6 libcurl4 libssl3"} {
		var got []string
		for n := range d.Needs(name) {
			got = append(got, n)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s needs %q, want %q", name, got, want)
		}
	}
	if got := d.Dependants("libcurl4"); !slices.Equal(got, []string{"curl", "libssl3"}) {
		t.Errorf("dependants %q", got)
	}
	for _, c := range []struct{ names, want string }{
		{"curl libcurl4 libc6", "curl"}, {"libssl3 libcurl4", "libcurl4"}, {"libc6", "libc6"}, {"", ""},
	} {
		if got := strings.Join(d.Roots(strings.Fields(c.names)), " "); got != c.want {
			t.Errorf("roots of %q are %q, want %q", c.names, got, c.want)
		}
	}
}

func TestDiversion(t *testing.T) {
	d := dpkgTree(t, file{name: "var/lib/dpkg/diversions", body: "/usr/bin/curl\n/usr/bin/curl.distrib\nwrapper\n"}).Database()
	if got := d.Owner("/usr/bin/curl.distrib"); got != "curl" {
		t.Errorf("the diverted file belongs to %q", got)
	}
	if got := d.Owner("/usr/bin/curl"); got != "" {
		t.Errorf("the file in its place belongs to %q", got)
	}
}

func TestDistroless(t *testing.T) {
	d := oneLayer(t, file{name: "var/lib/dpkg/status.d/base", body: "Package: base-files\nVersion: 12\n"},
		file{name: "var/lib/dpkg/status.d/base.md5sums", body: "0123  usr/lib/os-release\n0123  ./etc/host.conf\n"},
		file{name: "usr/lib/os-release", body: "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"}, file{name: "etc/host.conf"}).Database()
	if d.Manager != "dpkg" || d.Owner("/usr/lib/os-release") != "base-files" || d.Owner("/etc/host.conf") != "base-files" {
		t.Errorf("database %+v", d)
	}
}

func TestAPK(t *testing.T) {
	installed := "P:musl\nV:1.2\nA:x86_64\nI:600\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\n\n" +
		"P:curl\nV:8\nD:so:libc.musl-x86_64.so.1 !uclibc =\nF:usr\nF:usr/bin\nR:curl\na:0:0:755\n\nnonsense\n"
	d := oneLayer(t, file{name: "lib/apk/db/installed", body: installed}, file{name: "etc/apk/world", body: "curl>8\n"},
		file{name: "lib/ld-musl-x86_64.so.1"}, file{name: "usr/bin/curl"}).Database()
	if got := packageNames(d); d.Manager != "apk" || got != "musl curl" {
		t.Fatalf("%s: %q", d.Manager, got)
	}
	if d.Owner("/usr/bin/curl") != "curl" || d.Owner("/lib/ld-musl-x86_64.so.1") != "musl" || !d.Needs("curl")["musl"] {
		t.Errorf("database %+v", d.Packages)
	}
	if musl := d.Package("musl"); !musl.Essential || musl.Size != 600 || !musl.Auto || d.Package("curl").Auto {
		t.Errorf("musl is %+v", musl)
	}
}

func TestNoDatabase(t *testing.T) {
	if d := oneLayer(t, file{name: "a"}).Database(); d.Manager != "" || d.Unread != "" {
		t.Errorf("database %+v", d)
	}
	if d := oneLayer(t, file{name: "var/lib/rpm/rpmdb.sqlite"}).Database(); d.Manager != "rpm" || d.Unread == "" {
		t.Errorf("database %+v", d)
	}
}

// FuzzDatabase: no database makes the reader panic.
func FuzzDatabase(f *testing.F) {
	f.Add(dpkgStatus, "/a\n/b\nc\n", "P:a\nD:b=1 =\np:<\nF:x\nR:y\n")
	f.Fuzz(func(t *testing.T, status, diversions, installed string) {
		for stanza := range strings.SplitSeq(status, "\n\n") {
			if p, ok := dpkgPackage(stanza); ok && p.Name == "" {
				t.Error("a package without a name")
			}
		}
		p := apkPackage(installed)
		for _, group := range p.Depends {
			if len(group) != 1 || group[0] == "" {
				t.Errorf("dependency %q", group)
			}
		}
	})
}
