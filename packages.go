package careen

import (
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/shell"
)

// namedPackages are the packages that the Dockerfile asks the distribution's package
// manager for by name.
func namedPackages(p *project.Project) []string {
	table := ecosystem.NewTable()
	var names []string
	for _, in := range p.Dockerfile.Instructions {
		command, ok := in.Command()
		if !ok || in.Name != "RUN" {
			continue
		}
		for _, c := range shell.Parse(command, nil).Commands {
			args := c.Texts()
			call, ok := table.Read(c.Name, args)
			if !ok || !call.Manager.System || call.Action != ecosystem.Install {
				continue
			}
			for _, at := range call.Names {
				names = append(names, ecosystem.Package(args[at]))
			}
		}
	}
	return names
}

// buildOnly tells whether a Debian or Alpine package by its nature serves building
// or fetching, not running.
func buildOnly(name string) bool {
	if strings.HasSuffix(name, "-dev") || strings.HasSuffix(name, "-doc") || strings.HasSuffix(name, "-dbg") || isKit(name) {
		return true
	}
	return buildPackages[name] || versionedCompiler.MatchString(name)
}

// isKit tells a Java development kit from a runtime: openjdk-17-jdk-headless,
// default-jdk, Alpine's openjdk17.
func isKit(name string) bool {
	if version, ok := strings.CutPrefix(name, "openjdk"); ok && version != "" && strings.Trim(version, "0123456789") == "" {
		return true
	}
	return strings.HasSuffix(strings.TrimSuffix(name, "-headless"), "-jdk")
}

// versionedCompiler matches compilers that carry their version in their name.
var versionedCompiler = regexp.MustCompile(`^(gcc|g\+\+|gfortran|clang|llvm)-[0-9.]+$`)

var buildPackages = map[string]bool{
	"build-essential": true, "gcc": true, "g++": true, "clang": true, "llvm": true, "make": true, "cmake": true, "ninja-build": true,
	"meson": true, "autoconf": true, "automake": true, "libtool": true, "bison": true, "flex": true, "pkg-config": true, "pkgconf": true,
	"gdb": true, "valgrind": true, "strace": true, "lcov": true, "cppcheck": true, "clang-format": true, "clang-tidy": true, "ccache": true,
	"git": true, "curl": true, "wget": true, "unzip": true, "xz-utils": true, "bzip2": true, "patch": true, "file": true, "gnupg": true,
	"gnupg2": true, "dirmngr": true, "apt-transport-https": true, "software-properties-common": true, "lsb-release": true,
	"maven": true, "gradle": true, "ant": true, "golang": true, "golang-go": true, "rustc": true, "cargo": true, "protobuf-compiler": true, "linux-headers": true, "build-base": true,
	"vim": true, "vim-tiny": true, "nano": true, "less": true, "man-db": true, "openssh-client": true, "sudo": true, "htop": true,
	// What a person uses by hand in a shell of the container. A script or source
	// that names one of their commands keeps them.
	"net-tools": true, "iproute2": true, "iputils-ping": true, "dnsutils": true, "bind9-dnsutils": true, "telnet": true, "tree": true,
	"netcat": true, "netcat-openbsd": true, "netcat-traditional": true, "procps": true, "psmisc": true, "lsof": true, "tcpdump": true,
	"traceroute": true, "mtr-tiny": true, "sqlite3": true, "tmux": true, "screen": true, "bash-completion": true, "jq": true,
	"python3-pip": true, "python3-venv": true, "python3-virtualenv": true, "virtualenv": true, "pipx": true, "cpanminus": true, "composer": true,
	"python3-setuptools": true, "python3-wheel": true, "check": true, "gettext": true,
}
