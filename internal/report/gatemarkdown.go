package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/careenhq/careen/diag"
)

// GateMarker is the first line of a comment, by which the next one finds it.
const GateMarker = "<!-- careen gate -->"

// GateMarkdown writes the gate for a pull request or a step summary: the verdict,
// a table, what changed most, and where the evidence is.
func GateMarkdown(w io.Writer, g diag.Gate) error {
	p := &printer{w: w}
	p.line(GateMarker)
	p.line("### careen: %s", cell(gateVerdict(g)))
	for _, line := range GateLines(g) {
		p.line("")
		p.line("**%s**", unmentioned(cell(line)))
	}
	p.line("")
	p.line("Against %s:", cell(g.Baseline))
	p.line("")
	p.line("| | before | after | change | limit | |")
	p.line("| --- | ---: | ---: | ---: | --- | --- |")
	for _, c := range g.Checks {
		p.line("%s", gateRow(c))
	}
	p.gateTop(g)
	if strings.HasPrefix(g.Evidence, "https://") {
		p.line("")
		p.line("[Evidence](<%s>): results, baseline and logs of this run.", strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "").Replace(plain(g.Evidence)))
	}
	return p.err
}

// unmentioned keeps text from calling people: a Dockerfile may name anybody.
func unmentioned(s string) string { return strings.ReplaceAll(s, "@", "&#64;") }

func gateRow(c diag.GateCheck) string {
	before, after, change := "", "", strings.TrimSpace(gateChange(c))
	if c.Before > 0 {
		before = figure(c.Quantity, c.Before)
	} else {
		change = ""
	}
	if c.After > 0 {
		after = figure(c.Quantity, c.After)
	}
	state := string(c.State)
	if c.State == diag.GateNotJudged {
		state += ": " + c.Why
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", gateTitle(c), before, after, change, strings.TrimPrefix(gateLimit(c), "limit "), cell(state))
}

// gateTop lists the changes that were proven, or the parts that differ most.
func (p *printer) gateTop(g diag.Gate) {
	if len(g.Changes)+len(g.Top) == 0 {
		return
	}
	p.line("")
	p.line("Top changes:")
	p.line("")
	for i, c := range g.Changes {
		p.line("%d. %s: %s", i+1, cell(c.Title), savedWords(c))
	}
	if len(g.Changes) > 0 {
		return
	}
	for i, t := range g.Top {
		p.line("%d. %s%s: %s", i+1, cell(grownPlace(t)), code(short(t.Name, 100)), grownFigures(t))
	}
}

func savedWords(c diag.Change) string {
	var words []string
	for _, s := range c.Saved {
		if s.Notable {
			words = append(words, amount(s)+" "+gateTitles[s.Quantity])
		}
	}
	if words == nil {
		return "no difference measured"
	}
	return strings.Join(words, ", ")
}

// GateAnnotations writes what failed as commands of GitHub's runner, which shows
// them beside the line. Values that could end a command or begin another are
// encoded.
func GateAnnotations(w io.Writer, g diag.Gate, dockerfile string) error {
	p := &printer{w: w}
	level := "error"
	if g.Allowed != "" {
		level = "warning"
	}
	for _, c := range g.Checks {
		if c.State != diag.GateFailed {
			continue
		}
		file, line := dockerfile, 1
		if c.Worst != nil && c.Worst.File != "" {
			file, line = c.Worst.File, c.Worst.Line
		}
		p.line("::%s file=%s,line=%d,title=careen gate::%s", level, property(file), line, data(gateLine(c)))
	}
	return p.err
}

func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
