package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/careenhq/careen/diag"
)

// Gate writes the verdict of the gate for a terminal: one line for each limit that
// is broken, naming what grew, then every check.
func Gate(w io.Writer, g diag.Gate, style Style) error {
	p := &printer{w: w, style: style}
	for _, line := range GateLines(g) {
		p.line("%s", line)
	}
	p.line("gate of %s against %s: %s", plain(g.Project), plain(g.Baseline), gateVerdict(g))
	for _, c := range g.Checks {
		p.line("  %s %-14s %s%s", p.gateMark(c), gateTitle(c), gateFigures(c), p.gateNote(c))
	}
	return p.err
}

// GateLines has one line for each check that failed, and for each that careen.yaml
// asks for and that could not be judged.
func GateLines(g diag.Gate) []string {
	var lines []string
	for _, c := range g.Checks {
		if c.State == diag.GateFailed || c.State == diag.GateNotJudged && c.Required {
			lines = append(lines, gateLine(c))
		}
	}
	return lines
}

func gateVerdict(g diag.Gate) string {
	switch {
	case g.Allowed != "":
		return "regression allowed by " + plain(g.Allowed)
	case g.Passed:
		return "passed"
	}
	return "failed"
}

func (p *printer) gateMark(c diag.GateCheck) string {
	if c.State == diag.GateNotJudged {
		return "-"
	}
	return p.style.mark(c.State != diag.GateFailed)
}

func (p *printer) gateNote(c diag.GateCheck) string {
	note := gateLimit(c)
	if c.State == diag.GateNotJudged {
		note = "not judged: " + plain(c.Why)
	}
	if note == "" {
		return ""
	}
	return "  " + note
}

var gateTitles = map[diag.Quantity]string{
	diag.DiskBytes: "on disk", diag.PulledBytes: "pull", diag.ColdSeconds: "cold build", diag.NoChangeSeconds: "unchanged",
	diag.SourceSeconds: "one file", diag.ManifestSeconds: "manifest",
}

func gateTitle(c diag.GateCheck) string { return gateTitles[c.Quantity] }

// figure writes a value of a quantity.
func figure(q diag.Quantity, v float64) string {
	switch q {
	case diag.DiskBytes, diag.PulledBytes, diag.ContextBytes:
		return Bytes(int64(v))
	}
	return Seconds(v)
}

// gateFigures are before, after and the change with its bounds.
func gateFigures(c diag.GateCheck) string {
	switch {
	case c.After == 0 && c.State == diag.GateNotJudged:
		return ""
	case c.Before == 0:
		return figure(c.Quantity, c.After)
	}
	return figure(c.Quantity, c.Before) + " → " + figure(c.Quantity, c.After) + gateChange(c)
}

func gateChange(c diag.GateCheck) string {
	switch {
	case c.Pairs == 0 && c.State == diag.GateNotJudged:
		return ""
	case c.Pairs == 0:
		return "  " + Percent(1, 1+c.Change)
	case c.State == diag.GateNotJudged:
		return ""
	case c.Low <= 0 && c.High >= 0:
		return fmt.Sprintf("  no difference (%s to %s, %d pairs)", Percent(1, 1+c.Low), Percent(1, 1+c.High), c.Pairs)
	}
	return fmt.Sprintf("  %s (%s to %s, %d pairs)", Percent(1, 1+c.Change), Percent(1, 1+c.Low), Percent(1, 1+c.High), c.Pairs)
}

func gateLimit(c diag.GateCheck) string {
	var limits []string
	if c.Growth > 0 && c.Before > 0 {
		limits = append(limits, Percent(1, 1+c.Growth))
	}
	if c.Max > 0 {
		limits = append(limits, figure(c.Quantity, c.Max))
	}
	if limits == nil {
		return ""
	}
	return "limit " + strings.Join(limits, ", ")
}

// gateLine is a check that failed in one line, with the layer or step to blame.
func gateLine(c diag.GateCheck) string {
	if c.State == diag.GateNotJudged {
		return fmt.Sprintf("%s cannot be judged: %s", gateTitle(c), plain(c.Why))
	}
	line := fmt.Sprintf("%s is %s: %s (%s)", gateTitle(c), c.Why, strings.ReplaceAll(gateFigures(c), "  ", ", "), gateLimit(c))
	if c.Worst != nil {
		line += "; " + grownLine(*c.Worst)
	}
	return line
}

// grownLine is "Dockerfile:9: RUN npm ci: +12.3 MB (45.0 MB → 57.3 MB)".
func grownLine(g diag.Grown) string {
	return grownPlace(g) + plain(short(g.Name, 100)) + ": " + grownFigures(g)
}

func grownPlace(g diag.Grown) string {
	if g.File == "" || g.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", plain(g.File), g.Line)
}

func grownFigures(g diag.Grown) string {
	by := "+" + figure(g.Quantity, g.By())
	if g.By() < 0 {
		by = "−" + figure(g.Quantity, -g.By())
	}
	switch {
	case g.Before == 0:
		return by + " (new)"
	case g.After == 0:
		return by + " (gone)"
	}
	return fmt.Sprintf("%s (%s → %s)", by, figure(g.Quantity, g.Before), figure(g.Quantity, g.After))
}
