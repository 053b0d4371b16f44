package verify

import (
	"path"
	"strings"
)

// Paths in this package are absolute, cleaned and without a final slash.

// noise says why the contents of a path differ between two builds of one
// Dockerfile, or why nothing depends on it being there: records, caches and marks
// that tools leave for themselves. It is "" for everything else.
func noise(file string) string {
	for _, place := range noisePlaces {
		if within(place.dir, file) {
			return place.reason
		}
	}
	if rest, ok := strings.CutPrefix(file, "/root/.cache"); ok {
		tool, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		if tool == "" || buildCaches[tool] {
			return "tool cache"
		}
	}
	base := path.Base(file)
	if reason := noiseNames[base]; reason != "" {
		return reason
	}
	switch {
	case (base == ".bashrc" || base == ".profile" || base == ".bash_logout") && (path.Dir(file) == "/root" || path.Dir(path.Dir(file)) == "/home"):
		return "settings of an interactive shell"
	case strings.HasSuffix(base, ".pyc"), strings.HasSuffix(base, ".pyo"), strings.Contains(file, "/__pycache__"):
		return "byte code that Python writes again"
	case strings.HasSuffix(file, "/node_modules/.cache"), strings.Contains(file, "/node_modules/.cache/"):
		return "cache of JavaScript tools"
	case strings.HasPrefix(base, ".wh."):
		return "whiteout"
	}
	return ""
}

type place struct{ dir, reason string }

// noisePlaces are directories (or single files) that hold nothing that a running
// program was given on purpose.
var noisePlaces = []place{
	{"/var/lib/apt", "package manager state"},
	{"/var/cache/apt", "package cache"},
	{"/var/cache/apk", "package cache"},
	{"/etc/apk/cache", "package cache"},
	{"/lib/apk/db", "package manager state"},
	{"/var/cache/dnf", "package cache"},
	{"/var/cache/yum", "package cache"},
	{"/var/lib/dnf", "package manager state"},
	{"/var/lib/dpkg", "package manager state"},
	{"/var/lib/rpm", "package manager state"},
	{"/var/cache/debconf", "package manager state"},
	{"/var/cache/ldconfig", "linker cache"},
	{"/var/cache/man", documentation},
	{"/var/log", "log"},
	{"/var/tmp", "temporary file"},
	{"/tmp", "temporary file"},
	{"/etc/ld.so.cache", "linker cache"},
	{"/etc/machine-id", "identity of a machine"},
	{"/etc/.pwd.lock", "lock"},
	{"/etc/passwd-", "backup of the tools that edit it"},
	{"/etc/group-", "backup of the tools that edit it"},
	{"/etc/shadow-", "backup of the tools that edit it"},
	{"/etc/gshadow-", "backup of the tools that edit it"},
	{"/etc/subuid-", "backup of the tools that edit it"},
	{"/etc/subgid-", "backup of the tools that edit it"},
	{"/etc/hostname", "written by the runtime"},
	{"/etc/hosts", "written by the runtime"},
	{"/etc/resolv.conf", "written by the runtime"},
	{"/etc/mtab", "written by the runtime"},
	{"/.dockerenv", "written by the runtime"},
	{"/proc", "mounted by the runtime"},
	{"/sys", "mounted by the runtime"},
	{"/dev", "mounted by the runtime"},
	{"/root/.npm", "package cache"},
	{"/root/.yarn", "package cache"},
	{"/root/.local/share/pnpm/store", "package cache"},
	{"/root/.m2", "package cache"},
	{"/root/.gradle", "package cache"},
	{"/root/.cargo/registry", "package cache"},
	{"/root/.config/go", "Go's own records"},
	{"/root/.node-gyp", "header files for building"},
	{"/root/go/pkg", "package cache"},
	{"/go/pkg", "package cache"},
	{"/usr/local/share/.cache", "package cache"},
	{"/usr/share/doc", documentation},
	{"/usr/share/man", documentation},
	{"/usr/share/info", documentation},
	{"/usr/share/lintian", documentation},
	{"/usr/share/doc-base", documentation},
	{"/usr/local/share/man", documentation},
	{"/usr/local/share/doc", documentation},
	{"/usr/local/man", documentation},
}

// buildCaches are directories below ~/.cache of tools that build, install and check.
// Programs keep what they need later in others: models, browsers, fonts.
var buildCaches = set("pip", "go-build", "yarn", "npm", "node-gyp", "pnpm", "uv", "pypoetry", "pipenv", "ccache", "sccache", "bazel", "composer",
	"golangci-lint", "goimports", "staticcheck", "gopls", "typescript", "turbo", "zig", "deno", "coursier", "meson", "conan", "vcpkg", "ruff", "mypy",
	"pre-commit", "motd.legal-displayed", "matplotlib", "fontconfig", "mesa_shader_cache")

var noiseNames = map[string]string{
	".package-lock.json": "npm's record of what it installed",
	".yarn-integrity":    "yarn's record of what it installed",
	".modules.yaml":      "pnpm's record of what it installed",
	"aux-cache":          "linker cache",
	".wget-hsts":         "record of wget",
	".bash_history":      "record of a shell",
	".node_repl_history": "record of a shell",
	".python_history":    "record of a shell",
	".tsbuildinfo":       "compiler cache",
	"INSTALLER":          "record of pip",
	"direct_url.json":    "record of pip",
	"REQUESTED":          "record of pip",
}

// within tells whether file is dir or lies below it.
func within(dir, file string) bool {
	return file == dir || dir == "/" || strings.HasPrefix(file, dir) && len(file) > len(dir) && file[len(dir)] == '/'
}

func cleanPath(p string) string { return path.Clean("/" + p) }
