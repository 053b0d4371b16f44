package careen

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/internal/project"
)

// namedPackages are the packages that the Dockerfile asks apt or apk for by name.
func namedPackages(p *project.Project) []string {
	var names []string
	for _, in := range p.Dockerfile.Instructions {
		run, ok := in.Run()
		if !ok {
			continue
		}
		file, err := syntax.NewParser().Parse(strings.NewReader(run.Text), "")
		if err != nil {
			continue
		}
		syntax.Walk(file, func(n syntax.Node) bool {
			if call, ok := n.(*syntax.CallExpr); ok {
				names = append(names, installed(call)...)
			}
			return true
		})
	}
	return names
}

// installed reads "apt-get install -y a b=1" and "apk add a b>1".
func installed(call *syntax.CallExpr) []string {
	var words []string
	for _, w := range call.Args {
		words = append(words, w.Lit())
	}
	for len(words) > 0 && words[0] == "sudo" {
		words = words[1:]
	}
	if len(words) < 2 {
		return nil
	}
	verb := map[string]string{"apt-get": "install", "apt": "install", "apk": "add"}[words[0]]
	var names []string
	found := false
	for _, w := range words[1:] {
		switch {
		case w == verb && verb != "":
			found = true
		case found && w != "" && !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "."):
			name, _, _ := strings.Cut(w, "=")
			name, _, _ = strings.Cut(name, ":")
			names = append(names, strings.TrimRight(name, "<>~"))
		}
	}
	return names
}

// buildOnly tells whether a Debian or Alpine package by its nature serves building
// or fetching, not running.
func buildOnly(name string) bool {
	if strings.HasSuffix(name, "-dev") || strings.HasSuffix(name, "-doc") || strings.HasSuffix(name, "-dbg") {
		return true
	}
	return buildPackages[name]
}

var buildPackages = map[string]bool{
	"build-essential": true, "gcc": true, "g++": true, "clang": true, "llvm": true, "make": true, "cmake": true, "ninja-build": true,
	"meson": true, "autoconf": true, "automake": true, "libtool": true, "bison": true, "flex": true, "pkg-config": true, "pkgconf": true,
	"gdb": true, "valgrind": true, "strace": true, "lcov": true, "cppcheck": true, "clang-format": true, "clang-tidy": true, "ccache": true,
	"git": true, "curl": true, "wget": true, "unzip": true, "xz-utils": true, "bzip2": true, "patch": true, "file": true, "gnupg": true,
	"gnupg2": true, "dirmngr": true, "apt-transport-https": true, "software-properties-common": true, "lsb-release": true,
	"golang": true, "golang-go": true, "rustc": true, "cargo": true, "protobuf-compiler": true, "linux-headers": true, "build-base": true,
	"vim": true, "vim-tiny": true, "nano": true, "less": true, "man-db": true, "openssh-client": true, "sudo": true, "htop": true,
	// What a person uses by hand in a shell of the container. A script or source
	// that names one of their commands keeps them.
	"net-tools": true, "iproute2": true, "iputils-ping": true, "dnsutils": true, "bind9-dnsutils": true, "telnet": true, "tree": true,
	"netcat": true, "netcat-openbsd": true, "netcat-traditional": true, "procps": true, "psmisc": true, "lsof": true, "tcpdump": true,
	"traceroute": true, "mtr-tiny": true, "sqlite3": true, "tmux": true, "screen": true, "bash-completion": true, "jq": true,
	"python3-pip": true, "python3-setuptools": true, "python3-wheel": true, "check": true, "gettext": true,
}
