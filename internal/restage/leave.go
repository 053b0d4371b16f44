package restage

import (
	"path"
	"strings"
)

// leave says why a file of the project's own layers is not needed once the image
// runs, or "" when it may be. It judges by place and name alone and errs on the
// side of keeping; what it wrongly leaves behind, parity finds.
func leave(file string) string {
	for _, c := range leaveDirs {
		if file == c.dir || strings.HasPrefix(file, c.dir+"/") {
			return c.reason
		}
	}
	for part := range strings.SplitSeq(strings.Trim(file, "/"), "/") {
		if reason := leaveNames[part]; reason != "" {
			return reason
		}
		if strings.HasPrefix(file, "/home/") && leaveHome[part] != "" {
			return leaveHome[part]
		}
	}
	if dir, name := path.Split(file); skeletonFiles[name] && path.Dir(path.Clean(dir)) == "/home" {
		return "settings of an interactive shell"
	}
	return ""
}

// leaveDirs are absolute places where tools keep what only they read.
var leaveDirs = []struct{ dir, reason string }{
	{"/root/.cache", "tool cache"},
	{"/root/.npm", "npm cache"},
	{"/root/.node-gyp", "node-gyp cache"},
	{"/root/.yarn", "yarn cache"},
	{"/root/.local/share/pnpm/store", "pnpm store"},
	{"/root/.cargo", "cargo cache"},
	{"/root/.cpanm", "CPAN cache"},
	{"/root/.cpan", "CPAN cache"},
	{"/root/.composer/cache", "Composer cache"},
	{"/root/.bundle/cache", "gem cache"},
	{"/root/.gem", "gem cache"},
	{"/root/.m2", "Maven cache"},
	{"/root/.gradle", "Gradle cache"},
	{"/root/.config/go", "Go settings"},
	{"/root/go", "Go module cache"},
	{"/go/pkg", "Go module cache"},
	{"/usr/local/cargo", "Rust toolchain"},
	{"/usr/local/rustup", "Rust toolchain"},
	{"/usr/local/share/.cache", "yarn cache"},
	{"/usr/local/include", "header files"},
	{"/usr/local/lib/pkgconfig", "header files"},
	{"/usr/local/lib/cmake", "header files"},
	{"/usr/local/share/pkgconfig", "header files"},
	{"/usr/local/share/man", "documentation"},
	{"/usr/local/man", "documentation"},
	{"/usr/local/share/doc", "documentation"},
	{"/usr/local/share/info", "documentation"},
	{"/var/lib/apt", "package manager state"},
	{"/var/lib/dpkg", "package manager state"},
	{"/var/cache/apt", "package manager cache"},
	{"/var/cache/debconf", "package manager cache"},
	{"/var/cache/ldconfig", "package manager cache"},
	{"/var/cache/fontconfig", "font cache"},
	{"/var/cache/apk", "package manager cache"},
	{"/var/log", "log"},
	{"/tmp", "temporary file"},
	{"/var/tmp", "temporary file"},
}

// leaveNames are path elements that name what only developers and tools read.
var leaveNames = map[string]string{
	".git":       "version control",
	".hg":        "version control",
	".svn":       "version control",
	"CMakeFiles": "build intermediate",
}

// skeletonFiles are what /etc/skel gives every new account (useradd -m).
var skeletonFiles = map[string]bool{".bashrc": true, ".profile": true, ".bash_logout": true}

var leaveHome = map[string]string{
	".cache": "tool cache",
	".npm":   "npm cache",
	".cargo": "cargo cache",
}

// leaveSource says why a file inside a source tree is not needed by the program
// that was built from it, or "" when it may be.
func leaveSource(file string) string {
	base := path.Base(file)
	if reason := leave(file); reason != "" {
		return reason
	}
	if reason := sourceNames[base]; reason != "" {
		return reason
	}
	if strings.HasPrefix(base, "Dockerfile") || strings.HasSuffix(base, ".Dockerfile") ||
		strings.HasPrefix(base, "docker-compose") || strings.HasPrefix(base, ".golangci") {
		return "development file"
	}
	return sourceExts[strings.ToLower(path.Ext(base))]
}

var sourceNames = map[string]string{
	"go.mod": "source code", "go.sum": "source code", "go.work": "source code", "go.work.sum": "source code",
	"Makefile": "build script", "makefile": "build script", "GNUmakefile": "build script", "Taskfile.yml": "build script",
	"CMakeLists.txt": "build script", "CMakeCache.txt": "build intermediate", "CMakePresets.json": "build script",
	"configure": "build script", "config.status": "build intermediate", "config.log": "build intermediate",
	"meson.build": "build script", "meson_options.txt": "build script", "build.ninja": "build intermediate",
	".ninja_log": "build intermediate", ".ninja_deps": "build intermediate",
	"Cargo.toml": "source code", "Cargo.lock": "source code", "build.rs": "source code",
	".gitignore": "version control", ".gitattributes": "version control", ".gitmodules": "version control",
	".dockerignore": "development file", ".editorconfig": "development file", "careen.yaml": "development file",
	".clang-format": "development file", ".clang-tidy": "development file", ".goreleaser.yml": "development file",
	".goreleaser.yaml": "development file", ".travis.yml": "development file", ".gitlab-ci.yml": "development file",
	"LICENSE": "licence text", "LICENCE": "licence text", "COPYING": "licence text", "NOTICE": "licence text",
	"AUTHORS": "documentation", "CHANGELOG": "documentation", "README": "documentation",
}

// compiled is the reason of files that only a compiler reads: that another source
// includes them says nothing of the running program.
const compiled = "source code"

var sourceExts = map[string]string{
	".go": "source code", ".c": "source code", ".h": "source code", ".cc": "source code", ".cpp": "source code",
	".cxx": "source code", ".hh": "source code", ".hpp": "source code", ".hxx": "source code", ".inl": "source code",
	".ipp": "source code", ".s": "source code", ".asm": "source code", ".rs": "source code", ".y": "source code",
	".l": "source code", ".m4": "build script", ".ac": "build script", ".am": "build script", ".cmake": "build script",
	".mk": "build script", ".in": "build script",
	".o": "build intermediate", ".a": "build intermediate", ".lo": "build intermediate", ".la": "build intermediate",
	".d": "build intermediate", ".gch": "build intermediate", ".obj": "build intermediate",
	".md": "documentation", ".rst": "documentation", ".adoc": "documentation",
}

// devDirs are directories of a source tree that hold nothing for run time by
// custom. They are kept all the same when the project's own sources name them.
var devDirs = map[string]string{
	".github": "development file", ".gitlab": "development file", ".circleci": "development file",
	".vscode": "development file", ".idea": "development file", ".devcontainer": "development file",
	".husky": "development file", ".cargo": "build script",
	"test": "tests", "tests": "tests", "testdata": "tests", "e2e": "tests", "__tests__": "tests", "spec": "tests",
	"doc": "documentation", "docs": "documentation", "examples": "documentation",
	"coverage": "test report", "node_modules": "build dependency",
}
