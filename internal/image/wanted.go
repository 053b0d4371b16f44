package image

import (
	"path"
	"strings"
)

// wanted is how many bytes of a file's content the tree keeps: what analyses of
// accounts, packages, libraries and manifests read, and small text beside it.
func wanted(p string) int64 {
	const small, large = 256 << 10, 32 << 20
	switch {
	case p == "/var/lib/dpkg/status", p == "/lib/apk/db/installed", strings.HasPrefix(p, "/var/lib/dpkg/status.d/"):
		return large
	case strings.HasPrefix(p, "/var/lib/dpkg/info/"):
		if strings.HasSuffix(p, ".list") || strings.HasSuffix(p, ".md5sums") || strings.HasSuffix(p, ".conffiles") {
			return large
		}
		return 0
	case strings.HasPrefix(p, "/etc/ld.so.conf"), strings.HasPrefix(p, "/etc/ld-musl-"):
		return small
	}
	switch p {
	case "/etc/passwd", "/etc/group", "/etc/os-release", "/usr/lib/os-release", "/etc/nsswitch.conf", "/etc/alpine-release", "/etc/debian_version":
		return small
	}
	switch path.Base(p) {
	case "package-lock.json", "pnpm-lock.yaml", "yarn.lock":
		return large
	case "package.json":
		if strings.Contains(p, "/node_modules/") {
			return 0
		}
		return small
	}
	return 0
}
