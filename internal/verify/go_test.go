package verify

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

// restaged is the service as a first stage and a last one without its packages.
func restaged(change func(older, newer *world)) (older, newer world) {
	older, newer = service(), service()
	change(&older, &newer)
	return older, newer
}

// A text in a directory of texts may be what a program shows: no plan excuses it.
func TestPagesAreNoDocumentation(t *testing.T) {
	for path, want := range map[string]bool{"/app/articles/first.md": true, "/app/docs/first.md": false, "/app/README.md": false} {
		older, newer := restaged(func(older, newer *world) {
			older.own["/app/articles"], newer.own["/app/articles"] = file{dir: true}, file{dir: true}
			older.own[path] = file{body: "# first\n"}
			delete(newer.own, path)
		})
		p := compareStatic(t, older, newer, Options{Explained: []diag.Leave{{Glob: path, Reason: "documentation"}}})
		if got := slices.ContainsFunc(found(p), func(d string) bool { return strings.HasPrefix(d, "removed "+path) }); got != want {
			t.Errorf("%s: missed %v, want %v: %v", path, got, want, found(p))
		}
	}
}

// The shell of an account is nothing that an image needs in which nobody logs in.
func TestShellOfAccount(t *testing.T) {
	for _, login := range []bool{false, true} {
		older, newer := restaged(func(older, newer *world) {
			passwd := file{body: "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/app:/sbin/refuse\n"}
			older.own["/etc/passwd"], newer.own["/etc/passwd"] = passwd, passwd
			older.base["/sbin/refuse"] = program()
			if login {
				older.base["/bin/su"], newer.base["/bin/su"] = program(), program()
			}
		})
		p := compareStatic(t, older, newer, Options{})
		if got := slices.Contains(found(p), "removed /sbin/refuse B17"); got != login {
			t.Errorf("with su %v: %v", login, found(p))
		}
	}
}

// Images of Go open their directories to everybody for the go command.
func TestModeOfGoPath(t *testing.T) {
	for _, c := range []struct {
		workdir string
		keeps   bool // the go command
		want    bool // a difference
	}{{"/go/src/app", false, false}, {"/go", false, true}, {"/go/src/app", true, true}} {
		older, newer := restaged(func(older, newer *world) {
			for _, w := range []*world{older, newer} {
				w.config.WorkingDir = c.workdir
				w.config.Env = append(w.config.Env, "GOPATH=/go")
				w.own["/go/src/app"] = file{dir: true}
			}
			older.own["/go"], newer.own["/go"] = file{dir: true, mode: 0o1777}, file{dir: true, mode: 0o755}
			older.base["/usr/bin/go"] = program()
			if c.keeps {
				newer.base["/usr/bin/go"] = program()
			}
		})
		before := older.subject(t)
		before.Base = bytes.Replace(before.Base, []byte(`"Env":[`), []byte(`"Env":["GOPATH=/go",`), 1)
		p, err := Run(t.Context(), nil, before, newer.subject(t), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(found(p), "mode /go B9"); got != c.want {
			t.Errorf("%+v: %v", c, found(p))
		}
	}
}
