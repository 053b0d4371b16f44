package dockerfile

import (
	"strconv"
	"strings"

	"github.com/careenhq/careen/span"
)

// heredocs reads the bodies that the instruction announces.
func (p *parser) heredocs(i *Instruction) {
	if !i.mayHaveHeredocs() || !strings.Contains(i.line, "<<") {
		return
	}
	l := heredocLexer(i.line)
	l.rawQuotes, l.rawEscapes = true, true
	_, words, err := l.run()
	if err != nil {
		return // BuildKit takes an unbalanced line as one without heredocs
	}
	for _, w := range words {
		at := i.pos.Span(w.lo, w.hi)
		h, ok, err := heredocWord(w.text)
		if err != nil {
			p.f.problem(at, "malformed heredoc name")
			return
		}
		if ok {
			h.Word = at
			p.body(&h)
			i.Heredocs = append(i.Heredocs, h)
			end := max(h.Terminator.End, h.Body.End)
			i.Span.End = i.lines.Start + len(strings.TrimRight(p.text[i.lines.Start:end], "\r\n"))
			if h.Terminator.Empty() {
				i.Span.End = max(i.Span.End, h.Body.Start)
			}
			i.lines.End = p.pos
		}
	}
	if i.Trigger != nil {
		i.Trigger.Heredocs = i.Heredocs
		i.Trigger.Span.End, i.Trigger.lines = i.Span.End, i.lines
	}
}

func (i *Instruction) mayHaveHeredocs() bool {
	if i.Trigger != nil {
		i = i.Trigger
	}
	switch i.Name {
	case "RUN", "COPY", "ADD":
		return !i.isJSON
	}
	return false
}

// body reads the lines up to the heredoc's terminator.
func (p *parser) body(h *Heredoc) {
	h.Body = span.Span{Start: p.pos, End: p.pos}
	for p.pos < len(p.text) {
		ln := p.next()
		start := ln.start
		if h.Chomp {
			start = ln.stop - len(strings.TrimLeft(p.text[ln.start:ln.stop], "\t"))
		}
		if p.text[start:ln.stop] == h.Name {
			h.Terminator = span.Span{Start: start, End: ln.stop}
			h.Content = h.Body.Text(p.f.Source)
			return
		}
		h.Body.End = ln.end
	}
	h.Content = p.text[h.Body.Start:h.Body.End]
	h.Terminator = span.Span{Start: h.Body.End, End: h.Body.End}
	p.f.problem(h.Word, "heredoc is not closed by a line "+strconv.Quote(h.Name))
}

// heredocWord takes a word apart as "3<<-EOF"; ok is false when it is none.
func heredocWord(word string) (h Heredoc, ok bool, err error) {
	digits := len(word) - len(strings.TrimLeft(word, "0123456789"))
	rest, found := strings.CutPrefix(word[digits:], "<<")
	if !found {
		return h, false, nil
	}
	h.FD, _ = strconv.ParseUint(word[:digits], 10, 0)
	rest, h.Chomp = strings.CutPrefix(rest, "-")
	rest = strings.TrimLeft(rest, asciiSpace)
	if rest == "" || strings.Contains(rest, "<") {
		return h, false, nil
	}
	plain, raw, err := heredocNames(rest)
	if err != nil || len(plain) != 1 || len(raw) != 1 {
		return h, false, err
	}
	h.Name = plain[0].text
	h.Expand = quotes(plain[0].text) == quotes(raw[0].text)
	return h, true, nil
}

// heredocNames reads the name twice: without its quotes and with them.
func heredocNames(s string) (plain, raw []lexWord, err error) {
	l := heredocLexer(s)
	if _, plain, err = l.run(); err != nil || len(plain) != 1 {
		return plain, nil, err
	}
	l = heredocLexer(s)
	l.rawQuotes = true
	_, raw, err = l.run()
	return plain, raw, err
}

// heredocLexer splits words the way BuildKit looks for heredocs: always with a
// backslash as the escape character, and no variable known.
func heredocLexer(s string) lexer {
	unset := func(string) (string, bool) { return "", false }
	return lexer{text: s, esc: '\\', lookup: unset, keepUnset: true}
}

func quotes(s string) int { return strings.Count(s, "'") + strings.Count(s, `"`) }
