package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call lists a simple command.
func (w *walker) call(n *node, st *syntax.Stmt, call *syntax.CallExpr, ctx context) {
	w.substitutions(n.frame, call, ctx)
	c := &Command{}
	for _, a := range call.Assigns {
		c.Assigns = append(c.Assigns, n.frame.assign(a))
	}
	for _, word := range call.Args {
		c.Words = append(c.Words, n.frame.word(word))
	}
	w.add(n, st, c, ctx)
}

// declare lists an export, readonly or declare, which the grammar keeps apart.
func (w *walker) declare(n *node, st *syntax.Stmt, decl *syntax.DeclClause, ctx context) {
	w.substitutions(n.frame, decl, ctx)
	c := &Command{Name: decl.Variant.Value}
	for _, a := range decl.Args {
		if a.Name != nil {
			c.Assigns = append(c.Assigns, n.frame.assign(a))
		}
	}
	w.add(n, st, c, ctx)
}

func (f *frame) assign(a *syntax.Assign) Assign {
	out := Assign{Name: a.Name.Value, Span: f.span(int(a.Pos().Offset()), int(a.End().Offset()))}
	if a.Value != nil {
		out.Value = f.word(a.Value)
	} else {
		out.Value.Literal = a.Array == nil
	}
	return out
}

// add completes a command of the frame and lists it.
func (w *walker) add(n *node, st *syntax.Stmt, c *Command, ctx context) {
	f := n.frame
	c.frame, c.node = f, n
	c.lo, c.hi = start(st), f.until(st)
	c.Span = f.span(c.lo, c.hi)
	for _, r := range st.Redirs {
		c.Redirs = append(c.Redirs, f.redirect(r))
	}
	c.Nest, c.Join, c.Always = ctx.nest, ctx.join, ctx.always
	c.Fatal = ctx.tail || w.errexit && !ctx.guard
	w.finish(c, ctx)
	if c.Name == "set" && c.Nest&(InBranch|InLoop|InFunction|InBackground) == 0 {
		w.setAll(c.Args)
		c.Fatal = ctx.tail || w.errexit && !ctx.guard
	}
}

// setAll follows the arguments of a "set".
func (w *walker) setAll(args []Word) {
	for k, word := range args {
		next := ""
		if k+1 < len(args) {
			next = args[k+1].Value
		}
		w.set(word.Value, next)
	}
}

func (f *frame) redirect(r *syntax.Redirect) Redirect {
	out := Redirect{Op: r.Op.String()}
	if r.N != nil {
		out.FD = r.N.Value
	}
	if r.Word != nil {
		out.Target = f.word(r.Word)
	}
	return out
}

// finish sees through wrappers and lists the command, or the commands of the
// text that it hands to a shell.
func (w *walker) finish(c *Command, ctx context) {
	c.Wrappers = ctx.wraps
	words := c.unwrap()
	if len(words) == 0 {
		w.s.Commands = append(w.s.Commands, c)
		return
	}
	if words[0].Literal && !words[0].Glob {
		c.Name = base(words[0].Value)
	}
	c.Args = words[1:]
	if inner := c.shellText(); inner != nil {
		w.inner(c, inner, ctx)
		return
	}
	w.s.Commands = append(w.s.Commands, c)
}

// inner lists the commands of the text given to a "sh -c".
func (w *walker) inner(c *Command, f *frame, ctx context) {
	if _, err := f.parse(); err != nil {
		w.s.Commands = append(w.s.Commands, c)
		return
	}
	ctx.wraps = wrapped(c.Wrappers, c.Name)
	w.scoped(func() {
		w.errexit, w.pipefail = false, false
		for k, arg := range c.Args {
			if strings.HasPrefix(arg.Value, "-") && k+1 < len(c.Args) {
				w.set(arg.Value, c.Args[k+1].Value)
			}
		}
		ctx.tail = c.Fatal
		ctx.guard = false
		w.text(f, &ctx)
	})
}

// shellText is the text that the command hands to a shell by -c, when it is
// literal and stands in the file as it is.
func (c *Command) shellText() *frame {
	if !isShell(c.Name) {
		return nil
	}
	for k, arg := range c.Args {
		if !arg.Literal || !strings.HasPrefix(arg.Value, "-") && !strings.HasPrefix(arg.Value, "+") {
			if arg.Value != "pipefail" && arg.Value != "errexit" {
				return nil
			}
			continue
		}
		if flag := arg.Value; !strings.HasPrefix(flag, "--") && strings.HasSuffix(flag, "c") && k+1 < len(c.Args) {
			return c.open(c.Args[k+1])
		}
	}
	return nil
}

// open makes a frame of the inside of a word.
func (c *Command) open(w Word) *frame {
	if c.frame == nil {
		return c.exec.element(w)
	}
	lo, hi, quote, ok := c.frame.pure(w)
	if !ok || c.frame.depth >= maxDepth {
		return nil
	}
	forbid := map[string]string{"": " \t'\"$`\\&;|<>()*?[", "'": "'", `"`: "\"$`\\"}[quote]
	return &frame{
		s: c.frame.s, text: w.Value, pos: c.frame.pos.Slice(lo, hi),
		forbid: c.frame.forbid + forbid, depth: c.frame.depth + 1,
	}
}
