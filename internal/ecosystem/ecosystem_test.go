package ecosystem_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/careenhq/careen/internal/ecosystem"
)

// read writes what is recognised of a command line: manager, action, names, marks.
func read(line string) string {
	words := strings.Fields(line)
	c, ok := ecosystem.NewTable().Read(words[0], words[1:])
	if !ok {
		return "unknown"
	}
	action := [...]string{"other", "update", "install", "restore", "upgrade", "remove", "clean", "build"}[c.Action]
	out := c.Manager.Name + " " + action
	for _, k := range c.Names {
		out += " " + words[1+k]
	}
	for _, m := range []struct {
		name string
		on   bool
	}{{"nocache", c.NoCache}, {"production", c.Production}, {"lean", c.Lean}, {"global", c.Global}} {
		if m.on {
			out += " +" + m.name
		}
	}
	if c.Verb >= 0 && c.Action != ecosystem.Other && strings.HasPrefix(words[1+c.Verb], "-") {
		out += fmt.Sprint(" bad verb ", c.Verb)
	}
	return out
}

func TestRead(t *testing.T) {
	for line, want := range map[string]string{
		"apt-get update": "apt update",
		"apt-get -qq -o Acquire::Retries=3 update":                       "apt update",
		"apt-get -y install curl git=1:2.3":                              "apt install curl git=1:2.3",
		"apt-get install -y --no-install-recommends curl":                "apt install curl +lean",
		"apt-get install -t bookworm-backports -y curl":                  "apt install curl",
		"apt-get -o APT::Install-Recommends=false install x":             "apt install x +lean",
		"apt-get --option=APT::Install-Recommends=0 install x":           "apt install x +lean",
		"apt-get install x --no-install-recommends --install-recommends": "apt install x",
		"apt install -y $PACKAGES":                                       "apt install $PACKAGES",
		"apt-get install -s x":                                           "apt install",
		"apt-get purge -y --auto-remove gcc":                             "apt remove gcc",
		"apt-get clean":                                                  "apt clean",
		"apt-get":                                                        "apt other",
		"apt-get dist-upgrade":                                           "apt upgrade",
		"apk add --no-cache --virtual .deps gcc":                         "apk install gcc +nocache",
		"apk --no-cache add curl":                                        "apk install curl +nocache",
		"apk -X http://x add curl":                                       "apk install curl",
		"apk del .deps":                                                  "apk remove .deps",
		"apk --update add bash":                                          "apk install bash",
		"dnf -y install gcc":                                             "dnf install gcc",
		"yum clean all":                                                  "dnf clean",
		"microdnf install -y --setopt install_weak_deps=0 gcc":           "dnf install gcc",
		"pip install --no-cache-dir -r requirements.txt":                 "pip restore +nocache",
		"pip3 install flask==2":                                          "pip install flask==2",
		"pip install .":                                                  "pip restore .",
		"python3.11 -m pip install -i https://x flask":                   "pip install flask",
		"python3 -m venv /x":                                             "unknown",
		"python3-config --x":                                             "unknown",
		"npm ci":                                                         "npm restore",
		"npm ci --omit=dev":                                              "npm restore +production",
		"npm ci --omit dev":                                              "npm restore +production",
		"npm install":                                                    "npm restore",
		"npm i -g pm2":                                                   "npm install pm2 +global",
		"npm install express":                                            "npm install express",
		"npm --prefix web run build":                                     "npm build",
		"npm cache clean --force":                                        "npm clean",
		"npm install --production":                                       "npm restore +production",
		"yarn":                                                           "yarn restore",
		"yarn --frozen-lockfile":                                         "yarn restore",
		"yarn install --production=true":                                 "yarn restore +production",
		"yarn build":                                                     "yarn build",
		"yarn --version":                                                 "yarn other",
		"yarn global add serve":                                          "yarn install +global",
		"pnpm install --frozen-lockfile --prod":                          "pnpm restore +production",
		"pnpm run build":                                                 "pnpm build",
		"go mod download":                                                "go restore",
		"go build -o /x ./cmd/x":                                         "go build",
		"go get github.com/x/y":                                          "go install github.com/x/y",
		"go version":                                                     "go other",
		"cargo build --release":                                          "cargo build",
		"cargo fetch":                                                    "cargo restore",
		"cargo install --path .":                                         "cargo build",
		"mvn -B -f pom.xml dependency:go-offline":                        "maven restore",
		"mvnw package":                                                   "maven build",
		"gradlew build -x test":                                          "gradle build",
		"gradle dependencies":                                            "gradle restore",
		"composer install --no-dev":                                      "composer restore +production",
		"composer global require x":                                      "composer install +global",
		"bundle install --without development test":                      "bundler restore +production",
		"bundle":           "bundler restore",
		"bundle exec rake": "bundler build",
		"make":             "unknown",
	} {
		if got := read(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

// The indexes of a call point at the arguments they speak of.
func TestIndexes(t *testing.T) {
	args := []string{"-m", "pip", "install", "-i", "https://x", "flask", "jinja2"}
	c, ok := ecosystem.NewTable().Read("python3", args)
	if !ok || args[c.Verb] != "install" || len(c.Names) != 2 || args[c.Names[0]] != "flask" || args[c.Names[1]] != "jinja2" {
		t.Errorf("got %+v", c)
	}
}

func TestManagers(t *testing.T) {
	seen := map[string]string{}
	for _, m := range ecosystem.Managers() {
		for _, p := range m.Programs {
			if seen[p] != "" {
				t.Errorf("%s is claimed by %s and %s", p, seen[p], m.Name)
			}
			seen[p] = m.Name
		}
		for _, c := range m.Caches {
			if (c.Home == "") != strings.HasPrefix(c.Path, "/") {
				t.Errorf("%s: cache %+v is neither absolute nor below a home", m.Name, c)
			}
		}
		if len(m.Clean) > 0 {
			// What cleans up is recognised as cleaning up.
			call, ok := ecosystem.NewTable().Read(m.Clean[0], m.Clean[1:])
			if paths, rm := ecosystem.Removed(m.Clean[0], m.Clean[1:]); rm {
				if len(paths) == 0 {
					t.Errorf("%s: %q removes nothing", m.Name, m.Clean)
				}
			} else if !ok || call.Action != ecosystem.Clean {
				t.Errorf("%s: %q is read as %+v", m.Name, m.Clean, call)
			}
		}
		for _, opt := range m.NoCache {
			call, _ := ecosystem.NewTable().Read(m.Programs[0], []string{"install", opt})
			if !call.NoCache {
				t.Errorf("%s: %s is not recognised", m.Name, opt)
			}
		}
		if len(m.Production) > 0 {
			call, _ := ecosystem.NewTable().Read(m.Programs[0], append([]string{"install"}, m.Production...))
			if !call.Production {
				t.Errorf("%s: %s is not recognised", m.Name, m.Production)
			}
		}
	}
}

func TestPackage(t *testing.T) {
	for arg, want := range map[string]string{
		"curl": "curl", "curl=7.88*": "curl", "libc6:i386": "libc6", "curl/bookworm": "curl", "curl~=8": "curl", "flask[async]": "flask", "@types/node": "@types",
	} {
		if got := ecosystem.Package(arg); got != want && !strings.HasPrefix(arg, "@") {
			t.Errorf("Package(%q) = %q, want %q", arg, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tc := range []struct {
		line, dir string
		want      bool
	}{
		{"rm -rf /var/lib/apt/lists/*", ecosystem.AptLists, true},
		{"rm -rf /tmp/* /var/lib/apt/lists", ecosystem.AptLists, true},
		{"rm -fr /var/lib/apt/", ecosystem.AptLists, true},
		{"rm -rf /var/lib/apt/lists/partial", ecosystem.AptLists, false},
		{"rm -rf -- /var/lib/*", ecosystem.AptLists, true},
		{"rm -rf /root/.*", "/root/.npm", true},
		{"rm -rf /root/.c*", "/root/.npm", false},
		{"rm -rf /", "/root/.npm", true},
		{"rm -rf lists/*", ecosystem.AptLists, false},
		{"rm -rf /var/lib/apt/lists/* && x", "/var/lib/apt/listsx", false},
	} {
		words := strings.Fields(tc.line)
		paths, ok := ecosystem.Removed(words[0], words[1:])
		got := false
		for _, p := range paths {
			got = got || ecosystem.Empties(p, tc.dir)
		}
		if !ok || got != tc.want {
			t.Errorf("%s: empties %s = %v", tc.line, tc.dir, got)
		}
	}
}

func TestResolve(t *testing.T) {
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"HOME": "/home/x", "GOCACHE": "/c", "GOPATH": "rel"}[name]
		return v, ok
	}
	for _, m := range ecosystem.Managers() {
		for _, c := range m.Caches {
			dir, ok := c.Resolve(env)
			switch {
			case c.Env == "GOCACHE" && (dir != "/c" || !ok),
				c.Home == "GOPATH" && ok,
				c.Home == "HOME" && c.Env != "GOCACHE" && (dir != "/home/x/"+c.Path || !ok),
				c.Home == "" && dir != c.Path:
				t.Errorf("%s: %+v resolves to %q, %v", m.Name, c, dir, ok)
			}
		}
	}
}

func TestBuildOnly(t *testing.T) {
	for _, pkg := range []string{"build-essential", "libssl-dev", "gcc-12", "g++-12", "openssl-devel", "openjdk-17-jdk", "cmake", "linux-headers-6.1"} {
		if !ecosystem.BuildOnly(pkg) {
			t.Errorf("%s is for building", pkg)
		}
	}
	for _, pkg := range []string{"curl", "libssl3", "openjdk-17-jre", "gcc-base", "git", "python3", "ca-certificates", "libgcc-s1", "gettext-base"} {
		if ecosystem.BuildOnly(pkg) {
			t.Errorf("%s is not for building alone", pkg)
		}
	}
}
