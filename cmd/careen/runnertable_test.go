package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

func TestRunnerTable(t *testing.T) {
	timed := func(s ...float64) diag.Measurement {
		return diag.Measurement{Samples: s, Median: s[len(s)/2], Low: s[0], High: s[len(s)-1]}
	}
	d := &diag.Document{Dockerfile: "Dockerfile", Runners: &diag.Runners{
		Link: "100 Mbit/s, 30 ms", Registry: "here", Bases: "over the link", Edited: "main.go", Best: "max, zstd", Like: []string{"max, gzip"},
		Caches: []diag.RunnerCache{
			{Name: "no cache", Seconds: timed(99, 100, 101), Next: diag.RunnerBuild{Up: 50e6}},
			{Name: "max, zstd", Seconds: timed(19, 20, 22), Next: diag.RunnerBuild{Import: 3, Export: 4, Down: 200e6, Up: 5e6}, Stored: 1e9, Added: 500e6},
			{Name: "max, gzip", Seconds: timed(20, 21, 23), Stored: 2e9, Added: 1e9},
		},
		Fork: &diag.RunnerBuild{Seconds: 17}, Mounts: []string{"/root/.cache/go-build"},
	}}
	var out bytes.Buffer
	if err := benchTable(&out, d); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"main.go changed", "link: 100 Mbit/s, 30 ms",
		"max, zstd  20.0 ± 2.0 s   3.00 s        4.00 s  200 MB  5.0 MB",
		"take   max, zstd: 20.0 s, no cache: 100.0 s, −80 %; not to be told apart from it: max, gzip",
		"1000 MB for one branch, 500 MB for each one more with a change like this: 19 fit into 10 GB",
		"with a public cache 17.0 s", "mounts /root/.cache/go-build:",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
