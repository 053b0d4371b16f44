// Package rule is the contract of an audit rule and the driver that runs rules
// over a project.
//
// A rule reads a project and what has been measured of it, and reports findings.
// It never builds, pulls, reads a clock or the network: measured facts reach it
// through Evidence. The driver orders findings, obeys suppression comments, keeps
// a rule that panics from stopping the rest, and applies fixes until nothing more
// is to be fixed. The rules themselves live in rule/checks, one file each.
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
	Fix      diag.Applicability // of the changes it offers; "" or Manual when it never offers one
	Aliases  []string           // hadolint's and BuildKit's names that suppress it too
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

	Report func(diag.Finding) // fills in Rule, Severity, File, positions and the change's ID where empty

	file   *Memo // of this Dockerfile
	shared *Memo // of the whole run
}
