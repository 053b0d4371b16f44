// Package diag holds the plain data that every analysis emits and every report
// renders: findings, changes, estimates and measurements. It holds no behaviour
// beyond small helpers on its own values and knows no other package but span.
package diag

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// Severity ranks how much a finding matters to a person.
type Severity string

// The severities, from worst to mildest.
const (
	Error   Severity = "error"   // the build or the image is wrong
	Warning Severity = "warning" // bytes or seconds are lost on every build
	Info    Severity = "info"    // worth knowing
)

// Applicability says who may apply a change.
type Applicability string

// The levels. Only Safe changes are made without building anything.
const (
	Safe   Applicability = "safe"   // meaning-preserving by an argument written beside the rule
	Proven Applicability = "proven" // kept only when the rebuilt image passes parity
	Manual Applicability = "manual" // shown, never applied
)

// A Finding is one place where a project could do better.
type Finding struct {
	Rule          string        `json:"rule"`
	Severity      Severity      `json:"severity"`
	File          string        `json:"file"` // path as the user named it
	Span          span.Span     `json:"span"`
	Start         span.Position `json:"position"`
	End           span.Position `json:"end"`
	Message       string        `json:"message"` // what is wrong, one line, no full stop
	Reason        string        `json:"reason"`  // why it costs time or bytes
	Saving        []Estimate    `json:"saving,omitempty"`
	Applicability Applicability `json:"applicability"`
	Change        *Change       `json:"change,omitempty"` // nil when there is nothing to apply
}

// Quantity names what an estimate or measurement counts.
type Quantity string

// Quantities. Bytes count decimal; compressed and unpacked are never mixed.
const (
	ColdSeconds     Quantity = "cold_seconds"     // build with empty layer cache and cache mounts, bases present
	NoChangeSeconds Quantity = "nochange_seconds" // build again with nothing changed
	SourceSeconds   Quantity = "source_seconds"   // rebuild after one source file changed
	ManifestSeconds Quantity = "manifest_seconds" // rebuild after the dependency manifest changed
	RunnerSeconds   Quantity = "runner_seconds"   // build on a fresh CI runner, everything included
	PulledBytes     Quantity = "compressed_bytes" // compressed layers: what a pull transfers
	DiskBytes       Quantity = "unpacked_bytes"   // unpacked layers: what a node stores
	ContextBytes    Quantity = "context_bytes"    // build context sent to the builder
)

// An Estimate predicts a saving. It is never printed without its evidence, and
// never mixed with a Measurement. Value is zero when only the direction is known.
type Estimate struct {
	Quantity Quantity `json:"quantity"`
	Value    float64  `json:"value"`
	Evidence string   `json:"evidence"` // what the figure rests on
}

// A Saving is what a kept change was measured to bring: Before minus After.
type Saving struct {
	Quantity Quantity `json:"quantity"`
	Before   float64  `json:"before"`
	After    float64  `json:"after"`
	Samples  int      `json:"samples"` // measured builds on each side
	Notable  bool     `json:"notable"` // false: no difference could be told from noise
	Method   string   `json:"method"`  // how it was isolated
}

// Value is the amount saved; negative when the change made it worse.
func (s Saving) Value() float64 { return s.Before - s.After }

// A FileEdit changes one file of the project. A file that does not exist yet is
// created from the edits over empty contents.
type FileEdit struct {
	File  string      `json:"file"` // slash-separated, relative to the project's directory
	Edits []span.Edit `json:"edits"`
}

// A Change is one rewrite, the unit of planning, proof and attribution.
type Change struct {
	ID            string        `json:"id"`    // stable; "rule-id" or "rule-id:variant"
	Title         string        `json:"title"` // imperative, under 60 characters
	Why           string        `json:"why"`
	Files         []FileEdit    `json:"files,omitempty"` // against the text the change was made from
	Applicability Applicability `json:"applicability"`
	Predicted     []Estimate    `json:"predicted,omitempty"`
	Needs         []string      `json:"needs,omitempty"` // IDs of changes it builds on
	Leaves        []Leave       `json:"-"`               // paths of the old image that the change drops on purpose

	// Known once the change has been tried.
	Kept    bool     `json:"kept"`
	Label   string   `json:"label,omitempty"`   // label of field.md when dropped, e.g. "B12"
	Dropped string   `json:"dropped,omitempty"` // why it was dropped
	Saved   []Saving `json:"saved,omitempty"`
}

// A Leave is a path of the old image that a change leaves behind on purpose. A
// glob that ends in "/**" covers the directory and everything below it.
type Leave struct {
	Glob   string
	Reason string
}

// Covers tells whether the change means to leave this path behind.
func (l Leave) Covers(path string) bool {
	dir, whole := strings.CutSuffix(l.Glob, "/**")
	return l.Glob == path || whole && (path == dir || strings.HasPrefix(path, dir+"/"))
}

// A Measurement is a set of timings or sizes of one thing. Warnings travel with
// it so that no renderer can lose them.
type Measurement struct {
	Quantity Quantity  `json:"quantity"`
	Samples  []float64 `json:"samples"`
	Median   float64   `json:"median"`
	Low      float64   `json:"low"`  // interval around the median, or the extremes
	High     float64   `json:"high"` // when there are too few samples for one
	Warnings []string  `json:"warnings,omitempty"`
}

// A Difference is one way in which a new image does not behave like the old one.
type Difference struct {
	Level  string `json:"level"`           // "L0" to "L5"
	Check  string `json:"check"`           // short name of the check, e.g. "env", "elf-needed"
	Path   string `json:"path,omitempty"`  // what it is about: a file, variable, port, command
	Old    string `json:"old,omitempty"`   // what the old image has or answers
	New    string `json:"new,omitempty"`   // what the new one does
	Reason string `json:"reason"`          // one sentence
	Label  string `json:"label,omitempty"` // label of the failure catalogue, e.g. "B1"
}
