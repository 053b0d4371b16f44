package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/rule"
)

// writeAudit writes an audit for people: one finding a paragraph, what could not
// be read, a total, and the next command last.
func writeAudit(out io.Writer, found *careen.Audited) error {
	w := bufio.NewWriter(out)
	for _, f := range found.Findings {
		fmt.Fprintf(w, "%s:%d: %s [%s]\n", plain(f.File), f.Start.Line, plain(f.Message), f.Rule)
		fmt.Fprintf(w, "    why     %s\n", plain(f.Reason))
		for _, e := range f.Saving {
			fmt.Fprintf(w, "    saves   %s\n", plain(saving(e)))
		}
		if f.Change != nil {
			fmt.Fprintf(w, "    fix     %s (%s)\n", plain(f.Change.Title), whoApplies(f.Applicability))
		}
	}
	for _, p := range found.Problems {
		fmt.Fprintf(w, "%s: %s\n    try     %s\n", plain(place(p)), plain(p.Cause), plain(p.Remedy))
	}
	if len(found.Findings)+len(found.Problems) > 0 {
		fmt.Fprintln(w)
	}
	writeTotal(w, found)
	return w.Flush()
}

// plain keeps text from files from steering the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}

func place(p careen.AuditProblem) string {
	if p.Start == nil {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Start.Line)
}

// saving is an estimate with what it rests on.
func saving(e diag.Estimate) string {
	if e.Value == 0 {
		return quantityName(e.Quantity) + ": " + e.Evidence
	}
	value := rule.Size(int64(e.Value))
	switch e.Quantity {
	case diag.ColdSeconds, diag.NoChangeSeconds, diag.SourceSeconds, diag.ManifestSeconds:
		value = fmt.Sprintf("%.1f s", e.Value)
	}
	return fmt.Sprintf("about %s %s: %s", value, quantityName(e.Quantity), e.Evidence)
}

func quantityName(q diag.Quantity) string {
	switch q {
	case diag.ColdSeconds:
		return "of a cold build"
	case diag.NoChangeSeconds:
		return "of a build with nothing changed"
	case diag.SourceSeconds:
		return "after each source edit"
	case diag.ManifestSeconds:
		return "after each change of dependencies"
	case diag.PulledBytes:
		return "of each pull"
	case diag.DiskBytes:
		return "on disk"
	case diag.ContextBytes:
		return "of build context"
	}
	return string(q)
}

func whoApplies(a diag.Applicability) string {
	switch a {
	case diag.Safe:
		return "safe: careen fix"
	case diag.Proven:
		return "careen optimize applies it with proof"
	}
	return "by hand"
}

func writeTotal(w io.Writer, found *careen.Audited) {
	safe, proven := 0, 0
	for _, f := range found.Findings {
		switch {
		case f.Change == nil:
		case f.Applicability == diag.Safe:
			safe++
		case f.Applicability == diag.Proven:
			proven++
		}
	}
	line := count(len(found.Findings), "finding") + " in " + count(len(found.Files), "file")
	if found.Suppressed > 0 {
		line += fmt.Sprintf(", %d switched off by comments", found.Suppressed)
	}
	if n := len(found.Problems); n > 0 {
		line += ", " + count(n, "problem")
	}
	fmt.Fprintln(w, line)
	if safe > 0 {
		fmt.Fprintf(w, "%d safe: careen fix --diff\n", safe)
	}
	if proven > 0 {
		fmt.Fprintf(w, "%d applied with proof: careen optimize\n", proven)
	}
	if len(found.Findings) > 0 {
		fmt.Fprintf(w, "more: careen explain %s\n", found.Findings[0].Rule)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
