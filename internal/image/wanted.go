package image

import (
	"path"
	"strings"
)

// wanted is how many bytes of a file's content the tree keeps: what analyses of
// accounts, packages, libraries and manifests read.
func wanted(p string) int64 {
	const small, large = 256 << 10, 32 << 20
	switch {
	case keptFiles[p]:
		return small
	case largeFiles[p], strings.HasPrefix(p, "/var/lib/dpkg/status.d/"), dpkgInfo(p):
		return large
	case strings.HasPrefix(p, "/etc/ld.so.conf"), strings.HasPrefix(p, "/etc/ld-musl-"):
		return small
	}
	dir, name := path.Split(p)
	switch name {
	case "package-lock.json", "pnpm-lock.yaml", "yarn.lock":
		return large
	case "package.json":
		if at := strings.LastIndex(p, "/node_modules/"); at < 0 || modulePlace(p[at+len("/node_modules/"):]) {
			return small
		}
	case "RECORD", "METADATA":
		if strings.HasSuffix(dir, ".dist-info/") {
			return large
		}
	case "installed.json":
		if strings.HasSuffix(dir, "/composer/") {
			return large
		}
	}
	if path.Ext(name) == ".gemspec" && strings.Contains(dir, "/specifications/") {
		return small
	}
	return 0
}

// modulePlace tells whether a path below node_modules is a package's own manifest:
// "name/package.json" or "@scope/name/package.json".
func modulePlace(below string) bool {
	n := strings.Count(below, "/")
	return n == 1 || n == 2 && below[0] == '@'
}

var keptFiles = map[string]bool{
	"/etc/passwd": true, "/etc/group": true, "/etc/os-release": true, "/usr/lib/os-release": true, "/etc/nsswitch.conf": true,
	"/etc/alpine-release": true, "/etc/debian_version": true, "/etc/apk/world": true, "/var/lib/dpkg/diversions": true,
	"/var/lib/dpkg/arch": true, "/var/lib/apt/extended_states": true,
}

var largeFiles = map[string]bool{
	"/var/lib/dpkg/status": true, "/lib/apk/db/installed": true, "/usr/lib/apk/db/installed": true, "/etc/ld.so.cache": true,
}

// dpkgInfo tells whether p is one of the lists that dpkg keeps for a package.
func dpkgInfo(p string) bool {
	if !strings.HasPrefix(p, "/var/lib/dpkg/info/") {
		return false
	}
	switch path.Ext(p) {
	case ".list", ".md5sums", ".conffiles":
		return true
	}
	return false
}
