package restage

import (
	"path"
	"slices"
	"strings"
)

// javaApp is a Java program inside the original image.
type javaApp struct {
	java  *File    // the executable that runs it
	roots []string // directories of a build: they hold a pom.xml, a build.gradle or sources
	words *classPath
	jdk   string // why the development kit stays; "" when a runtime does
}

// Java derives the runtime stage of a Java program: its archives, classes and
// settings, and a Java runtime in place of the development kit. What Maven and
// Gradle downloaded, sources and what a build leaves beside its result stay behind.
func Java(f *Facts) (*needs, *javaApp, string) {
	t := index(f.Files)
	s := resolveStart(f, t)
	if s.unknown != "" {
		return nil, nil, s.unknown
	}
	if !runsJava(f, &s) {
		return nil, nil, "its command is not run by Java"
	}
	java := lookPath(f, t, "java")
	if java == "" {
		java = home(f, t)
	}
	if java == "" {
		return nil, nil, "there is no java on its search path"
	}
	if !slices.Contains(s.programs, java) {
		s.programs = append(s.programs, java)
	}
	if tool := s.starts(buildTools); tool != "" {
		return nil, nil, "its command is run by a build tool: " + tool
	}
	app := &javaApp{java: t.at(java), roots: javaRoots(f, t), words: readClassPath(f, t, &s)}
	n := &needs{start: s, keep: map[string]bool{}, removed: map[string]string{}, dynamic: true}
	n.sortJava(f, t, app)
	app.jdk = n.needsKit(f, t, app)
	if missing := n.link(f, t); missing != "" {
		return nil, nil, missing
	}
	n.tools(f, t)
	n.runtime(f, app)
	n.roots(f)
	n.people(f, t)
	return n, app, ""
}

// home is java in the JAVA_HOME that the image sets.
func home(f *Facts, t *tree) string {
	if dir := f.Env("JAVA_HOME"); dir != "" {
		return resolve(t, path.Join(dir, "bin", "java"))
	}
	return ""
}

// runsJava tells whether the command ends in Java: by name, or through a script of
// the project that names it, as those that Gradle and Maven write do.
func runsJava(f *Facts, s *start) bool {
	words := f.Args
	if f.Shell && len(f.Args) >= 3 {
		words = append(fields(f.Args[2]), s.programs...)
	}
	for _, word := range append(slices.Clone(words), s.programs...) {
		if base := path.Base(word); base == "java" || buildTools[base] {
			return true
		}
	}
	return slices.ContainsFunc(s.scripts, func(p string) bool {
		return strings.Contains(f.Read(p), "JAVA_HOME") || strings.Contains(f.Read(p), "JAVACMD")
	})
}

// buildTools start a program out of its build directory, with all the build needs.
var buildTools = map[string]bool{"mvn": true, "mvnw": true, "gradle": true, "gradlew": true, "sbt": true, "ant": true}

// kitTools are commands of the development kit that no runtime has.
var kitTools = map[string]bool{
	"javac": true, "jar": true, "javap": true, "jcmd": true, "jmap": true, "jstack": true, "jps": true, "jstat": true, "jinfo": true,
	"jdb": true, "jshell": true, "jlink": true, "jdeps": true, "jpackage": true, "javadoc": true, "jconsole": true, "jarsigner": true,
}

// starts is the first program of the table that the container starts, "" for none.
func (s *start) starts(table map[string]bool) string {
	for _, p := range s.programs {
		if table[path.Base(p)] {
			return path.Base(p)
		}
	}
	return ""
}

// manifests of Java's build tools sit at the top of a project or module.
var javaManifests = map[string]bool{
	"pom.xml": true, "build.gradle": true, "build.gradle.kts": true, "settings.gradle": true, "settings.gradle.kts": true, "build.xml": true, "build.sbt": true,
}

