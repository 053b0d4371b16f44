package repro

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// A group is the differences of one cause in one layer.
type group struct {
	Difference
	count int
}

func groups(differences []Difference) []group {
	var list []group
	for _, d := range differences {
		at := slices.IndexFunc(list, func(g group) bool { return g.Layer == d.Layer && g.Cause == d.Cause })
		if at < 0 {
			list = append(list, group{d, 1})
			continue
		}
		list[at].count++
	}
	return list
}

// seen makes untrusted text safe for a terminal and for a table: no control
// characters, nothing that markdown reads.
func seen(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		if strings.ContainsRune("`|<>[]", r) {
			return '?'
		}
		return r
	}, s)
}

func (g group) where() string {
	switch {
	case g.Layer < 0:
		return "configuration"
	case g.Line > 0:
		return fmt.Sprintf("line %d %s", g.Line, seen(g.Instruction))
	}
	return fmt.Sprintf("layer %d", g.Layer+1)
}

func (g group) what() string {
	text := seen(g.Path)
	if g.count > 1 {
		text += fmt.Sprintf(" and %d more", g.count-1)
	}
	if len(g.Ranges) > 0 {
		r := g.Ranges[0]
		text += fmt.Sprintf(", bytes %d–%d", r.Start, r.End)
		if more := len(g.Ranges) - 1 + g.MoreRanges; more > 0 {
			text += fmt.Sprintf(" and %d ranges more", more)
		}
	}
	if g.Detail != "" {
		text += " (" + seen(g.Detail) + ")"
	}
	return text
}

func verdict(t Trial) string {
	if t.Same {
		return "identical: " + t.Digests[0]
	}
	return fmt.Sprintf("different; %d of %d layers are the same", t.LayersSame, t.Layers)
}

// Text writes the result for a terminal.
func Text(w io.Writer, r *Result) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s: two cold builds: %s\n", seen(r.Dockerfile), verdict(r.Before))
	for _, g := range groups(r.Before.Differences) {
		fmt.Fprintf(b, "  %-18s %-18s %s\n", g.where(), g.Cause, g.what())
	}
	if len(r.Changes) > 0 {
		fmt.Fprintf(b, "\nchanges%s\n", map[bool]string{true: "", false: " (not tried: --fix proves them)"}[r.Rounds > 0])
	}
	for _, c := range r.Changes {
		fmt.Fprintf(b, "  %-16s %-18s %s\n", place1(c), c.Cause, seen(c.Title))
		if c.Dropped != "" {
			fmt.Fprintf(b, "  %-16s dropped: %s\n", "", seen(c.Dropped))
		}
	}
	if r.After != nil {
		fmt.Fprintf(b, "\nwith them, two cold builds: %s\n", verdict(*r.After))
		for _, g := range groups(r.After.Differences) {
			fmt.Fprintf(b, "  %-18s %-18s %s\n", g.where(), g.Cause, g.what())
		}
	}
	if r.Parity != nil {
		fmt.Fprintf(b, "behaviour against the original: %s\n", r.Parity.Verdict)
	}
	fmt.Fprintln(b, "\nthe two builds differed in")
	for _, p := range r.Perturbations {
		fmt.Fprintf(b, "  %-3s %s: %s\n", map[bool]string{true: "yes", false: "no"}[p.Applied], p.Name, p.How)
	}
	if len(r.Unpinned) > 0 {
		fmt.Fprintln(b, "\nunpinned: may be another tomorrow")
	}
	for _, u := range r.Unpinned {
		fmt.Fprintf(b, "  line %-4d %s → %s\n", u.Line, seen(u.What), seen(u.Pin))
	}
	if r.Patch != "" {
		b.WriteString("\n" + r.Patch)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func place1(c Change) string {
	if c.Line == 0 {
		return c.Where
	}
	return fmt.Sprintf("line %d, %s", c.Line, map[string]string{InFile: "edit", ByHand: "by hand"}[c.Where])
}

// Markdown writes the result as a page of its own.
func Markdown(w io.Writer, r *Result) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "# Reproducibility: %s\n\nTwo cold builds under different conditions, compared byte by byte.\n\n", seen(r.Dockerfile))
	fmt.Fprintf(b, "| | images | cold builds, s | export, s |\n| --- | --- | --- | --- |\n")
	trialRow(b, "as it is", r.Before)
	if r.After != nil {
		trialRow(b, "with the changes", *r.After)
	}
	if r.Parity != nil {
		fmt.Fprintf(b, "\nThe image with the changes was run beside the original: %s.\n", r.Parity.Verdict)
	}
	differences(b, "What differs as it is", r.Before)
	if r.After != nil && !r.After.Same {
		differences(b, "What differs still", *r.After)
	}
	if len(r.Changes) > 0 {
		fmt.Fprintf(b, "\n## Changes\n\n| where | cause | change |\n| --- | --- | --- |\n")
	}
	for _, c := range r.Changes {
		title := seen(c.Title)
		if c.Dropped != "" {
			title += "; dropped: " + seen(c.Dropped)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", place1(c), c.Cause, title)
	}
	fmt.Fprintf(b, "\n## How the two builds differed\n\n| condition | applied | how |\n| --- | --- | --- |\n")
	for _, p := range r.Perturbations {
		fmt.Fprintf(b, "| %s | %s | %s |\n", p.Name, map[bool]string{true: "yes", false: "no"}[p.Applied], p.How)
	}
	if len(r.Unpinned) > 0 {
		fmt.Fprintf(b, "\n## Unpinned\n\nMay be another tomorrow; two builds at one time cannot show it.\n\n| line | what | pin |\n| --- | --- | --- |\n")
	}
	for _, u := range r.Unpinned {
		fmt.Fprintf(b, "| %d | %s | %s |\n", u.Line, seen(u.What), seen(u.Pin))
	}
	tradeOff(b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

func trialRow(b *strings.Builder, what string, t Trial) {
	fmt.Fprintf(b, "| %s | %s | %.1f and %.1f | %.1f and %.1f |\n", what, verdict(t), t.Seconds[0], t.Seconds[1], t.Export[0], t.Export[1])
}

func differences(b *strings.Builder, title string, t Trial) {
	if len(t.Differences) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n| where | cause | what |\n| --- | --- | --- |\n", title)
	for _, g := range groups(t.Differences) {
		fmt.Fprintf(b, "| %s | %s | %s |\n", g.where(), g.Cause, g.what())
	}
	if t.Left > 0 {
		fmt.Fprintf(b, "\n%d differences more are not listed.\n", t.Left)
	}
}

// tradeOff says what being reproducible costs this project.
func tradeOff(b *strings.Builder, r *Result) {
	if len(r.Costs) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Caching and reproducibility\n\nOne build each, export included; no medians.\n\n| build | s |\n| --- | --- |\n")
	for _, c := range r.Costs {
		fmt.Fprintf(b, "| %s | %.1f |\n", c.What, c.Seconds)
	}
	fmt.Fprintf(b, `
A fixed SOURCE_DATE_EPOCH leaves every step cached. One that moves with each commit runs every step below the first
ARG SOURCE_DATE_EPOCH again; the last row is what that costs here. Caches that a RUN removes from its layer are lost to the
next RUN as well; a cache mount keeps them and never enters the image.
`)
}
