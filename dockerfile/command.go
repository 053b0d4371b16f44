package dockerfile

import "strings"

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
	Args []Word // exec form: the elements
	Text string // otherwise: what the shell, or the "#!" program, is given
	Pos  Map    // of Text
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
		return Command{Form: ExecForm, Args: i.jsonWords()}, true
	}
	return Command{Text: i.line[lo:i.argHi], Pos: i.pos.slice(lo, i.argHi)}, true
}

// script is the command of a RUN with heredocs. One that consists of a heredoc
// alone is the heredoc's body; any other is handed to the shell whole, bodies
// and all.
func (i *Instruction) script() Command {
	if _, alone, _ := heredocWord(i.args()); alone {
		return i.bodyScript()
	}
	j := joiner{file: i.file.text}
	for _, r := range i.pos.slice(i.argLo, i.argHi).runs {
		j.add(r.off, r.off+r.n)
	}
	for _, h := range i.Heredocs {
		j.literal("\n")
		j.add(h.Body.Start, h.Body.End)
		if h.Terminator.Empty() {
			j.literal(h.Name)
		}
		j.add(h.Terminator.Start, h.Terminator.End)
	}
	return Command{Text: j.text(), Pos: j.pos}
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
		j.add(at+skip, at+len(line))
		at += len(line)
	}
	c := Command{Form: ScriptForm, Text: j.text(), Pos: j.pos}
	if strings.HasPrefix(c.Text, "#!") {
		c.Form = FileForm
	}
	return c
}
