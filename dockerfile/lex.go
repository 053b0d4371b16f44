package dockerfile

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// eof is what a lexer reads behind the last rune.
const eof rune = -1

// A lexer substitutes variables, removes quotes and splits words with the rules
// of BuildKit's Dockerfile frontend (frontend/dockerfile/shell), which resemble
// a POSIX shell's but are not the same.
type lexer struct {
	text string
	pos  int
	esc  rune

	lookup     Lookup
	rawQuotes  bool // keep quotes
	rawEscapes bool // keep escape characters
	keepUnset  bool // leave variables that are not set as they are

	word   strings.Builder // the word being read; shared by nested calls
	wordAt int             // where it began
}

// lexWord is one word with the place it came from.
type lexWord struct {
	text   string
	lo, hi int
}

func (l *lexer) peek() rune {
	if l.pos >= len(l.text) {
		return eof
	}
	if c := l.text[l.pos]; c < utf8.RuneSelf {
		return rune(c)
	}
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	return r
}

func (l *lexer) next() rune {
	if l.pos >= len(l.text) {
		return eof
	}
	r, n := utf8.DecodeRuneInString(l.text[l.pos:])
	l.pos += n
	return r
}

// run reads the whole text.
func (l *lexer) run() (string, []lexWord, error) {
	// A byte order mark that opens the text is not part of it.
	if strings.HasPrefix(l.text, byteOrderMark) {
		l.pos = len(byteOrderMark)
	}
	return l.until(eof, l.rawEscapes, false)
}

// words collects what until reads, split at spaces.
type words struct {
	l      *lexer
	list   []lexWord
	inWord bool
}

func (w *words) char(r rune, at int) {
	switch {
	case !unicode.IsSpace(r):
		w.raw(r, at)
	case w.inWord && w.l.word.Len() > 0:
		w.flush(at)
	}
}

func (w *words) raw(r rune, at int) {
	if w.l.word.Len() == 0 {
		w.l.wordAt = at
	}
	w.l.word.WriteRune(r)
	w.inWord = true
}

func (w *words) rawString(s string, at int) {
	if w.l.word.Len() == 0 {
		w.l.wordAt = at
	}
	w.l.word.WriteString(s)
	w.inWord = true
}

// flush ends the word being read, if any, at the source offset hi.
func (w *words) flush(hi int) {
	if w.l.word.Len() == 0 {
		return
	}
	w.list = append(w.list, lexWord{w.l.word.String(), w.l.wordAt, hi})
	w.l.word.Reset()
	w.inWord = false
}

// until reads up to and including stop, which eof stands for the end of the text.
// rawEscapes keeps escape characters; pattern doubles them inside quotes, so
// that the pattern of a substitution can be read a second time.
func (l *lexer) until(stop rune, rawEscapes, pattern bool) (string, []lexWord, error) {
	var out strings.Builder
	l.word.Reset()
	w := words{l: l}
	defer func(was bool) { l.rawEscapes = was }(l.rawEscapes)
	l.rawEscapes = rawEscapes

	for l.peek() != eof {
		at := l.pos
		if stop != eof && l.peek() == stop {
			l.next()
			w.flush(at)
			return out.String(), w.list, nil
		}
		if special, s, err := l.special(pattern); err != nil {
			return "", nil, err
		} else if special {
			out.WriteString(s)
			if l.text[at] == '$' {
				for _, r := range s {
					w.char(r, at)
				}
			} else {
				w.rawString(s, at)
			}
			continue
		}
		if !l.plain(&w, &out) {
			break
		}
	}
	if stop != eof {
		return "", nil, fmt.Errorf("unexpected end of statement while looking for matching %s", string(stop))
	}
	w.flush(len(l.text))
	return out.String(), w.list, nil
}

// special reads a variable, a quoted part or a redirection if one begins here.
func (l *lexer) special(pattern bool) (special bool, s string, err error) {
	switch l.peek() {
	case '$':
		s, err = l.dollar()
	case '<':
		s = l.redirection()
	case '\'':
		s, err = l.singleQuoted(pattern)
	case '"':
		s, err = l.doubleQuoted(pattern)
	default:
		return false, "", nil
	}
	return true, s, err
}

// plain reads one ordinary or escaped rune; false at an escape that ends the text.
func (l *lexer) plain(w *words, out *strings.Builder) bool {
	at := l.pos
	r := l.next()
	if r != l.esc {
		w.char(r, at)
		out.WriteRune(r)
		return true
	}
	if l.rawEscapes {
		w.raw(r, at)
		out.WriteRune(r)
	}
	if r = l.next(); r == eof {
		return false
	}
	w.raw(r, at)
	out.WriteRune(r)
	return true
}

func (l *lexer) singleQuoted(pattern bool) (string, error) {
	var out strings.Builder
	l.quote(&out)
	for {
		switch r := l.next(); {
		case r == eof:
			return "", errors.New("unexpected end of statement while looking for matching single-quote")
		case r == '\'':
			if l.rawQuotes {
				out.WriteRune(r)
			}
			return out.String(), nil
		case pattern && r == l.esc:
			out.WriteRune(r)
			fallthrough
		default:
			out.WriteRune(r)
		}
	}
}

// quote reads a quotation mark.
func (l *lexer) quote(out *strings.Builder) {
	if r := l.next(); l.rawQuotes {
		out.WriteRune(r)
	}
}

func (l *lexer) doubleQuoted(pattern bool) (string, error) {
	var out strings.Builder
	l.quote(&out)
	for {
		switch l.peek() {
		case eof:
			return "", errors.New("unexpected end of statement while looking for matching double-quote")
		case '"':
			l.quote(&out)
			return out.String(), nil
		case '$':
			s, err := l.dollar()
			if err != nil {
				return "", err
			}
			out.WriteString(s)
		default:
			l.quotedRune(&out, pattern)
		}
	}
}

// quotedRune reads a rune between double quotes. Only the quote, '$' and the
// escape character itself can be escaped there.
func (l *lexer) quotedRune(out *strings.Builder, pattern bool) {
	r := l.next()
	if r == l.esc {
		switch l.peek() {
		case eof:
			return
		case '"', '$', l.esc:
			if l.rawEscapes {
				out.WriteRune(r)
			}
			r = l.next()
		default:
			if l.rawEscapes && (!l.rawQuotes || pattern) {
				out.WriteRune(r)
			}
		}
	}
	out.WriteRune(r)
}

// redirection reads '<', or "<<" with the blanks that may stand before a heredoc's
// name, so that both come out as one word.
func (l *lexer) redirection() string {
	at := l.pos
	l.next()
	if l.peek() != '<' {
		return "<"
	}
	l.next()
	for c := l.peek(); c == ' ' || c == '\t' || c == '\r'; c = l.peek() {
		l.next()
	}
	return l.text[at:l.pos]
}
