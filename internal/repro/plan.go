package repro

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

// A Change removes one cause at one place.
type Change struct {
	Cause         string             `json:"cause"`
	Title         string             `json:"title"`
	Line          int                `json:"line,omitempty"` // of the Dockerfile that it was made from; 0: of the build command
	Where         string             `json:"where"`          // "Dockerfile", "build command" or "by hand"
	Applicability diag.Applicability `json:"applicability"`
	Dropped       string             `json:"dropped,omitempty"` // why it is not made after all
}

// Where a change is made.
const (
	InFile    = "Dockerfile"
	InCommand = "build command"
	ByHand    = "by hand"
)

func setsEpoch(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Where == InCommand })
}

// fresh are the changes that are not known yet.
func fresh(known, changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool {
		return slices.ContainsFunc(known, func(k Change) bool {
			return k.Cause == c.Cause && k.Title == c.Title && (k.Line == c.Line || c.Where == ByHand)
		})
	})
}

func drop(changes []Change, why string) {
	for i, c := range changes {
		if c.Where == InFile {
			changes[i].Dropped = why
		}
	}
}

// planner collects the edits of one Dockerfile, all against one text.
type planner struct {
	file    *dockerfile.File
	edits   []span.Edit
	changes []Change
	cleans  map[*dockerfile.Instruction]map[string]string // what to remove at its end, and the cause
	dated   map[int]*dockerfile.Instruction               // by stage, the first that needs SOURCE_DATE_EPOCH
	done    map[string]bool
}

// plan draws up what removes the differences: changes, and the text with those that
// it can make. epochSet tells that the builds had SOURCE_DATE_EPOCH already.
func plan(text []byte, differences []Difference, epochSet bool, epoch time.Time) ([]Change, []byte) {
	p := &planner{
		file: dockerfile.Parse(text), cleans: map[*dockerfile.Instruction]map[string]string{},
		dated: map[int]*dockerfile.Instruction{}, done: map[string]bool{},
	}
	if !epochSet && len(differences) > 0 {
		p.changes = append(p.changes, Change{
			Cause: EntryTime, Where: InCommand, Applicability: diag.Safe,
			Title: "build with SOURCE_DATE_EPOCH=" + strconv.FormatInt(epoch.Unix(), 10) + " and rewrite-timestamp=true",
		})
	}
	for _, d := range differences {
		p.settle(d)
	}
	p.removals()
	p.arguments()
	next, err := span.Apply(text, p.edits)
	if err != nil || len(dockerfile.Parse(next).Problems) > len(p.file.Problems) {
		for i := range p.changes {
			if p.changes[i].Where == InFile {
				p.changes[i].Where, p.changes[i].Applicability = ByHand, diag.Manual
			}
		}
		return p.changes, text
	}
	return p.changes, next
}

// settle looks for what removes one difference. What cannot be made is for a person.
func (p *planner) settle(d Difference) {
	in := instructionAt(p.file, d.Line)
	if in == nil || d.Cause == EntryTime {
		if d.Cause != EntryTime {
			p.manual(d)
		}
		return
	}
	made := false
	switch d.Cause {
	case FileMode:
		made = p.chmod(d, in)
	case MachineID:
		made = p.clean(d, in)
	case Bytecode:
		made = p.needDate(d, p.runs(in))
	case EmbeddedDate:
		made = p.commands(d, in, "date") || made
		made = p.needDate(d, p.runs(in)) || made
	case GoPath, GoVCS:
		made = p.commands(d, in, "go")
	case GzipHeader:
		made = p.commands(d, in, "gzip")
	case ArchiveTime, ArchiveOrder:
		made = p.commands(d, in, "tar", "ar", "gcc-ar")
	case RandomOrder:
		made = p.commands(d, in, "find")
	default:
		made = p.clean(d, in)
	}
	if !made {
		p.manual(d)
	}
}

func (p *planner) manual(d Difference) {
	do := remedy(d.Cause)
	key := "hand " + d.Cause + strconv.Itoa(d.Line)
	if p.done[key] {
		return
	}
	p.done[key] = true
	p.changes = append(p.changes, Change{Cause: d.Cause, Title: do, Line: d.Line, Where: ByHand, Applicability: diag.Manual})
}

func (p *planner) change(d Difference, in *dockerfile.Instruction, title string) {
	line, _ := in.LineRange()
	key := fmt.Sprint(d.Cause, line, title)
	if p.done[key] {
		return
	}
	p.done[key] = true
	p.changes = append(p.changes, Change{Cause: d.Cause, Title: title, Line: line, Where: InFile, Applicability: diag.Proven})
}

func remedy(cause string) string {
	for _, c := range Catalogue() {
		if c.ID == cause {
			return c.Do
		}
	}
	return ""
}

// behind lists the instructions that may have made what an instruction's layer
// holds: itself, or those of the stages that it copies from.
func (p *planner) behind(in *dockerfile.Instruction) []*dockerfile.Instruction {
	c, ok := in.Copy()
	if !ok || c.From == "" {
		return []*dockerfile.Instruction{in}
	}
	stage := p.stage(c.From)
	if stage == nil {
		return nil
	}
	var all []*dockerfile.Instruction
	for _, s := range p.file.Needed(stage, nil) {
		all = append(all, s.Instructions...)
	}
	return all
}

