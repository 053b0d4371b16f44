package dockerfile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/careenhq/careen/span"
)

// A Word is one argument.
type Word struct {
	Value string // as BuildKit's parser hands it on: variables and most quotes still in place
	Span  span.Span

	lo, hi int // within the joined line
}

// Words are the arguments: the elements of a JSON array, or what stands between
// blanks. Quotes do not group; use KeyValues for ENV, LABEL and ARG.
func (i *Instruction) Words() []Word {
	if i.isJSON {
		return i.jsonWords()
	}
	return i.fields(i.argLo, i.argHi)
}

func (i *Instruction) fields(lo, hi int) []Word {
	var words []Word
	for lo < hi {
		at := lo
		for at < hi && !isBlank(i.line[at]) {
			at++
		}
		words = append(words, i.word(lo, at))
		for at < hi && isBlank(i.line[at]) {
			at++
		}
		lo = at
	}
	return words
}

func (i *Instruction) word(lo, hi int) Word {
	return Word{Value: i.line[lo:hi], Span: i.pos.Span(lo, hi), lo: lo, hi: hi}
}

// A KeyValue is one pair of ENV or LABEL, or one argument of ARG.
type KeyValue struct {
	Key       string
	Value     string // quotes and variables still in place; see Expand
	HasValue  bool   // false for "ARG NAME"
	Old       bool   // the form "ENV name value", which takes one pair
	Span      span.Span
	KeySpan   span.Span
	ValueSpan span.Span
}

// KeyValues are the pairs of an ENV, LABEL or ARG instruction; nil for others.
func (i *Instruction) KeyValues() []KeyValue {
	switch i.Name {
	case "ARG":
		return i.assignments()
	case "ENV", "LABEL":
		words := i.quotedWords()
		if len(words) > 0 && !strings.Contains(words[0].Value, "=") {
			return i.oldPair()
		}
		return i.assignments()
	}
	return nil
}

func (i *Instruction) assignments() []KeyValue {
	words := i.quotedWords()
	pairs := make([]KeyValue, 0, len(words))
	for _, w := range words {
		key, value, has := strings.Cut(w.Value, "=")
		eq := w.lo + strings.IndexByte(i.line[w.lo:w.hi], '=')
		kv := KeyValue{Key: key, Value: value, HasValue: has, Span: w.Span, KeySpan: w.Span}
		kv.ValueSpan = span.Span{Start: w.Span.End, End: w.Span.End}
		if has {
			kv.KeySpan, kv.ValueSpan = i.pos.Span(w.lo, eq), i.pos.Span(eq+1, w.hi)
		}
		pairs = append(pairs, kv)
	}
	return pairs
}

// oldPair reads "ENV name the rest is the value".
func (i *Instruction) oldPair() []KeyValue {
	at := i.argLo
	for at < i.argHi && !isBlank(i.line[at]) {
		at++
	}
	if at == i.argHi {
		return nil
	}
	rest := at
	for isBlank(i.line[rest]) {
		rest++
	}
	key, value := i.word(i.argLo, at), i.word(rest, i.argHi)
	return []KeyValue{{
		Key: key.Value, Value: value.Value, HasValue: true, Old: true,
		Span: i.Args, KeySpan: key.Span, ValueSpan: value.Span,
	}}
}

// quotedWords splits the arguments at spaces outside quotes. Quotes and escapes
// stay in the words; an escape character that ends the text is dropped.
func (i *Instruction) quotedWords() []Word {
	s := wordSplitter{text: i.line[:i.argHi], esc: rune(i.file.Escape)}
	var words []Word
	for at := i.argLo; at < i.argHi; {
		r, n := utf8.DecodeRuneInString(i.line[at:])
		if unicode.IsSpace(r) {
			at += n
			continue
		}
		stop, value, ok := s.word(at)
		if ok {
			words = append(words, Word{Value: value, Span: i.pos.Span(at, stop), lo: at, hi: stop})
		}
		at = stop
	}
	return words
}

type wordSplitter struct {
	text string
	esc  rune
}

// word reads the word that begins at and gives the offset behind it. ok is false
// for a word that vanishes: a lone escape character at the end.
func (s wordSplitter) word(at int) (stop int, value string, ok bool) {
	var b strings.Builder
	var quote rune
	quoted := false
	for at < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[at:])
		switch {
		case quote == 0 && unicode.IsSpace(r):
			return at, b.String(), quoted || b.Len() > 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, quoted = r, true
		case quote == r:
			quote = 0
		case r == s.esc && quote != '\'':
			if at+n == len(s.text) {
				return at + n, b.String(), quoted || b.Len() > 0
			}
			b.WriteRune(r)
			at += n
			r, n = utf8.DecodeRuneInString(s.text[at:])
		}
		b.WriteRune(r)
		at += n
	}
	return at, b.String(), quoted || b.Len() > 0
}
