package verify

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

const documentation = "documentation"

// A kind is what a file of the project's own is for, as far as its name tells.
type kind struct {
	reason string
	// evenIfNamed: that something in the new image names the file proves nothing, as
	// compilers write the names of their sources into what they make.
	evenIfNamed bool
}

// kindOf says why a file of the project is not needed once it is built, or nothing.
func kindOf(file string) kind {
	base := path.Base(file)
	extension := strings.ToLower(path.Ext(base))
	parts := strings.Split(strings.Trim(path.Dir(file), "/"), "/")
	for _, dir := range parts {
		if reason := developmentDirs[dir]; reason != "" {
			return kind{reason: reason, evenIfNamed: dir == ".git"}
		}
	}
	switch {
	case cargoTree.MatchString(file):
		return kind{reason: "build intermediate"}
	case strings.Contains(file, "/Testing/Temporary/"):
		return kind{"record of CTest", true}
	case sourceExtensions[extension]:
		return kind{"source code of a compiled language", true}
	case intermediateExtensions[extension]:
		return kind{"build intermediate", true}
	case buildFiles[base], strings.HasPrefix(base, "Dockerfile"), strings.HasPrefix(base, "docker-compose"):
		return kind{"build file", true}
	case isVersionControl(base):
		return kind{"version control", true}
	case isTest(base):
		return kind{reason: "test"}
	case extension == ".md", extension == ".rst", extension == ".adoc", isReadme(base):
		return kind{reason: documentation}
	case strings.HasSuffix(base, "-gdb.py"):
		return kind{"script of a debugger, named in the program for it", true}
	case extension == ".map":
		return kind{reason: "source map", evenIfNamed: true}
	case isToolSettings(base):
		return kind{reason: "settings of a development tool", evenIfNamed: true}
	}
	return kind{}
}

// cargoTree matches what Cargo keeps below its target directory for itself.
var cargoTree = regexp.MustCompile(`/target/([^/]+/)?(debug|release)/(build|deps|examples|incremental|\.fingerprint)/`)

var developmentDirs = map[string]string{
	".git": "version control", ".hg": "version control", ".svn": "version control",
	".github": "development file", ".gitlab": "development file", ".circleci": "development file",
	".vscode": "development file", ".idea": "development file", ".devcontainer": "development file", ".husky": "development file",
	"testdata": "test", "__tests__": "test", "__mocks__": "test", "test": "test", "tests": "test", "e2e": "test",
	"CMakeFiles": "build intermediate",
	"doc":        documentation, "docs": documentation,
}

// sourceExtensions are of languages whose programs do not read their sources. An
// interpreter's language is none of them, nor are templates or TypeScript, which
// loaders read at run time.
var sourceExtensions = set(".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".inl", ".ipp", ".tcc",
	".s", ".asm", ".rs", ".java", ".kt", ".scala", ".swift", ".zig", ".f", ".f90", ".y", ".l", ".pyx", ".pxd", ".d.ts")

var intermediateExtensions = set(".o", ".a", ".lo", ".la", ".d", ".gch", ".obj", ".gcno", ".gcda")

var buildFiles = set("Makefile", "makefile", "GNUmakefile", "CMakeLists.txt", "CMakeCache.txt", "CMakePresets.json",
	"cmake_install.cmake", "CTestTestfile.cmake", "compile_commands.json", "config.gypi", "meson.build", "meson_options.txt", "build.ninja",
	".ninja_log", ".ninja_deps", "configure", "configure.ac", "config.status", "config.log", "aclocal.m4", "Makefile.am", "Makefile.in",
	"go.mod", "go.sum", "go.work", "go.work.sum", "Cargo.toml", "Cargo.lock", "Taskfile.yml", "justfile", "BUILD", "BUILD.bazel", "WORKSPACE",
	"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json", "bun.lockb", "careen.yaml", ".dockerignore", "pom.xml", "build.gradle",
	"build.gradle.kts", "settings.gradle", "gradlew", "mvnw")

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}

func isVersionControl(base string) bool {
	return slices.Contains([]string{".gitignore", ".gitattributes", ".gitmodules", ".gitkeep", ".mailmap", ".hgignore"}, base)
}

func isTest(base string) bool {
	for _, mark := range []string{".test.", ".spec.", "_test."} {
		if strings.Contains(base, mark) {
			return true
		}
	}
	return false
}

func isReadme(base string) bool {
	name, _, _ := strings.Cut(strings.ToUpper(base), ".")
	return slices.Contains([]string{"README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "CHANGELOG", "CHANGES", "AUTHORS", "CONTRIBUTING", "HISTORY", "TODO", "SECURITY"}, name)
}

// isToolSettings recognises the settings of compilers, linters, formatters and
// test runners.
func isToolSettings(base string) bool {
	for _, prefix := range []string{"tsconfig", ".eslint", "eslint.config", ".prettier", "prettier.config", "jest.config", "vitest.config",
		".mocharc", ".nycrc", ".editorconfig", ".clang-format", ".clang-tidy", ".golangci", ".goreleaser", ".npmignore", ".nvmrc", ".node-version",
		".lintstagedrc", "commitlint.config", ".pre-commit-config", ".travis.yml", ".gitlab-ci", ".env.example", ".tool-versions"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	return false
}
