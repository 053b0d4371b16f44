package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/span"
)

// A walker lists the commands of a script.
type walker struct {
	s        *Script
	errexit  bool
	pipefail bool
}

// context is what holds for a statement.
type context struct {
	nest   Nest
	join   Join
	tail   bool // its status is the text's
	guard  bool // "set -e" does not look at it
	always bool
	wraps  []string // wrappers around it
}

// maxDepth bounds "sh -c" inside "sh -c", and maxNest the grammar's depth.
const maxDepth = 4

// text lists the commands of a frame. outer is the context of the sh -c that
// was given the text; nil for the whole.
func (w *walker) text(f *frame, outer *context) {
	file, err := f.parse()
	if err != nil {
		if outer == nil {
			w.s.Err = err
		}
		return
	}
	w.s.hdoc = w.s.hdoc || strings.Contains(f.text, "<<") && hasHdoc(file)
	ctx := context{tail: true, always: true}
	if outer != nil {
		ctx = *outer
		ctx.nest |= InText
	}
	w.list(f, file.Stmts, ctx)
}

// list walks statements that follow each other. Only the last one's status is the
// list's.
func (w *walker) list(f *frame, stmts []*syntax.Stmt, ctx context) {
	for k, st := range stmts {
		c := ctx
		c.tail = ctx.tail && k == len(stmts)-1
		if k > 0 {
			c.join = Next
		}
		n := &node{frame: f, stmt: st, list: stmts, index: k, tail: c.tail}
		w.stmt(n, c)
		n.errexit = w.errexit
	}
}

func (w *walker) stmt(n *node, ctx context) {
	if n.stmt.Background || n.stmt.Coprocess || n.stmt.Disown {
		ctx.nest |= InBackground
		ctx.tail, ctx.guard = false, true
	}
	if n.stmt.Negated {
		ctx.tail, ctx.guard = false, true
	}
	w.command(n, n.stmt, ctx)
}

// command walks what a statement holds. st is n's statement, or the one that a
// "time" in front of it stands for.
func (w *walker) command(n *node, st *syntax.Stmt, ctx context) {
	w.redirected(n.frame, st, ctx)
	switch cmd := st.Cmd.(type) {
	case *syntax.CallExpr:
		w.call(n, st, cmd, ctx)
	case *syntax.DeclClause:
		w.declare(n, st, cmd, ctx)
	case *syntax.TestClause:
		w.add(n, st, &Command{Name: "[["}, ctx)
	case *syntax.BinaryCmd:
		w.binary(n, cmd, ctx)
	case *syntax.TimeClause:
		if cmd.Stmt != nil {
			ctx.wraps = wrapped(ctx.wraps, "time")
			w.command(n, cmd.Stmt, ctx)
		}
	default:
		w.compound(n.frame, cmd, ctx)
	}
}

// compound walks the commands that hold lists.
func (w *walker) compound(f *frame, cmd syntax.Command, ctx context) {
	switch cmd := cmd.(type) {
	case *syntax.Block:
		w.list(f, cmd.Stmts, ctx)
	case *syntax.Subshell:
		w.scoped(func() { w.list(f, cmd.Stmts, ctx.in(InSubshell)) })
	case *syntax.IfClause:
		w.branches(f, cmd, ctx)
	case *syntax.WhileClause:
		w.list(f, cmd.Cond, ctx.in(InLoop).condition())
		w.list(f, cmd.Do, ctx.in(InLoop).sometimes())
	case *syntax.ForClause:
		w.substitutions(f, cmd.Loop, ctx)
		w.list(f, cmd.Do, ctx.in(InLoop).sometimes())
	case *syntax.CaseClause:
		w.substitutions(f, cmd.Word, ctx)
		for _, item := range cmd.Items {
			c := ctx.in(InBranch)
			c.always = false
			w.list(f, item.Stmts, c)
		}
	case *syntax.FuncDecl:
		w.scoped(func() { w.list(f, []*syntax.Stmt{cmd.Body}, ctx.in(InFunction).sometimes()) })
	case *syntax.CoprocClause:
		w.list(f, []*syntax.Stmt{cmd.Stmt}, ctx.in(InBackground).sometimes())
	}
}

func (w *walker) branches(f *frame, cmd *syntax.IfClause, ctx context) {
	for first := true; cmd != nil; cmd, first = cmd.Else, false {
		cond := ctx.in(InBranch).condition()
		cond.always = ctx.always && first
		w.list(f, cmd.Cond, cond)
		then := ctx.in(InBranch)
		then.always = false
		w.list(f, cmd.Then, then)
	}
}

// binary walks the two sides of && || and pipes. In "a && b" and "a || b" set -e
// looks only at b, and b's status, or a's failure, is the whole's.
func (w *walker) binary(n *node, cmd *syntax.BinaryCmd, ctx context) {
	left, right := ctx, ctx
	switch cmd.Op {
	case syntax.AndStmt:
		left.guard = true
		right.join = And
		right.always = ctx.always && ctx.tail
	case syntax.OrStmt:
		left.guard, left.tail = true, false
		right.join, right.always = Or, false
		right.nest |= InBranch
	default:
		left.nest, right.nest = left.nest|InPipe, right.nest|InPipe
		right.join = Pipe
		if !w.pipefail {
			left.guard, left.tail = true, false
		}
	}
	w.side(n, cmd.X, false, left)
	w.side(n, cmd.Y, true, right)
}

func (w *walker) side(parent *node, st *syntax.Stmt, right bool, ctx context) {
	w.stmt(&node{frame: parent.frame, stmt: st, parent: parent, right: right, tail: ctx.tail}, ctx)
}

// in is the context inside a construct.
func (c context) in(n Nest) context {
	c.nest |= n
	return c
}

// condition is the context of what an if or while looks at.
func (c context) condition() context {
	c.tail, c.guard = false, true
	return c
}

// sometimes is the context of what may run many times, or never.
func (c context) sometimes() context {
	c.tail, c.always = false, false
	return c
}

// scoped walks with options that do not outlive it.
func (w *walker) scoped(walk func()) {
	errexit, pipefail := w.errexit, w.pipefail
	walk()
	w.errexit, w.pipefail = errexit, pipefail
}

// substitutions walks the commands inside words.
func (w *walker) substitutions(f *frame, in syntax.Node, ctx context) {
	ctx = ctx.in(InSubstitution).condition()
	ctx.join = First
	syntax.Walk(in, func(n syntax.Node) bool {
		var stmts []*syntax.Stmt
		switch n := n.(type) {
		case *syntax.CmdSubst:
			stmts = n.Stmts
		case *syntax.ProcSubst:
			stmts = n.Stmts
		default:
			return true
		}
		w.scoped(func() { w.list(f, stmts, ctx) })
		return false
	})
}

// redirected walks the commands inside the words of redirections.
func (w *walker) redirected(f *frame, st *syntax.Stmt, ctx context) {
	for _, r := range st.Redirs {
		for _, word := range []*syntax.Word{r.Word, r.Hdoc} {
			if word != nil {
				w.substitutions(f, word, ctx)
			}
		}
	}
}

// exec lists the one command of the exec form.
func (w *walker) exec(values []string, at []span.Span) {
	c := &Command{Fatal: true, Always: true, exec: w.s}
	for k, v := range values {
		c.Words = append(c.Words, Word{Value: v, Literal: true, Span: at[k], lo: k, hi: k + 1})
	}
	if len(at) > 0 {
		c.Span = span.Span{Start: at[0].Start, End: at[len(at)-1].End}
	}
	w.finish(c, context{tail: true, always: true})
}
