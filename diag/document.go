package diag

import "time"

// SchemaVersion is the version of the JSON form of Document (results.json).
const SchemaVersion = "1"

// Outcome is how an optimisation ended.
type Outcome string

// The outcomes.
const (
	Improved      Outcome = "improved"       // at least one change is kept, parity holds
	Unchanged     Outcome = "unchanged"      // nothing could be improved with proof; files stay byte-identical
	OriginalFails Outcome = "original-fails" // the untouched project does not build
	Failed        Outcome = "failed"         // careen itself could not finish
)

// A Document is all there is to say about one optimisation. Every renderer reads
// it and nothing else, so no two pages can disagree on a number.
type Document struct {
	Schema      string      `json:"schema"` // SchemaVersion
	Outcome     Outcome     `json:"outcome"`
	Reason      string      `json:"reason"` // one sentence
	Project     string      `json:"project"`
	Dockerfile  string      `json:"dockerfile"`
	Target      string      `json:"target,omitempty"`
	Tool        string      `json:"tool"` // "careen VERSION"
	Command     string      `json:"command"`
	Started     time.Time   `json:"started"`
	Seconds     float64     `json:"seconds"` // the whole run
	Environment Environment `json:"environment"`

	Failure   *Failure    `json:"failure,omitempty"` // of the original's build
	Baseline  *Build      `json:"baseline,omitempty"`
	Candidate *Build      `json:"candidate,omitempty"`
	Scenarios []Scenario  `json:"scenarios,omitempty"` // benchmark beyond the cold build
	Runners   *Runners    `json:"runners,omitempty"`   // fresh CI runners
	Parity    Parity      `json:"parity"`
	Changes   []Change    `json:"changes"`
	Findings  []Finding   `json:"findings,omitempty"` // left for a person
	Criteria  []Criterion `json:"criteria"`
	Builds    []BuildRun  `json:"builds"`
	Patch     string      `json:"patch,omitempty"` // unified diff over all files
	Files     []string    `json:"files,omitempty"` // written, relative to the project
	Warnings  []string    `json:"warnings,omitempty"`
}

// Environment is where the numbers were taken.
type Environment struct {
	OS       string            `json:"os"`
	Kernel   string            `json:"kernel"`
	CPU      string            `json:"cpu"`
	Cores    int               `json:"cores"`
	Memory   int64             `json:"memory_bytes"`
	Builder  string            `json:"builder"` // "embedded BuildKit v0.34.2 (runc, overlayfs)"
	Platform string            `json:"platform"`
	Bases    map[string]string `json:"bases,omitempty"` // reference to digest
}

// A Failure is a build that failed in one of its steps.
type Failure struct {
	Message string   `json:"message"`         // "Dockerfile:12: RUN make install failed: exit code 2"
	Cause   string   `json:"cause,omitempty"` // in the tool's own words, when it said more than the message does
	Log     []string `json:"log,omitempty"`   // the last lines that the step printed
	Base    bool     `json:"base,omitempty"`  // an image that the Dockerfile names could not be had
}

// A Build is one image as measured.
type Build struct {
	ColdSeconds  Measurement `json:"cold_seconds"`
	Bytes        Bytes       `json:"bytes"`
	Base         Bytes       `json:"base_bytes"`     // of Bytes, from layers of the final stage's base
	ContextBytes int64       `json:"context_bytes"`  // sent by a cold build
	ExportSecs   float64     `json:"export_seconds"` // median share of the cold build spent on compressing and writing
	Digest       string      `json:"digest"`
	Layers       []Layer     `json:"layers"`
	Steps        []Step      `json:"steps"`
}

// Bytes is a size in both forms that matter; they are never mixed.
type Bytes struct {
	Compressed int64 `json:"compressed"` // what a pull transfers
	Unpacked   int64 `json:"unpacked"`   // what a node stores
}

// A Layer is one layer of an image.
type Layer struct {
	Digest      string `json:"digest"`
	Bytes       Bytes  `json:"bytes"`
	Instruction string `json:"instruction,omitempty"` // source text, shortened; empty for the base's
	Line        int    `json:"line,omitempty"`
	Base        bool   `json:"base,omitempty"`
}

// A Step is one instruction of the build and what it cost.
type Step struct {
	Name     string  `json:"name"`
	Line     int     `json:"line,omitempty"`
	Seconds  float64 `json:"seconds"` // median over cold samples
	Unpacked int64   `json:"unpacked_bytes"`
}

// A Scenario compares old and new on one kind of rebuild.
type Scenario struct {
	Name      string       `json:"name"` // "cold", "no-change", "source-edit", "manifest-edit"
	Edited    string       `json:"edited,omitempty"`
	Old       Measurement  `json:"old"`
	New       *Measurement `json:"new,omitempty"`
	Notable   bool         `json:"notable"` // false: no difference
	Criterion string       `json:"verdict"` // "−41 %", "no difference", "not run: …"
}

// Verdict of a comparison.
type Verdict string

// The verdicts.
const (
	Same      Verdict = "same"
	Different Verdict = "different"
	Unknown   Verdict = "unknown"
)

// Parity says whether a new image behaves like the old one, as far as checked.
type Parity struct {
	Verdict     Verdict      `json:"verdict"`
	Differences []Difference `json:"differences"`
	Levels      []Level      `json:"levels"`
	Removed     []Removal    `json:"removed,omitempty"`
	Notes       []string     `json:"notes,omitempty"` // explained, harmless: noise, history
}

// A Level is one depth of the comparison and what it covered.
type Level struct {
	Name    string   `json:"name"`  // "L0"
	Title   string   `json:"title"` // "configuration"
	Checked []string `json:"checked"`
	NotRun  []NotRun `json:"not_run,omitempty"`
	Seconds float64  `json:"seconds"`
}

// NotRun is a check that could not be made, and why.
type NotRun struct {
	Check   string `json:"check"`
	Why     string `json:"why"`
	Decides bool   `json:"decides,omitempty"` // without it the two images cannot be called the same
}

// A Removal rolls up paths of the old image that the new one lacks.
type Removal struct {
	Reason  string `json:"reason"` // "package gcc-12 (build tool)", "package cache", …
	Paths   int    `json:"paths"`
	Bytes   int64  `json:"bytes"`
	Example string `json:"example"`
}

// A Criterion is one acceptance criterion and whether it is met.
type Criterion struct {
	Name   string `json:"name"`
	Target string `json:"target"`
	Actual string `json:"actual"`
	Met    bool   `json:"met"`
	Note   string `json:"note,omitempty"` // what bounds it when it is not met
}

// A BuildRun is one build that the run made, with its purpose.
type BuildRun struct {
	Purpose string  `json:"purpose"`
	Seconds float64 `json:"seconds"`
	Steps   int     `json:"steps"`
	Cached  int     `json:"cached"` // of those, from cache
	Failed  string  `json:"failed,omitempty"`
}
