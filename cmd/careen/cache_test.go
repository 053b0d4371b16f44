package main

import (
	"bytes"
	"testing"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/mounts"
	"github.com/careenhq/careen/internal/parcel"
)

func TestWriteMounts(t *testing.T) {
	full := mounts.Moved{Mount: mounts.Mount{Target: "/c"}, Left: "holds something already"}
	moved := mounts.Moved{Mount: mounts.Mount{Target: "/go/pkg/mod"}, Sum: parcel.Sum{Files: 1, Bytes: 2e6}}
	for want, c := range map[string]struct {
		place  string
		report careen.MountReport
	}{
		"the Dockerfile has no cache mounts\n": {"to", careen.MountReport{None: true}},
		"  /c  0 B  holds something already\nnothing to restore\n": {
			"from", careen.MountReport{Key: "k", Exact: true, Mounts: []mounts.Moved{full}}},
		"  /go/pkg/mod  2.0 MB  1 file\nrestored k from ./m, which is of other lockfiles\n": {
			"from", careen.MountReport{Key: "k", Place: "./m", Mounts: []mounts.Moved{moved}}},
		"  /go/pkg/mod  2.0 MB  1 file\n  /s                   left: why\nsaved as k in ./m, 5.0 kB of it new\n2 older ones removed\n": {
			"to", careen.MountReport{Key: "k", Place: "./m", Mounts: []mounts.Moved{moved}, Skipped: []mounts.Skipped{{Target: "/s", Why: "why"}}, Added: 5000, Pruned: 2}},
	} {
		var out bytes.Buffer
		if err := writeMounts(&out, &c.report, c.place); err != nil || out.String() != want {
			t.Errorf("%q, want %q, %v", out.String(), want, err)
		}
	}
}
