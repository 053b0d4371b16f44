package dockerfile

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// Form says how a command line is written.
type Form int

// The forms of RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD.
const (
	ShellForm  Form = iota // text for the shell
	ExecForm               // JSON array, no shell
	ScriptForm             // RUN <<EOF: the heredoc's body is the text for the shell
	FileForm               // RUN <<EOF with "#!": the body is a program that is run itself
)

// A Command is the command line of a RUN, CMD, ENTRYPOINT or HEALTHCHECK CMD.
type Command struct {
	Form Form
	Args []Word   // exec form: the elements
	Text string   // otherwise: what the shell, or the "#!" program, is given
	Pos  span.Map // of Text

	file *File
}

// Origin is the file that the command stands in, and its escape character.
func (c Command) Origin() (file []byte, escape byte) { return c.file.Source, c.file.Escape }

// Script is the text for the shell and where it stands; empty for the exec form.
func (c Command) Script() (text string, pos span.Map) { return c.Text, c.Pos }

// Exec is the elements of the exec form, each with its place, quotes included;
// ok is false for the other forms.
func (c Command) Exec() (values []string, at []span.Span, ok bool) {
	if c.Form != ExecForm {
		return nil, nil, false
	}
	for _, w := range c.Args {
		values, at = append(values, w.Value), append(at, w.Span)
	}
	return values, at, true
}

// Command reads a RUN, CMD, ENTRYPOINT, HEALTHCHECK CMD or SHELL instruction; ok
// is false for another one.
func (i *Instruction) Command() (c Command, ok bool) {
	lo := i.argLo
	switch i.Name {
	case "RUN":
		if len(i.Heredocs) > 0 {
			return i.script(), true
		}
	case "CMD", "ENTRYPOINT", "SHELL":
	case "HEALTHCHECK":
		kind, rest := i.healthType()
		if !strings.EqualFold(kind, "CMD") {
			return c, false
		}
		lo = rest
	default:
		return c, false
	}
	if i.isJSON {
		return Command{Form: ExecForm, Args: i.jsonWords(), file: i.file}, true
	}
	return Command{Text: i.line[lo:i.argHi], Pos: i.pos.Slice(lo, i.argHi), file: i.file}, true
}

// script is the command of a RUN with heredocs. One that consists of a heredoc
// alone is the heredoc's body; any other is handed to the shell whole, bodies
// and all.
func (i *Instruction) script() Command {
	if _, alone, _ := heredocWord(i.args()); alone {
		return i.bodyScript()
	}
	j := joiner{file: i.file.text}
	for _, r := range i.pos.Slice(i.argLo, i.argHi).Runs() {
		j.add(r)
	}
	for _, h := range i.Heredocs {
		j.literal("\n")
		j.add(h.Body)
		if h.Terminator.Empty() {
			j.literal(h.Name)
		}
		j.add(h.Terminator)
	}
	return Command{Text: j.text(), Pos: j.pos, file: i.file}
}

func (i *Instruction) bodyScript() Command {
	h := i.Heredocs[0]
	j := joiner{file: i.file.text}
	at := h.Body.Start
	for _, line := range strings.SplitAfter(h.Content, "\n") {
		skip := 0
		if h.Chomp {
			skip = len(line) - len(strings.TrimLeft(line, "\t"))
		}
		j.add(span.Span{Start: at + skip, End: at + len(line)})
		at += len(line)
	}
	c := Command{Form: ScriptForm, Text: j.text(), Pos: j.pos, file: i.file}
	if strings.HasPrefix(c.Text, "#!") {
		c.Form = FileForm
	}
	return c
}
