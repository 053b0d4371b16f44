package report_test

import (
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/span"
)

func measured(q diag.Quantity, samples ...float64) diag.Measurement {
	m := diag.Measurement{Quantity: q, Samples: samples}
	if len(samples) > 0 {
		m.Low, m.Median, m.High = samples[0], samples[len(samples)/2], samples[len(samples)-1]
	}
	return m
}

// improved is a document with everything in it that a good run has.
func improved() diag.Document {
	cold := measured(diag.ColdSeconds, 60.5, 62, 64)
	after := measured(diag.ColdSeconds, 30, 31, 31.5)
	after.Warnings = []string{"the machine was busy during 1 of 3 runs"}
	return diag.Document{
		Schema: diag.SchemaVersion, Outcome: diag.Improved, Reason: "4 changes kept, parity holds",
		Project: "parcels", Dockerfile: "parcels/Dockerfile", Tool: "careen v0.1.0", Command: "careen optimize parcels",
		Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Seconds: 512,
		Environment: diag.Environment{
			OS: "Debian GNU/Linux 12", Kernel: "6.1.0", CPU: "a processor", Cores: 2, Memory: 8_000_000_000,
			Builder: "embedded BuildKit v0.34.2 (runc, overlayfs)", Platform: "linux/amd64",
			Bases: map[string]string{"docker.io/library/golang:1.26": "sha256:aa", "docker.io/library/debian:12": "sha256:bb"},
		},
		Baseline: &diag.Build{
			ColdSeconds: cold, Bytes: diag.Bytes{Compressed: 330_000_000, Unpacked: 1_100_000_000},
			Base: diag.Bytes{Compressed: 300_000_000, Unpacked: 900_000_000}, ContextBytes: 4_200_000, ExportSecs: 12.5, Digest: "sha256:01",
			Layers: []diag.Layer{
				{Digest: "sha256:02", Bytes: diag.Bytes{Compressed: 300_000_000, Unpacked: 900_000_000}, Base: true},
				{Digest: "sha256:03", Bytes: diag.Bytes{Compressed: 30_000_000, Unpacked: 200_000_000}, Instruction: "RUN go build | tee log", Line: 7},
			},
			Steps: []diag.Step{{Name: "COPY . .", Line: 5, Seconds: 0.2, Unpacked: 100}, {Name: "RUN go build | tee log", Line: 7, Seconds: 44.4, Unpacked: 200_000_000}},
		},
		Candidate: &diag.Build{
			ColdSeconds: after, Bytes: diag.Bytes{Compressed: 8_000_000, Unpacked: 20_000_000}, Digest: "sha256:04", ContextBytes: 1_000_000, ExportSecs: 0.4,
			Layers: []diag.Layer{{Digest: "sha256:05", Bytes: diag.Bytes{Compressed: 8_000_000, Unpacked: 20_000_000}, Instruction: "COPY --from=build /out/app /app", Line: 12}},
			Steps:  []diag.Step{{Name: "COPY --from=build /out/app /app", Line: 12, Seconds: 0.1, Unpacked: 20_000_000}},
		},
		Scenarios: []diag.Scenario{
			{Name: "cold", Old: cold, New: &after, Notable: true, Criterion: "−50.0 %"},
			{Name: "source-edit", Edited: "main.go", Old: measured(diag.SourceSeconds, 40, 41, 43), New: ptr(measured(diag.SourceSeconds, 39, 41, 42)), Criterion: "no difference"},
			{Name: "manifest-edit", Old: measured(diag.ManifestSeconds), Criterion: "not run: no manifest"},
		},
		Parity: diag.Parity{
			Verdict: diag.Same,
			Levels: []diag.Level{
				{Name: "L0", Title: "configuration", Checked: []string{"env", "user"}, Seconds: 0.01},
				{Name: "L4", Title: "run", Checked: []string{"GET /"}, NotRun: []diag.NotRun{{Check: "memory limit", Why: "remote builder"}}, Seconds: 3},
				{Name: "L5", Title: "tests"},
			},
			Removed: []diag.Removal{{Reason: "package gcc-12 (build tool)", Paths: 412, Bytes: 70_000_000, Example: "/usr/bin/gcc"}},
			Notes:   []string{"/etc/hostname differs between any two builds"},
		},
		Changes: []diag.Change{
			{ID: "cache-mounts", Title: "Keep the compiler's cache between builds", Why: "a rebuild compiles what changed", Applicability: diag.Safe, Kept: true,
				Saved: []diag.Saving{{Quantity: diag.DiskBytes, Before: 1_100_000_000, After: 1_000_000_000, Samples: 1, Notable: true, Method: "one after the other"},
					{Quantity: diag.ColdSeconds, Before: 62, After: 61, Samples: 1, Method: "one after the other"}}},
			{ID: "multi-stage", Title: "Leave the build tools in a first stage", Why: "the compiler is not needed at run time", Applicability: diag.Proven, Kept: true,
				Saved: []diag.Saving{{Quantity: diag.DiskBytes, Before: 1_000_000_000, After: 20_000_000, Samples: 1, Notable: true, Method: "one after the other"},
					{Quantity: diag.ColdSeconds, Before: 61, After: 31, Samples: 1, Notable: true, Method: "one after the other"}}},
			{ID: "ignore", Title: "Send less to the builder", Why: "the history of the project is not built", Applicability: diag.Safe, Kept: true},
			{ID: "order", Title: "Fetch modules before the source is copied", Why: "most commits change no module", Applicability: diag.Safe, Kept: true},
			{ID: "distroless", Title: "Start from a distroless base", Why: "it is smaller", Applicability: diag.Proven, Label: "B12", Dropped: "entrypoint.sh calls envsubst, which it lacks"},
		},
		Findings: []diag.Finding{{Rule: "unpinned-base", Severity: diag.Info, File: "parcels/Dockerfile", Start: span.Position{Line: 1, Column: 1}, End: span.Position{Line: 1, Column: 9},
			Message: "the base has no digest", Reason: "two builds may start from different bases", Applicability: diag.Manual}},
		Criteria: []diag.Criterion{
			{Name: "cold build time", Target: "at least 25 % less", Actual: "50.0 % less", Met: true},
			{Name: "image size (unpacked)", Target: "at most 10 MB", Actual: "20 MB", Note: "bounded by the binary"},
		},
		Builds: []diag.BuildRun{{Purpose: "original", Seconds: 62, Steps: 4}, {Purpose: "candidate", Seconds: 31, Steps: 6, Cached: 3}},
		Patch:  "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,2 +1,2 @@\n-FROM golang:1.26\n+FROM golang:1.26 AS build\n \tRUN true\n",
		Files:  []string{"Dockerfile", "docs/proposals/docker-image-speed/results.md"},
	}
}

