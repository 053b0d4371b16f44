package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/careenhq/careen/internal/provenance"
)

// How much of each list an inspection shows.
const (
	shownLayers   = 12
	shownItems    = 3
	shownDirs     = 8
	shownLists    = 5
	shownUnread   = 3
	shownPackages = 8
)

// Inspection writes where an image's bytes come from, for a terminal.
func Inspection(w io.Writer, r provenance.Report, style Style) error {
	p := &printer{w: w, style: style}
	p.inspected(r)
	p.causes(r)
	p.layers(r)
	p.directories(r)
	p.reclaimable(r)
	lines := make([]string, len(r.Unread))
	for i, u := range r.Unread {
		lines[i] = "not read: " + plain(u)
	}
	p.few(shownUnread, "  ", lines)
	return p.err
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (p *printer) inspected(r provenance.Report) {
	p.line("careen %s  %s", plain(r.Image), plain(r.Platform))
	p.line("")
	p.line("  image      %s on disk · %s pull · %s · %s", Bytes(r.Bytes.Unpacked), Bytes(r.Bytes.Pulled), counted(len(r.Layers), "layer"), plural(r.Entries, "entry", "entries"))
	if r.Base.By == "" || r.Base.Layers == 0 {
		p.line("  base       not known; name it with --base")
		return
	}
	p.line("  base       %s, %s (%s)", plain(r.Base.Name), counted(r.Base.Layers, "layer"), r.Base.By)
}

// kindNames are the kinds in words.
var kindNames = map[provenance.Kind]string{
	provenance.Deleted: "deleted later", provenance.Rewritten: "rewritten later", provenance.Copied: "chmod or chown copies",
	provenance.FromBase: "base", provenance.Git: ".git", provenance.Cache: "caches", provenance.Docs: "docs and locales",
	provenance.Dev: "development packages", provenance.Toolchain: "toolchain", provenance.Packages: "packages",
	provenance.Sources: "build context", provenance.App: "app", provenance.Overhead: "headers of the tars",
}

func (p *printer) causes(r provenance.Report) {
	p.line("")
	p.line("  bytes by cause")
	p.table(func(row func(...string)) {
		for _, c := range r.Causes {
			if c.Bytes > 0 {
				row("    "+kindNames[c.Kind], Bytes(c.Bytes), portion(c.Bytes, r.Bytes.Unpacked), items(c.Items), where(c, r))
			}
		}
	})
}

// table writes aligned rows.
func (p *printer) table(fill func(row func(cells ...string))) {
	t := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	fill(func(cells ...string) {
		if p.err == nil {
			_, p.err = fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
		}
	})
	if err := t.Flush(); p.err == nil {
		p.err = err
	}
	p.blank = false
}

func portion(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%5.1f %%", 100*float64(part)/float64(whole))
}

func items(all []provenance.Item) string {
	var parts []string
	for _, i := range all[:min(shownItems, len(all))] {
		if i.Bytes > 0 && i.Name != "" {
			parts = append(parts, plain(short(i.Name, 30))+" "+Bytes(i.Bytes))
		}
	}
	text := strings.Join(parts, ", ")
	if more := len(all) - shownItems; more > 0 {
		text += fmt.Sprintf(", %d more", more)
	}
	return text
}

// where is what carries most of a cause: a line of the Dockerfile where there is one.
func where(c provenance.Cause, r provenance.Report) string {
	if c.Kind == provenance.FromBase || c.Kind == provenance.Overhead {
		return ""
	}
	with := slices.IndexFunc(c.Layers, func(s provenance.Share) bool { return s.Bytes == 0 })
	if with < 0 {
		with = len(c.Layers)
	}
	switch with {
	case 0:
		return ""
	case 1:
		return place(c.Layers[0].Layer, r.Layers[c.Layers[0].Layer])
	}
	return place(c.Layers[0].Layer, r.Layers[c.Layers[0].Layer]) + fmt.Sprintf(" and %d more", with-1)
}

func place(position int, l provenance.Layer) string {
	if l.Instruction.First == 0 {
		return fmt.Sprintf("layer %d", position+1)
	}
	return plain(fmt.Sprintf("%s:%d", path.Base(l.Instruction.File), l.Instruction.First))
}

// layers shows the image's own layers, and those of its base as one.
func (p *printer) layers(r provenance.Report) {
	p.line("")
	p.line("  by layer")
	p.table(func(row func(...string)) {
		row("    ", "on disk", "pull", "hidden later", "")
		var base provenance.Layer
		for _, l := range r.Layers[:r.Base.Layers] {
			base.Unpacked, base.Pulled, base.Hidden = base.Unpacked+l.Unpacked, base.Pulled+l.Pulled, base.Hidden+l.Hidden
		}
		if r.Base.Layers > 0 {
			row("    base", Bytes(base.Unpacked), Bytes(base.Pulled), hidden(base.Hidden), plain(r.Base.Name))
		}
		own := r.Layers[r.Base.Layers:]
		for i, l := range own[:min(shownLayers, len(own))] {
			row("    "+place(r.Base.Layers+i, l), Bytes(l.Unpacked), Bytes(l.Pulled), hidden(l.Hidden), plain(short(oneLine(l.Instruction.Text), 60)))
		}
	})
	if more := len(r.Layers) - r.Base.Layers - shownLayers; more > 0 {
		p.line("    and %d more", more)
	}
}

// oneLine is text with its runs of spaces made one: a RUN over several lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func hidden(n int64) string {
	if n == 0 {
		return "–"
	}
	return Bytes(n)
}

