package shell

import "github.com/careenhq/careen/span"

// A Command is one simple command.
type Command struct {
	Name     string     // last path element of the program, wrappers seen through; "" when computed or absent
	Args     []Word     // what follows the name
	Words    []Word     // all words, wrappers and their options included
	Assigns  []Assign   // NAME=value before it, those given to env included
	Redirs   []Redirect // < > >> and so on, of this command alone
	Wrappers []string   // names of the wrappers, outermost first: "sudo", "env", "sh"
	Span     span.Span  // first word to last word or redirection

	Join   Join // to what stands before it in the same list
	Nest   Nest
	Fatal  bool // its failure fails the whole text
	Always bool // whenever the whole text succeeds, it has run

	frame *frame // nil for the exec form
	exec  *Script
	node  *node
	lo    int
	hi    int // within the frame, redirections included
}

// A Join is how a command hangs on what stands before it.
type Join int

// The joints. A command nested in another construct has the construct's joint
// when it is the first there.
const (
	First Join = iota // nothing stands before it
	Next              // ';' or a newline
	And               // &&
	Or                // ||
	Pipe              // | or |&
)

// Nest says what a command stands in.
type Nest uint16

// The nestings; several may hold.
const (
	InSubshell     Nest = 1 << iota // ( … )
	InLoop                          // for, while, until, select
	InBranch                        // if, case, or the right of ||
	InFunction                      // the body of a function
	InSubstitution                  // $( … ), ` … `, <( … )
	InPipe                          // part of a pipeline
	InBackground                    // … &
	InText                          // the text given to sh -c
)

// A Word is one word of a command.
type Word struct {
	Value   string    // quotes and escapes removed; as written when not Literal
	Literal bool      // the shell computes nothing in it
	Glob    bool      // an unquoted *, ? or [: the shell may put file names in its place
	Span    span.Span // in the file

	lo, hi int
}

// An Assign is a NAME=value before a command, or standing alone.
type Assign struct {
	Name  string
	Value Word // of the part behind the '='
	Span  span.Span
}

// A Redirect is one redirection.
type Redirect struct {
	Op     string // ">", ">>", "<", "<<", "2>" has Op ">" and FD "2"
	FD     string // as written; "" when absent
	Target Word
}

// Texts are the values of the arguments, for the tables of internal/ecosystem.
// What is computed is given as written, as "$PACKAGES".
func (c *Command) Texts() []string {
	out := make([]string, len(c.Args))
	for k, w := range c.Args {
		out[k] = w.Value
	}
	return out
}

// Literals are the values of the arguments; ok is false when the shell computes
// one of them.
func (c *Command) Literals() (values []string, ok bool) {
	for _, w := range c.Args {
		if !w.Literal || w.Glob {
			return nil, false
		}
	}
	return c.Texts(), true
}

// Has tells whether one of the arguments is literally value.
func (c *Command) Has(value string) bool { return c.find(value) >= 0 }

// Arg is the first argument that is literally value, or the zero Word.
func (c *Command) Arg(value string) Word {
	if k := c.find(value); k >= 0 {
		return c.Args[k]
	}
	return Word{}
}

func (c *Command) find(value string) int {
	for k, w := range c.Args {
		if w.Literal && w.Value == value {
			return k
		}
	}
	return -1
}

// Env is the value a NAME=value before the command gives it.
func (c *Command) Env(name string) (value Word, ok bool) {
	for _, a := range c.Assigns {
		if a.Name == name {
			value, ok = a.Value, true
		}
	}
	return value, ok
}

// Plain tells whether the command stands at the top of the text, in no branch,
// loop, function, pipe, subshell or background: whatever it does is done in the
// order of the text.
func (c *Command) Plain() bool { return c.Nest&^InText == 0 }

// Shares tells whether d stands in the same list of statements joined by &&, ||
// and pipes.
func (c *Command) Shares(d *Command) bool {
	return c.node != nil && d.node != nil && c.node.top() == d.node.top()
}
