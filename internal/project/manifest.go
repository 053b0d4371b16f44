package project

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/buildctx"
)

// A Manifest is a file that declares dependencies or how to build.
type Manifest struct {
	Path string // slash-separated, relative to the context
	Kind string // what reads it: "npm", "go", "pip", …
	Lock bool   // it pins versions rather than naming them
}

// maxManifestDepth is how many directories below the root manifests are looked
// for: deep enough for services/api/package.json and packages of workspaces.
const maxManifestDepth = 3

// manifestNames are the files known by their whole name.
var manifestNames = map[string]Manifest{
	"package.json":             {Kind: "npm"},
	"package-lock.json":        {Kind: "npm", Lock: true},
	"npm-shrinkwrap.json":      {Kind: "npm", Lock: true},
	"yarn.lock":                {Kind: "yarn", Lock: true},
	"pnpm-lock.yaml":           {Kind: "pnpm", Lock: true},
	"pnpm-workspace.yaml":      {Kind: "pnpm"},
	"bun.lock":                 {Kind: "bun", Lock: true},
	"bun.lockb":                {Kind: "bun", Lock: true},
	"deno.json":                {Kind: "deno"},
	"deno.lock":                {Kind: "deno", Lock: true},
	"go.mod":                   {Kind: "go"},
	"go.sum":                   {Kind: "go", Lock: true},
	"go.work":                  {Kind: "go"},
	"go.work.sum":              {Kind: "go", Lock: true},
	"requirements.txt":         {Kind: "pip"},
	"constraints.txt":          {Kind: "pip", Lock: true},
	"pyproject.toml":           {Kind: "python"},
	"setup.py":                 {Kind: "python"},
	"setup.cfg":                {Kind: "python"},
	"poetry.lock":              {Kind: "poetry", Lock: true},
	"uv.lock":                  {Kind: "uv", Lock: true},
	"pdm.lock":                 {Kind: "pdm", Lock: true},
	"Pipfile":                  {Kind: "pipenv"},
	"Pipfile.lock":             {Kind: "pipenv", Lock: true},
	"environment.yml":          {Kind: "conda"},
	"Cargo.toml":               {Kind: "cargo"},
	"Cargo.lock":               {Kind: "cargo", Lock: true},
	"pom.xml":                  {Kind: "maven"},
	"build.gradle":             {Kind: "gradle"},
	"build.gradle.kts":         {Kind: "gradle"},
	"settings.gradle":          {Kind: "gradle"},
	"settings.gradle.kts":      {Kind: "gradle"},
	"gradle.lockfile":          {Kind: "gradle", Lock: true},
	"build.sbt":                {Kind: "sbt"},
	"composer.json":            {Kind: "composer"},
	"composer.lock":            {Kind: "composer", Lock: true},
	"Gemfile":                  {Kind: "bundler"},
	"Gemfile.lock":             {Kind: "bundler", Lock: true},
	"mix.exs":                  {Kind: "mix"},
	"mix.lock":                 {Kind: "mix", Lock: true},
	"packages.lock.json":       {Kind: "nuget", Lock: true},
	"Directory.Packages.props": {Kind: "nuget"},
	"cpanfile":                 {Kind: "cpan"},
	"cpanfile.snapshot":        {Kind: "cpan", Lock: true},
	"Package.swift":            {Kind: "swift"},
	"Package.resolved":         {Kind: "swift", Lock: true},
	"pubspec.yaml":             {Kind: "dart"},
	"pubspec.lock":             {Kind: "dart", Lock: true},
	"stack.yaml":               {Kind: "haskell"},
	"stack.yaml.lock":          {Kind: "haskell", Lock: true},
	"CMakeLists.txt":           {Kind: "cmake"},
	"conanfile.txt":            {Kind: "conan"},
	"conanfile.py":             {Kind: "conan"},
	"conan.lock":               {Kind: "conan", Lock: true},
	"vcpkg.json":               {Kind: "vcpkg"},
	"meson.build":              {Kind: "meson"},
	"configure.ac":             {Kind: "autotools"},
	"Makefile":                 {Kind: "make"},
	"GNUmakefile":              {Kind: "make"},
	"makefile":                 {Kind: "make"},
}

// manifestEndings are the files known by how their name ends.
var manifestEndings = []struct {
	ending string
	kind   string
}{
	{".csproj", "nuget"}, {".fsproj", "nuget"}, {".vbproj", "nuget"}, {".sln", "nuget"},
	{".gemspec", "bundler"}, {".cabal", "haskell"}, {"-requirements.txt", "pip"},
}

// ManifestOf tells what kind of manifest a path is, by its name alone.
func ManifestOf(name string) (Manifest, bool) {
	base := path.Base(name)
	m, ok := manifestNames[base]
	for _, e := range manifestEndings {
		if !ok && strings.HasSuffix(base, e.ending) {
			m, ok = Manifest{Kind: e.kind}, true
		}
	}
	if !ok && (strings.HasPrefix(base, "requirements") || path.Base(path.Dir(name)) == "requirements") && strings.HasSuffix(base, ".txt") {
		m, ok = Manifest{Kind: "pip"}, true
	}
	m.Path = name
	return m, ok
}

// installed names directories that package managers fill.
var installed = map[string]bool{
	"node_modules": true, "vendor": true, ".venv": true, "venv": true, "site-packages": true,
	"target": true, "third_party": true, ".git": true, "bower_components": true,
}

func findManifests(c *buildctx.Context) []Manifest {
	var found []Manifest
	inside := ""
	for _, e := range c.Entries() {
		if inside != "" && strings.HasPrefix(e.Path, inside) {
			continue
		}
		if e.Mode.IsDir() {
			inside = ""
			if installed[path.Base(e.Path)] || strings.Count(e.Path, "/") >= maxManifestDepth {
				inside = e.Path + "/"
			}
			continue
		}
		if m, ok := ManifestOf(e.Path); ok && e.Sent && e.Mode.IsRegular() {
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b Manifest) int {
		return cmp.Compare(strings.Count(a.Path, "/"), strings.Count(b.Path, "/"))
	})
	return found
}