// directories leaves out those whose bytes are nearly all in one shown below them.
func (p *printer) directories(r provenance.Report) {
	p.line("")
	p.line("  largest directories")
	p.table(func(row func(...string)) {
		shown := 0
		for i, d := range r.Directories {
			if shown == shownDirs {
				return
			}
			if passedThrough(d, r.Directories[i+1:]) {
				continue
			}
			shown++
			row("    "+Bytes(d.Bytes), plain(d.Path))
		}
	})
}

// passedThrough tells whether nine tenths of a directory are in one below it.
func passedThrough(d provenance.Directory, smaller []provenance.Directory) bool {
	for _, s := range smaller {
		if s.Bytes < d.Bytes*9/10 {
			return false
		}
		if strings.HasPrefix(s.Path, d.Path+"/") {
			return true
		}
	}
	return false
}

func (p *printer) reclaimable(r provenance.Report) {
	b := r.Bytes
	p.line("")
	p.line("  reclaimable  %s that no container sees", Bytes(b.Reclaimable))
	var lines []string
	for _, h := range r.Hidden {
		if h.Bytes > 0 {
			lines = append(lines, fmt.Sprintf("%s %s: %s, %s by %s", Bytes(h.Bytes), plain(h.Path), kindNames[h.Kind], place(h.Layer, r.Layers[h.Layer]), place(h.By, r.Layers[h.By])))
		}
	}
	p.few(shownLists, "    ", lines)
	if b.Fixed > 0 {
		p.line("    %s more lie in the base's layers: only another base would save them", Bytes(b.Fixed))
	}
	if b.Avoidable == 0 {
		return
	}
	p.line("  avoidable    %s are the same content at several paths", Bytes(b.Avoidable))
	lines = nil
	for _, d := range r.Duplicates {
		lines = append(lines, fmt.Sprintf("%s %s", Bytes(d.Avoidable), plain(strings.Join(d.Paths[:min(2, len(d.Paths))], " = "))))
	}
	p.few(shownUnread, "    ", lines)
}

// InspectionCompared writes what two images' bytes come from, side by side.
func InspectionCompared(w io.Writer, c provenance.Comparison, style Style) error {
	p := &printer{w: w, style: style}
	p.line("careen %s  against  %s", plain(c.New.Image), plain(c.Old.Image))
	p.line("")
	o, n := c.Old.Bytes, c.New.Bytes
	p.table(func(row func(...string)) {
		row("    ", "old", "new", "change")
		for _, total := range []struct {
			name     string
			old, new int64
		}{
			{"on disk", o.Unpacked, n.Unpacked}, {"pull", o.Pulled, n.Pulled}, {"seen by a container", o.Live, n.Live},
			{"reclaimable", o.Reclaimable, n.Reclaimable}, {"avoidable", o.Avoidable, n.Avoidable},
		} {
			row("    "+total.name, Bytes(total.old), Bytes(total.new), more(total.new-total.old))
		}
	})
	p.differences("by cause", c.Causes, len(c.Causes), func(name string) string { return kindNames[provenance.Kind(name)] })
	p.differences("by package", c.Packages, shownPackages, plain)
	p.differences("by directory", c.Directories, shownDirs, plain)
	return p.err
}

func (p *printer) differences(title string, all []provenance.Difference, n int, name func(string) string) {
	p.line("")
	if len(all) == 0 {
		p.line("  %s: no difference", title)
		return
	}
	p.line("  %s", title)
	p.table(func(row func(...string)) {
		for _, d := range all[:min(n, len(all))] {
			row("    "+name(d.Name), Bytes(d.Old), Bytes(d.New), more(d.Change()), plain(d.Version))
		}
	})
	if left := len(all) - n; left > 0 {
		p.line("    and %d more", left)
	}
}

// more is a change with its sign.
func more(n int64) string {
	switch {
	case n == 0:
		return "no difference"
	case n > 0:
		return "+" + Bytes(n)
	}
	return Bytes(n)
}
