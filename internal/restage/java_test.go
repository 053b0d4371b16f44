package restage

import (
	"archive/zip"
	"bytes"
	"testing"
)

func TestJavaRuntime(t *testing.T) {
	for ref, want := range map[string]string{
		"eclipse-temurin:17":                           "eclipse-temurin:17-jre",
		"eclipse-temurin:17-jdk":                       "eclipse-temurin:17-jre",
		"eclipse-temurin:21.0.4_7-jdk-jammy":           "eclipse-temurin:21.0.4_7-jre-jammy",
		"eclipse-temurin:8u392-b08-jdk-alpine":         "eclipse-temurin:8u392-b08-jre-alpine",
		"docker.io/library/eclipse-temurin:21-alpine":  "docker.io/library/eclipse-temurin:21-jre-alpine",
		"maven:3-eclipse-temurin-17":                   "eclipse-temurin:17-jre",
		"maven:3.9.9-eclipse-temurin-21-alpine":        "eclipse-temurin:21-jre-alpine",
		"gradle:8.10-jdk21":                            "eclipse-temurin:21-jre",
		"gradle:jdk17-alpine":                          "eclipse-temurin:17-jre-alpine",
		"openjdk:17":                                   "openjdk:17-slim",
		"openjdk:17-jdk-bullseye":                      "openjdk:17-slim-bullseye",
		"openjdk:11":                                   "openjdk:11-jre-slim",
		"openjdk:17-jdk-alpine":                        "",
		"openjdk:17-slim":                              "",
		"eclipse-temurin:17-jre":                       "",
		"eclipse-temurin":                              "",
		"eclipse-temurin:latest":                       "",
		"eclipse-temurin:17@sha256:0000":               "",
		"eclipse-temurin:${V}":                         "",
		"maven:3-amazoncorretto-17":                    "",
		"registry.example.com/team/eclipse-temurin:17": "",
		"gradle:8":                                     "",
	} {
		if got := javaRuntime(ref); got != want {
			t.Errorf("%s: got %q, want %q", ref, got, want)
		}
	}
}

// archive packs members as a jar does.
func archive(t *testing.T, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range members {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestKitClass(t *testing.T) {
	inner := archive(t, map[string]string{"a/Compile.class": "\x00javax/tools/ToolProvider\x00"})
	outer := archive(t, map[string]string{"BOOT-INF/lib/inner.jar": string(inner), "a.txt": "com/sun/tools/"})
	if got := kitClass(outer, ".jar", 0); got != "javax/tools/ToolProvider" {
		t.Errorf("nested archive: %q", got)
	}
	for name, content := range map[string][]byte{
		"text":    archive(t, map[string]string{"a.txt": "com/sun/tools/", "B.class": "javax/tools/Diagnostic"}),
		"damaged": outer[:len(outer)/2],
		"empty":   nil,
	} {
		if got := kitClass(content, ".jar", 0); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestClassPath(t *testing.T) {
	env := map[string]string{"APP_HOME": "/opt/app", "JAVA_OPTS": "-Xmx1g -javaagent:agent/agent.jar"}
	jar := archive(t, map[string]string{"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\nClass-Path: lib/one.jar li\r\n b/two.jar\r\n"})
	f := &Facts{
		Args: []string{"java", "-cp", "$APP_HOME/lib/*:target/classes", "-Dx=conf/x.xml", "-jar", "target/app.jar", "$UNSET", "${PREFIX}/boot/b.jar"}, Workdir: "/app",
		Env:   func(name string) string { return env[name] },
		Read:  func(string) string { return "" },
		Bytes: func(string) []byte { return jar },
	}
	tree := index([]File{{Path: "/"}, {Path: "/app/target/app.jar"}})
	c := readClassPath(f, tree, &start{})
	for file, want := range map[string]bool{
		"/opt/app/lib/a.jar": true, "/opt/app/lib/deep/a.jar": false, "/app/target/classes/a/B.class": true, "/app/conf/x.xml": true,
		"/app/target/app.jar": true, "/app/target/lib/one.jar": true, "/app/target/lib/two.jar": true, "/app/target/other.jar": false,
		"/app/agent/agent.jar": true, "/srv/boot/b.jar": true, "/app/pom.xml": false, "/app/target/test-classes/T.class": false,
	} {
		if got := c.named(file); got != want {
			t.Errorf("%s: %v, want %v (%q)", file, got, want, c.patterns)
		}
	}
	c.patterns = append(c.patterns, "/app")
	if !c.named("/app/pom.xml") || c.named("/app/pom.xml", "/app") || !c.named("/app/target/app.jar", "/app") {
		t.Error("a mixed directory is taken whole, or nothing in it")
	}
	if !c.reaches("/app/target") || c.reaches("/app/build") {
		t.Errorf("reaches: %q", c.patterns)
	}
}
