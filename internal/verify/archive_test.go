package verify

import (
	"archive/zip"
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/careenhq/careen/diag"
)

type member struct {
	name, body string
	hour       int
}

func packed(t *testing.T, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: time.Date(2024, 1, 1, m.hour, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestArchives holds that an archive packed anew is the same, and that nothing else is.
func TestArchives(t *testing.T) {
	class, other := member{"A.class", "\x00code", 1}, member{"B.class", "\x00more", 1}
	old := packed(t, class, other, member{"pom.properties", "#Mon Jan 01 10:00:00 UTC 2024\nversion=1\n", 1}, member{"lib/in.jar", packed(t, class), 1})
	for name, test := range map[string]struct {
		body string
		same bool
	}{
		"dates": {packed(t, member{"B.class", "\x00more", 2}, member{"A.class", "\x00code", 3},
			member{"pom.properties", "#Tue Jan 02 11:00:00 UTC 2024\nversion=1\n", 4}, member{"lib/in.jar", packed(t, member{"A.class", "\x00code", 9}), 2}), true},
		"another class": {packed(t, member{"A.class", "\x00c0de", 1}, other, member{"pom.properties", "#Mon Jan 01 10:00:00 UTC 2024\nversion=1\n", 1},
			member{"lib/in.jar", packed(t, class), 1}), false},
		"a member less":  {packed(t, class, other, member{"pom.properties", "version=1\n", 1}), false},
		"within":         {packed(t, class, other, member{"pom.properties", "#Mon Jan 01 10:00:00 UTC 2024\nversion=1\n", 1}, member{"lib/in.jar", packed(t, other), 1}), false},
		"script before":  {"#!/bin/sh\n" + old, false},
		"cut short":      {old[:len(old)-30], false},
		"no archive now": {"text", false},
	} {
		older := service()
		older.own["/app/app.jar"] = file{body: old}
		newer := older.clone()
		newer.own["/app/app.jar"] = file{body: test.body}
		want := []string{"contents /app/app.jar B22"}
		if test.same {
			want = nil
		}
		if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, want) {
			t.Errorf("%s: differences %q, want %q", name, got, want)
		}
	}
}

// TestPacked holds that an archive's own list of what was packed into it opens no file,
// and that other bytes of the same name stay needed.
func TestPacked(t *testing.T) {
	for body, want := range map[string][]string{"\x00code": nil, "\x00c0de": {"removed /app/build/Ledger.class B17"}} {
		older := service()
		older.own["/app/build/Ledger.class"] = file{body: body}
		older.own["/app/app.jar"] = file{body: packed(t, member{"books/Ledger.class", "\x00code", 1})}
		newer := older.clone()
		delete(newer.own, "/app/build/Ledger.class")
		explained := []diag.Leave{{Glob: "/app/build/Ledger.class", Reason: "build tree"}}
		if got := found(compareStatic(t, older, newer, Options{Explained: explained})); !slices.Equal(got, want) {
			t.Errorf("%q: differences %q, want %q", body, got, want)
		}
	}
}
