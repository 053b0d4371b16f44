// Package browse walks an image's tree in a terminal: every directory with the
// bytes below it, every file with its cause, its package and what wrote it.
//
// It shows a map that is made already; it reads no layer and changes nothing.
package browse

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/provenance"
	"github.com/careenhq/careen/internal/report"
)

// Run shows the map until the user leaves or ctx ends.
func Run(ctx context.Context, m *provenance.Map, in io.Reader, out io.Writer) error {
	_, err := tea.NewProgram(newModel(m), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out)).Run()
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}

// A row is one entry of the directory that is shown.
type row struct {
	node  *image.Node
	bytes int64
}

// model is what is on the screen: a directory and the entry that is chosen in it.
type model struct {
	m             *provenance.Map
	dir           *image.Node
	rows          []row
	chosen, first int
	width, height int
}

func newModel(m *provenance.Map) *model {
	s := &model{m: m, width: 80, height: 24}
	s.enter(m.Tree.Root(), "")
	return s
}

// enter shows a directory, largest entries first, with the named one chosen.
func (s *model) enter(dir *image.Node, name string) {
	s.dir, s.rows, s.chosen, s.first = dir, nil, 0, 0
	for _, n := range s.m.Tree.Children(dir) {
		s.rows = append(s.rows, row{n, s.size(n)})
	}
	slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Compare(b.bytes, a.bytes) })
	s.chosen = max(0, slices.IndexFunc(s.rows, func(r row) bool { return r.node.Name() == name }))
}

// size is the bytes at and below a node; a further name of a file has none.
func (s *model) size(n *image.Node) int64 {
	switch {
	case n.IsDir():
		return s.m.Below(n.Path).Bytes
	case n.HardTo != "":
		return 0
	}
	return n.Size
}

// Init asks for nothing.
func (s *model) Init() tea.Cmd { return nil }

// Update follows the keys and the size of the terminal.
func (s *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		if s.key(msg.String()) {
			return s, tea.Quit
		}
	}
	return s, nil
}

// key does what a key says and tells whether it ends the walk.
func (s *model) key(key string) (leave bool) {
	switch key {
	case "q", "esc", "ctrl+c":
		return true
	case "up", "k":
		s.move(-1)
	case "down", "j":
		s.move(1)
	case "pgup":
		s.move(-s.room())
	case "pgdown":
		s.move(s.room())
	case "enter", "right", "l":
		if len(s.rows) > 0 && s.rows[s.chosen].node.IsDir() {
			s.enter(s.rows[s.chosen].node, "")
		}
	case "backspace", "left", "h":
		if s.dir.Path != "/" {
			s.enter(s.m.Tree.Lookup(path.Dir(s.dir.Path)), s.dir.Name())
		}
	}
	return false
}

func (s *model) move(by int) {
	s.chosen = max(0, min(len(s.rows)-1, s.chosen+by))
}

// frame is how many lines are no entries: title, totals, what is chosen, keys.
const frame = 7

func (s *model) room() int { return max(1, s.height-frame) }

// View draws the screen.
func (s *model) View() tea.View {
	v := tea.NewView(s.screen())
	v.AltScreen = true
	return v
}

var (
	bold = lipgloss.NewStyle().Bold(true)
	bar  = lipgloss.NewStyle().Reverse(true)
)

func (s *model) screen() string {
	var b strings.Builder
	r := s.m.Report
	line := func(style lipgloss.Style, text string) {
		b.WriteString(style.Render(lipgloss.NewStyle().MaxWidth(s.width).Render(text)) + "\n")
	}
	none := lipgloss.NewStyle()
	line(bold, clean(r.Image)+"  "+clean(s.dir.Path))
	line(none, fmt.Sprintf("%s here · %s seen by a container · %s reclaimable", report.Bytes(s.size(s.dir)), report.Bytes(r.Bytes.Live), report.Bytes(r.Bytes.Reclaimable)))
	line(none, "")
	s.first = max(min(s.first, s.chosen), s.chosen-s.room()+1)
	for i := s.first; i < min(len(s.rows), s.first+s.room()); i++ {
		style := none
		if i == s.chosen {
			style = bar
		}
		line(style, s.entry(s.rows[i]))
	}
	line(none, "")
	line(none, s.about())
	line(none, "↑↓ choose  → open  ← back  q leave")
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *model) entry(r row) string {
	name := clean(r.node.Name())
	kind := string(s.m.Fact(r.node).Kind)
	switch {
	case r.node.IsDir():
		name, kind = name+"/", ""
	case r.node.IsLink():
		name += " -> " + clean(r.node.Link)
	}
	return fmt.Sprintf("%10s  %-10s %s", report.Bytes(r.bytes), kind, name)
}

// about says of the chosen entry who owns it and what wrote it.
func (s *model) about() string {
	if len(s.rows) == 0 {
		return "nothing is here"
	}
	n := s.rows[s.chosen].node
	layer := n.Carrier()
	parts := []string{fmt.Sprintf("layer %d", layer+1)}
	f := s.m.Fact(n)
	if f.Package != nil {
		parts = append(parts, strings.TrimSpace(f.Package.Label()+" "+f.Package.Version))
	}
	if f.Context != "" {
		parts = append(parts, "same as "+f.Context+" of the context")
	}
	if in := s.m.Instruction(layer); in.First > 0 {
		parts = append(parts, fmt.Sprintf("%s:%d %s", path.Base(in.File), in.First, in.Text))
	} else if in.Text != "" {
		parts = append(parts, in.Text)
	}
	return clean(strings.Join(parts, " · "))
}

// clean makes what an image says safe for one line of a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}
