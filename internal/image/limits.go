package image

import (
	"errors"
	"fmt"
)

// Limits bound what an untrusted image may make the reader do. Zero fields mean
// the defaults.
type Limits struct {
	Bytes   int64 // unpacked bytes of one layer; default 64 GiB
	Entries int   // entries of one layer, and directories that a layer implies; default 5 million
}

// ErrTooLarge is a layer beyond the limits: a decompression bomb, or a limit to raise.
var ErrTooLarge = errors.New("layer exceeds the limit")

func (l Limits) bytes() int64 {
	if l.Bytes > 0 {
		return l.Bytes
	}
	return 64 << 30
}

func (l Limits) entries() int {
	if l.Entries > 0 {
		return l.Entries
	}
	return 5_000_000
}

func tooManyBytes(limit int64) error { return fmt.Errorf("%w of %d bytes", ErrTooLarge, limit) }

func tooManyEntries(limit int) error { return fmt.Errorf("%w of %d entries", ErrTooLarge, limit) }

// maxName is Linux's PATH_MAX: nothing can unpack a longer name or link.
const maxName = 4096