func (p *planner) stage(name string) *dockerfile.Stage {
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(p.file.Stages) {
		return p.file.Stages[n]
	}
	return p.file.StageByName(name)
}

func (p *planner) runs(in *dockerfile.Instruction) []*dockerfile.Instruction {
	return slices.DeleteFunc(p.behind(in), func(i *dockerfile.Instruction) bool { return i.Name != "RUN" })
}

// chmod gives the context's files modes that no checkout's umask decides. Files that
// were readable by their owner alone become readable by all: a rebuilt image has to
// pass.
func (p *planner) chmod(d Difference, in *dockerfile.Instruction) bool {
	made := false
	for _, i := range p.behind(in) {
		c, ok := i.Copy()
		if !ok || c.From != "" || c.Chmod != "" {
			continue
		}
		made = true
		if title := "--chmod=u=rwX,go=rX"; !p.done[fmt.Sprint("chmod", i.Span.Start)] {
			p.done[fmt.Sprint("chmod", i.Span.Start)] = true
			p.edits = append(p.edits, p.file.Editor().SetFlag(i, "chmod", "u=rwX,go=rX")...)
			p.change(d, i, title)
		}
	}
	return made
}

// safePath is a path that a shell reads as it is written, patterns apart.
var safePath = regexp.MustCompile(`^/[A-Za-z0-9_./@%+:~*-]+$`)

// clean removes a file that the RUN's own layer holds.
func (p *planner) clean(d Difference, in *dockerfile.Instruction) bool {
	_, what := placed(d.Path)
	if d.Path == "/etc/machine-id" {
		what = d.Path
	}
	if in.Name != "RUN" || what == "" || !safePath.MatchString(what) || strings.Contains(in.Text(), what) {
		return false
	}
	if p.cleans[in] == nil {
		p.cleans[in] = map[string]string{}
	}
	p.cleans[in][what] = d.Cause
	return true
}

// removals writes one rm per RUN.
func (p *planner) removals() {
	for _, in := range p.file.Instructions {
		if len(p.cleans[in]) == 0 {
			continue
		}
		paths := slices.Sorted(maps.Keys(p.cleans[in]))
		var commands []string
		if k := slices.Index(paths, "/etc/machine-id"); k >= 0 {
			commands = append(commands, ": > /etc/machine-id")
			paths = slices.Delete(paths, k, k+1)
		}
		if len(paths) > 0 {
			commands = append(commands, "rm -rf "+strings.Join(paths, " "))
		}
		edits := p.atEnd(in, strings.Join(commands, " && "))
		for _, what := range slices.Sorted(maps.Keys(p.cleans[in])) {
			line, _ := in.LineRange()
			d := Difference{Cause: p.cleans[in][what], Line: line}
			if edits == nil {
				p.manual(d)
				continue
			}
			p.change(d, in, "remove "+what+" where it is written")
		}
		p.edits = append(p.edits, edits...)
	}
}

// atEnd adds commands behind the last one at the top of a RUN's text.
func (p *planner) atEnd(in *dockerfile.Instruction, text string) []span.Edit {
	for _, c := range slices.Backward(p.script(in)) {
		if c.Plain() {
			return c.Append(text)
		}
	}
	return nil
}

func (p *planner) script(in *dockerfile.Instruction) []*shell.Command {
	run, ok := in.Run()
	if !ok {
		return nil
	}
	state := p.file.State(p.file.Stages[in.Stage], in, nil)
	return shell.Parse(run.Command, state.Shell).Commands
}

// needDate declares SOURCE_DATE_EPOCH above instructions that do not see it yet.
// Python, GCC, ar and many other tools write its date in place of the clock's.
func (p *planner) needDate(d Difference, runs []*dockerfile.Instruction) bool {
	made := false
	for _, in := range runs {
		if p.sees(in) {
			continue
		}
		made = true
		if first := p.dated[in.Stage]; first == nil || in.Span.Start < first.Span.Start {
			p.dated[in.Stage] = in
		}
		p.change(d, p.dated[in.Stage], "declare ARG SOURCE_DATE_EPOCH above it")
	}
	return made
}

const dateArgument = "SOURCE_DATE_EPOCH"

// sees tells whether an ARG of the stage declares SOURCE_DATE_EPOCH above.
func (p *planner) sees(in *dockerfile.Instruction) bool {
	for _, i := range p.file.Stages[in.Stage].Instructions {
		if i == in {
			return false
		}
		if i.Name == "ARG" && slices.ContainsFunc(i.KeyValues(), func(kv dockerfile.KeyValue) bool { return kv.Key == dateArgument }) {
			return true
		}
	}
	return false
}

func (p *planner) arguments() {
	for _, stage := range slices.Sorted(maps.Keys(p.dated)) {
		text := "# the one date of what the build writes\nARG " + dateArgument
		p.edits = append(p.edits, p.file.Editor().InsertBefore(p.dated[stage], text)...)
	}
}
