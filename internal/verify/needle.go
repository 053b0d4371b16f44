package verify

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// needles finds which of many words occur in a stream, in one pass. A program that
// opens a file by name holds that name somewhere; in a Go program the strings lie
// back to back, so no boundary around a word is asked for. In a text a word ends
// where the name does: /usr/bin/ldd does not name /usr/bin/ld.
//
// The first four bytes of every word are kept in a bit set of hashes, which nearly
// all positions of a stream fail; the few others are compared word by word.
type needles struct {
	byPrefix map[uint32][]string
	filter   [1 << 13]uint64
	longest  int
	buffer   []byte // of one search at a time
}

// minNeedle is the shortest word that is looked for: shorter ones occur in every
// program by chance.
const minNeedle = 4

func newNeedles(words []string) *needles {
	n := &needles{byPrefix: map[uint32][]string{}}
	for _, word := range words {
		if len(word) < minNeedle {
			continue
		}
		prefix := binary.LittleEndian.Uint32([]byte(word[:minNeedle]))
		if slices.Contains(n.byPrefix[prefix], word) {
			continue
		}
		n.byPrefix[prefix] = append(n.byPrefix[prefix], word)
		n.longest = max(n.longest, len(word))
		h := needleHash(prefix)
		n.filter[h>>6] |= 1 << (h & 63)
	}
	return n
}

// needleHash spreads four bytes over 19 bits (Fibonacci hashing).
func needleHash(prefix uint32) uint32 { return prefix * 2654435769 >> 13 }

// search calls found for every word that occurs in r, at least once each. It is for one
// goroutine.
func (n *needles) search(r io.Reader, found func(word string)) error {
	if len(n.byPrefix) == 0 {
		return nil
	}
	if n.buffer == nil {
		n.buffer = make([]byte, 1<<18+n.longest)
	}
	buffer := n.buffer[:0]
	text := true // until a zero byte tells otherwise
	for {
		room := buffer[len(buffer):cap(buffer)]
		read, err := io.ReadFull(r, room)
		buffer = buffer[:len(buffer)+read]
		text = text && bytes.IndexByte(buffer, 0) < 0
		n.scan(part{buffer, text, err == nil}, found)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
		// A word that began at the end of this part ends in the next.
		kept := copy(buffer[:n.longest], buffer[len(buffer)-n.longest:])
		buffer = buffer[:kept]
	}
}

// A part is a piece of a stream.
type part struct {
	bytes []byte
	text  bool // no zero byte came so far
	more  bool // the stream may go on: what ends here is met again in the next part
}

func (n *needles) scan(p part, found func(string)) {
	for i := 0; i+minNeedle <= len(p.bytes); i++ {
		prefix := binary.LittleEndian.Uint32(p.bytes[i:])
		h := needleHash(prefix)
		if n.filter[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, word := range n.byPrefix[prefix] {
			if p.names(word, i) {
				found(word)
			}
		}
	}
}

// names tells whether the word stands at an offset, and is not the beginning of a
// longer name or, an absolute path, the end of another.
func (p part) names(word string, at int) bool {
	end := at + len(word)
	if end > len(p.bytes) || string(p.bytes[at:end]) != word {
		return false
	}
	if p.text && word[0] == '/' && at > 0 && isNameByte(p.bytes[at-1]) {
		return false
	}
	rest := p.bytes[end:]
	if len(rest) == 0 {
		return !p.more
	}
	return !longerName(word, rest) && !(p.text && isNameByte(word[len(word)-1]) && isNameByte(rest[0]))
}

// isNameByte tells whether a byte is one of those that names are made of without
// doubt: a dot or a dash may as well end a sentence or come before a placeholder.
func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// longerName tells whether a library's name goes on with a version: libc.so is
// another file than libc.so.6.
func longerName(word string, rest []byte) bool {
	return isLibrary(word) && len(rest) > 1 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9'
}