// javaRoots are the directories of Java's builds: those that hold a manifest, and
// the working directory where sources were copied below it.
func javaRoots(f *Facts, t *tree) []string {
	var roots []string
	for i := range t.files {
		file := &t.files[i]
		if !own(file) || file.Dir {
			continue
		}
		in := f.Instruction(file.Layer)
		if in != "COPY" && in != "ADD" {
			continue
		}
		work := path.Clean("/" + f.Workdir)
		switch {
		case javaManifests[path.Base(file.Path)]:
			roots = append(roots, parent(file.Path))
		case javaSource(file.Path) && work != "/" && rootOf([]string{work}, file.Path) != "":
			roots = append(roots, work)
		}
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

func javaSource(file string) bool {
	switch path.Ext(file) {
	case ".java", ".kt", ".kts", ".scala":
		return true
	}
	return false
}

// sortJava decides for every file of the project's layers whether it stays.
func (n *needs) sortJava(f *Facts, t *tree, app *javaApp) {
	for i := range t.files {
		file := &t.files[i]
		if !own(file) || file.Dir {
			continue
		}
		reason := managed(f, file)
		if reason == "" && !app.words.named(file.Path, app.roots...) {
			if reason = leave(file.Path); reason == "" {
				reason = app.reason(f, t, file)
			}
		}
		if reason == "" || slices.Contains(n.start.programs, file.Path) {
			n.keep[file.Path] = true
		} else {
			n.removed[file.Path] = reason
		}
	}
}

// reason says why a file that the class path does not name stays behind.
func (a *javaApp) reason(f *Facts, t *tree, file *File) string {
	if javaSource(file.Path) && !f.Mentions(path.Base(file.Path)) {
		return "source code"
	}
	if tool := toolHome(t, file.Path); tool != "" {
		return "build tool " + tool
	}
	root := innermost(a.roots, file.Path)
	if root == "" {
		return ""
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(file.Path, root), "/")
	top, rest, nested := strings.Cut(rel, "/")
	if !nested {
		return javaFile(f, top)
	}
	switch {
	case devDirs[top] != "" && !f.Mentions(top):
		return devDirs[top]
	case top == ".mvn" || top == ".gradle" || top == "gradle" || top == ".settings" || top == "buildSrc" || top == ".bsp" || top == ".kotlin":
		return "build script"
	case top == "src" && !f.Mentions("src"):
		return "source code"
	case top == "target" || top == "build":
		return a.built(t, path.Join(root, top), rest)
	}
	return ""
}

// javaFile says why a file at the top of a project is for its build alone.
func javaFile(f *Facts, name string) string {
	switch name {
	case "gradlew", "gradlew.bat", "mvnw", "mvnw.cmd", "gradle.properties", "gradle.lockfile", "lombok.config", ".classpath", ".project",
		".java-version", ".sdkmanrc":
		return "build script"
	}
	if javaManifests[name] {
		return "build script"
	}
	if reason := leaveSource("/" + name); reason != "" && !f.Mentions(name) {
		return reason
	}
	return ""
}

// leftovers are what Maven, Gradle and sbt leave in their output directory beside
// the result. The classes stay: their names stand in the archive, so that nothing
// proves that they are not read beside it.
var leftovers = map[string]bool{
	"test-classes": true, "generated-sources": true, "generated-test-sources": true, "maven-status": true, "maven-archiver": true,
	"surefire-reports": true, "failsafe-reports": true, "site": true, "antrun": true, "generated": true, "tmp": true, "reports": true,
	"test-results": true, "kotlin": true, "bootJarMainClassName": true, "resolvedMainClassName": true, "jacoco.exec": true, "streams": true,
}

// built says why a file of a build's output directory stays behind: all of it goes
// when the program starts from elsewhere, else what is beside the result.
func (a *javaApp) built(t *tree, dir, rest string) string {
	if !a.words.reaches(dir) {
		return "build tree of a program that was installed"
	}
	top, _, _ := strings.Cut(rest, "/")
	if leftovers[top] {
		return "build intermediate"
	}
	for _, suffix := range []string{".jar.original", ".war.original", "-sources.jar", "-javadoc.jar", "-tests.jar", "-plain.jar"} {
		if strings.HasSuffix(rest, suffix) {
			return "build intermediate"
		}
	}
	return ""
}

// toolHome names the build tool whose unpacked archive the file is part of: one of
// the directories above it holds the tool's start script in bin.
func toolHome(t *tree, file string) string {
	for dir := parent(file); dir != "/"; dir = parent(dir) {
		if dir == "/usr" || dir == "/usr/local" {
			continue
		}
		for _, tool := range []string{"mvn", "gradle", "sbt", "ant"} {
			if script := t.at(path.Join(dir, "bin", tool)); own(script) && !script.Dir && t.at(path.Join(dir, "lib")) != nil {
				return tool
			}
		}
	}
	return ""
}

// innermost is the longest of the roots that the file lies in.
func innermost(roots []string, file string) string {
	best := ""
	for _, r := range roots {
		if len(r) > len(best) && rootOf([]string{r}, file) != "" {
			best = r
		}
	}
	return best
}

// runtime names the packages that bring Java: the runtime that owns the command,
// under the distribution's default name where the Dockerfile asked for that, and
// the development kit or the graphical runtime where they are needed.
func (n *needs) runtime(f *Facts, app *javaApp) {
	if app.java.Package == "" {
		return
	}
	headless := app.java.Package
	for i, p := range n.packages {
		if p.Name == headless && f.Packages["default-jre-headless"].Name != "" && slices.ContainsFunc(f.Named, func(name string) bool {
			return strings.HasPrefix(name, "default-jdk") || strings.HasPrefix(name, "default-jre")
		}) {
			n.packages[i].Name = "default-jre-headless"
		}
	}
	if full := strings.TrimSuffix(headless, "-headless"); full != headless && f.Packages[full].Name != "" && display(f) {
		n.add(f, full, "draws on a display")
	}
	if app.jdk == "" {
		return
	}
	for _, name := range f.Named {
		if strings.Contains(name, "jdk") && f.Packages[name].Name != "" {
			n.add(f, name, app.jdk)
		}
	}
}

// display tells whether the image has an X server to draw on. Without one Java
// works as the headless runtime does.
func display(f *Facts) bool {
	for _, name := range []string{"xvfb", "xserver-xorg-core", "tigervnc-standalone-server", "tightvncserver", "x11vnc"} {
		if f.Packages[name].Name != "" {
			return true
		}
	}
	return f.Env("DISPLAY") != ""
}

// javaSpec puts a Java program on one rung.
func (n *needs) javaSpec(f *Facts, app *javaApp, r Rung, original string) *Spec {
	s := n.spec(f, r)
	s.Kind = "java"
	s.Title, s.Why = "run on a Java runtime without the development kit", "Only what runs: the Java runtime and the built program."
	if app.jdk != "" {
		s.Title, s.Why = "leave what the build needed in a first stage", "Only what runs; the development kit stays: "+app.jdk+"."
	}
	s.Packages = slices.DeleteFunc(s.Packages, func(p Package) bool { return p.Name == "ca-certificates" && app.java.Package != "" })
	// Alternatives of Debian's Java name manual pages; the link fails without the directory.
	s.Manuals = f.Manager == "dpkg" && app.java.Package != "" && strings.Contains(r.Base, "slim")
	if app.java.Base && app.java.Package == "" {
		s.sharedWith(f, r, original)
		// The runtime's image has the certificates, as Java itself reads them.
		s.Copies = slices.DeleteFunc(s.Copies, func(c Copy) bool { return c.Paths[0] == certificateBundle && !n.keep[certificateBundle] })
	}
	slices.SortStableFunc(s.Copies, func(a, b Copy) int { return library(b) - library(a) })
	return s
}

// sharedWith leaves out the packages that a base of the same maker has as well: its
// images differ in what they bring of Java alone.
func (s *Spec) sharedWith(f *Facts, r Rung, original string) {
	maker, _ := official(original)
	if other, _ := official(r.Base); maker == "" || other != maker {
		return
	}
	has := basePackages(index(f.Files))
	s.Packages = slices.DeleteFunc(s.Packages, func(p Package) bool { return has[p.Name] })
}

// library puts directories of other people's archives first: they change least.
func library(c Copy) int {
	switch path.Base(c.Paths[0]) {
	case "lib", "libs", "dependency", "dependencies":
		return 1
	}
	return 0
}

// javaRungs are the bases of a Java program. Where a package brings Java, the
// distribution's own; where the base does, the runtime of the same maker.
func javaRungs(f *Facts, app *javaApp, original string) []Rung {
	var rungs []Rung
	switch {
	case app.java.Base && app.java.Package == "":
		if ref := javaRuntime(original); ref != "" && app.jdk == "" {
			rungs = append(rungs, Rung{Name: "runtime", Base: ref, Shell: true})
		}
	default:
		if slim := slimBase(f.Release); slim != "" && slim != original {
			rungs = append(rungs, Rung{Name: "slim", Base: slim, Shell: true})
		}
	}
	return append(rungs, Rung{Name: "same", Base: original, Shell: true})
}

// javaRuntime is the official image with the runtime of a development kit's image,
// by its maker's scheme of tags; "" when there is none.
func javaRuntime(ref string) string {
	if strings.ContainsAny(ref, "@$") {
		return ""
	}
	name, tag, _ := strings.Cut(ref, ":")
	prefix, short := "", name
	for _, p := range []string{"docker.io/library/", "library/", "docker.io/"} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			prefix, short = p, rest
			break
		}
	}
	words := strings.Split(tag, "-")
	switch short {
	case "eclipse-temurin":
		return temurin(prefix, words)
	case "maven":
		if i := slices.Index(words, "temurin"); i > 0 && i+1 < len(words) {
			return temurin(prefix, words[i+1:])
		}
	case "gradle":
		if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "jdk") }); i >= 0 {
			return temurin(prefix, append([]string{words[i][len("jdk"):]}, words[i+1:]...))
		}
	case "openjdk":
		return openjdk(prefix, words)
	}
	return ""
}