func ptr[T any](v T) *T { return &v }

// unchanged is a run that kept nothing.
func unchanged() diag.Document {
	d := improved()
	d.Outcome, d.Reason = diag.Unchanged, "1 change tried, none could be proven; the last: the program does not start"
	d.Candidate, d.Patch, d.Files, d.Criteria = nil, "", nil, nil
	d.Changes = d.Changes[4:]
	d.Parity.Verdict, d.Parity.Differences = diag.Different, []diag.Difference{{Level: "L4", Check: "http", Path: "GET /", Old: "200", New: "none", Reason: "the new image does not answer", Label: "B1"}}
	for i := range d.Scenarios {
		d.Scenarios[i].New = nil
	}
	return d
}

// fails is a run on a project that does not build.
func fails() diag.Document {
	return diag.Document{
		Schema: diag.SchemaVersion, Outcome: diag.OriginalFails, Reason: "the original does not build: Dockerfile:12: RUN make failed: exit code 2",
		Project: "broken", Dockerfile: "Dockerfile", Tool: "careen v0.1.0", Command: "careen optimize", Parity: diag.Parity{Verdict: diag.Unknown},
		Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Seconds: 3,
		Environment: diag.Environment{Builder: "embedded BuildKit v0.34.2 (runc, overlayfs)", Platform: "linux/amd64"},
		Builds:      []diag.BuildRun{{Purpose: "original", Failed: "Dockerfile:12: RUN make failed"}},
		Failure: &diag.Failure{
			Message: "Dockerfile:12: RUN make failed: exit code 2", Cause: "cc: command not found",
			Log: []string{"cc -c main.c", "", "cc: command not found", "make: *** [main.o] Error 127"},
		},
	}
}

// evil is what a hostile project may put wherever text of its own is shown.
const evil = "a|b`c``d *e* _f_ <img src=x> [g](javascript:h) ![i](http://j) &lt; \\| \x1b[31mk\x1b]0;l\x07 m\r\n# n\n<!-- careen: end -->\n\n- o\n```\np \u202eq\u2066r\u200b\xffs ~~t~~ https://u.example"

// hostile is improved with evil in every string of the project's.
func hostile() diag.Document {
	d := improved()
	d.Project, d.Reason, d.Dockerfile = evil, evil, evil
	d.Failure = &diag.Failure{Message: evil, Cause: evil, Log: []string{evil, evil}}
	d.Environment.CPU, d.Environment.Builder, d.Environment.Kernel = evil, evil, evil
	d.Environment.Bases = map[string]string{evil: evil}
	d.Patch = evil + "\n```\n~~~\n+" + evil
	d.Command = "careen optimize " + evil
	d.Warnings = []string{evil}
	for _, b := range []*diag.Build{d.Baseline, d.Candidate} {
		b.Steps[0].Name, b.Layers[0].Instruction, b.Layers[0].Base = evil, evil, false
	}
	d.Scenarios[1].Edited, d.Scenarios[1].Name, d.Scenarios[1].Criterion = evil, evil, evil
	d.Parity.Levels[1].NotRun[0] = diag.NotRun{Check: evil, Why: evil}
	d.Parity.Differences = []diag.Difference{{Level: "L1", Check: evil, Path: evil, Old: evil, New: evil, Reason: evil, Label: evil}}
	d.Parity.Removed[0].Reason, d.Parity.Removed[0].Example = evil, evil
	d.Parity.Notes[0] = evil
	for i := range d.Changes {
		c := &d.Changes[i]
		c.ID, c.Title, c.Why, c.Dropped, c.Label = evil, evil, evil, evil, evil
	}
	d.Findings[0].File, d.Findings[0].Message, d.Findings[0].Reason = evil, evil, evil
	d.Criteria[0].Note, d.Criteria[0].Actual = evil, evil
	d.Builds[0].Purpose, d.Builds[0].Failed = evil, evil
	d.Files = []string{evil}
	return d
}
