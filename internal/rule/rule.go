// Package rule is the contract of an audit rule and the driver that runs rules
// over a project.
//
// A rule reads a project and what has been measured of it, and reports findings.
// It never builds, pulls, reads a clock or the network: measured facts reach it
// through Evidence. The rules themselves live in rule/checks, one file each.
package rule

import (
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/project"
)

// A Rule finds one kind of loss. It is a value: the list of all rules is an
// explicit slice, validated by a test.
type Rule struct {
	ID       string // kebab-case, stable: it appears in suppression comments
	Doc      Doc
	Severity diag.Severity
	Aliases  []string // hadolint's and BuildKit's names that suppress it too
	Check    func(*Pass)
}

// Doc is a rule's documentation as data; help, pages and SARIF are rendered from it.
type Doc struct {
	Title  string // one line
	Text   string // why it costs, and the argument for the fix's applicability
	Before string // Dockerfile excerpt
	After  string
	Since  string // version
}

// A Pass is one rule at work on one Dockerfile.
type Pass struct {
	Rule     *Rule
	Project  *project.Project
	File     *dockerfile.File
	Evidence *Evidence // never nil; empty before a baseline exists

	Report func(diag.Finding) // fills in Rule, Severity, File and positions where empty
}

// Evidence is what has been measured. The zero value knows nothing.
type Evidence struct {
	Steps []StepCost // by instruction of the Dockerfile
}

// StepCost is what one instruction was measured to cost.
type StepCost struct {
	Line     int // first line of the instruction
	Seconds  float64
	Unpacked int64 // bytes of the layer it wrote
	Pulled   int64 // compressed
}