// temurin writes the tag of Eclipse Temurin's runtime: VERSION-jre[-SYSTEM].
func temurin(prefix string, words []string) string {
	if words[0] == "" || strings.Trim(words[0], "0123456789._u") != "" || slices.Contains(words, "jre") {
		return ""
	}
	words = slices.Clone(words)
	if i := slices.Index(words, "jdk"); i > 0 {
		words[i] = "jre"
	} else {
		words = slices.Insert(words, 1, "jre")
	}
	return prefix + "eclipse-temurin:" + strings.Join(words, "-")
}

// openjdk writes the smaller tag of the openjdk image: the runtime, which ends with
// Java 11, or the slim development kit.
func openjdk(prefix string, words []string) string {
	version, _, _ := strings.Cut(words[0], ".")
	for _, w := range words[1:] {
		if w != "jdk" && w != "bullseye" && w != "buster" && w != "bookworm" {
			return "" // another system, or small already
		}
	}
	rest := slices.DeleteFunc(slices.Clone(words[1:]), func(w string) bool { return w == "jdk" })
	switch version {
	case "8", "8u", "11":
		return prefix + "openjdk:" + strings.Join(append([]string{words[0], "jre", "slim"}, rest...), "-")
	case "", "latest":
		return ""
	}
	return prefix + "openjdk:" + strings.Join(append([]string{words[0], "slim"}, rest...), "-")
}
