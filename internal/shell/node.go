package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A node is a statement and its place among the others, for edits.
type node struct {
	frame   *frame
	stmt    *syntax.Stmt
	parent  *node // the two-sided command it is a side of; nil in a list
	right   bool  // it is the right side
	list    []*syntax.Stmt
	index   int  // in list
	errexit bool // in a list: set -e holds when it is done
	tail    bool // its status is the text's
}

// top is the statement of a list that the node belongs to.
func (n *node) top() *node {
	for n.parent != nil {
		n = n.parent
	}
	return n
}

// binary is the node's && || or pipe, if it is one.
func (n *node) binary() (*syntax.BinaryCmd, bool) {
	b, ok := n.stmt.Cmd.(*syntax.BinaryCmd)
	return b, ok
}

// start is where the statement begins in the frame.
func start(st *syntax.Stmt) int { return int(st.Pos().Offset()) }

// stop is where the statement ends in the frame: its terminator and the bodies of
// its heredocs, which stand on later lines, are not part of it.
func stop(st *syntax.Stmt) int {
	end := int(st.Position.Offset())
	if st.Negated {
		end++
	}
	switch cmd := st.Cmd.(type) {
	case nil:
	case *syntax.BinaryCmd:
		end = stop(cmd.Y)
	case *syntax.TimeClause:
		end = int(cmd.End().Offset())
		if cmd.Stmt != nil {
			end = stop(cmd.Stmt)
		}
	case *syntax.FuncDecl:
		end = stop(cmd.Body)
	case *syntax.CoprocClause:
		end = stop(cmd.Stmt)
	default:
		end = int(cmd.End().Offset())
	}
	for _, r := range st.Redirs {
		end = max(end, redirEnd(r))
	}
	return end
}

func redirEnd(r *syntax.Redirect) int {
	if r.Word != nil {
		return int(r.Word.End().Offset())
	}
	return int(r.OpPos.Offset())
}

// hasHdoc tells whether a heredoc belongs to the node or a part of it, be its body
// empty.
func hasHdoc(n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Redirect)
		found = found || ok && (r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc)
		return !found
	})
	return found
}

// until is where the statement ends in the frame, without continuations of the
// shell's own that its last word takes along.
func (f *frame) until(st *syntax.Stmt) int { return f.trim(stop(st)) }

// trim moves an offset to before the continuations in front of it.
func (f *frame) trim(hi int) int {
	for {
		rest := strings.TrimSuffix(strings.TrimSuffix(f.text[:hi], "\n"), "\r")
		if len(rest) == hi || !strings.HasSuffix(rest, `\`) {
			return hi
		}
		hi = len(rest) - 1
	}
}
