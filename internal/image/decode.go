package image

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// chunkSize and chunkCount size the buffers between unpacking and reading a
// layer, which run side by side.
const (
	chunkSize  = 256 << 10
	chunkCount = 4
)

// maxWindow is the largest zstd window that a layer may ask for, in bytes: what
// `zstd --long=27` needs.
const maxWindow = 128 << 20

// A stream is the tar of a layer while it is read. The blob is fetched, checked
// against its digest and unpacked in a goroutine of its own.
type stream struct {
	ctx   context.Context
	full  chan chunk
	free  chan []byte
	stop  chan struct{}
	ended chan struct{}
	blob  io.ReadCloser

	current []byte    // not yet read
	lent    []byte    // buffer behind current
	err     error     // after current
	sum     hash.Hash // of the tar; nil: not wanted
	n       int64
	limit   int64
}

type chunk struct {
	data []byte
	err  error
}

// unpack starts to read the layer. The caller closes the stream.
func (l Layer) unpack(ctx context.Context, limit int64) (*stream, error) {
	blob, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	s := &stream{
		ctx: ctx, blob: blob, limit: limit, sum: sha256.New(),
		full: make(chan chunk, chunkCount), free: make(chan []byte, chunkCount),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	for range chunkCount {
		s.free <- make([]byte, chunkSize)
	}
	want := l.Digest
	if want == l.DiffID {
		want = "" // a plain blob: its bytes are summed once, as the tar
	}
	go s.fill(want)
	return s, nil
}

func (s *stream) fill(digest string) {
	defer close(s.ended)
	defer close(s.full)
	counted := &summed{r: s.blob}
	if digest != "" {
		counted.sum = sha256.New()
	}
	raw := bufio.NewReaderSize(counted, 64<<10)
	plain, err := decompress(raw)
	if err != nil {
		s.send(chunk{err: err})
		return
	}
	defer plain.Close()
	for {
		var buf []byte
		select {
		case buf = <-s.free:
		case <-s.stop:
			return
		}
		n, err := io.ReadFull(plain, buf)
		if err == io.ErrUnexpectedEOF || err == io.EOF { //nolint:errorlint // a wrapped one is a blob that ends early
			err = endOf(raw, counted, digest, plain)
		}
		if !s.send(chunk{buf[:n], err}) || err != nil {
			return
		}
	}
}

func (s *stream) send(c chunk) bool {
	select {
	case s.full <- c:
		return true
	case <-s.stop:
		return false
	}
}

// endOf reads what follows the packed tar and compares the blob's digest. It is
// io.EOF when all is well.
func endOf(raw io.Reader, counted *summed, digest string, plain *unpacker) error {
	if plain.failed != nil {
		return plain.failed
	}
	if _, err := io.Copy(io.Discard, raw); err != nil {
		return err
	}
	if counted.sum == nil {
		return io.EOF
	}
	if got := "sha256:" + hex.EncodeToString(counted.sum.Sum(nil)); got != digest {
		return fmt.Errorf("blob is %s, the manifest says %s", got, digest)
	}
	return io.EOF
}

// summed hashes what is read through it.
type summed struct {
	r   io.Reader
	sum hash.Hash // nil: not wanted
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.sum != nil {
		s.sum.Write(p[:n])
	}
	return n, err
}

// An unpacker remembers an end in the middle of packed data, which io.ReadFull
// could not tell from the end of the tar.
type unpacker struct {
	r      io.Reader
	packed bool
	close  func()
	failed error
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("the blob ends early: %w", err)
		}
		u.failed = err
	}
	return n, err
}

func (u *unpacker) Close() { u.close() }

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	skipMagic = []byte{0x2a, 0x4d, 0x18} // of a skippable zstd frame, from its second byte
)

// decompress goes by the first bytes, as media types are often wrong.
func decompress(r *bufio.Reader) (*unpacker, error) {
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return &unpacker{r: z, packed: true, close: func() { _ = z.Close() }}, nil
	case bytes.Equal(head, zstdMagic), len(head) == 4 && head[0]>>4 == 5 && bytes.Equal(head[1:], skipMagic):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		return &unpacker{r: z, packed: true, close: z.Close}, nil
	}
	return &unpacker{r: r, close: func() {}}, nil
}

// Read reads the tar. It fails at the limit, and at the end when the blob is not
// the one that the manifest names.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.current) == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.current)
	s.current = s.current[n:]
	return n, nil
}

func (s *stream) next() error {
	if s.err != nil {
		return s.err
	}
	if s.lent != nil {
		s.free <- s.lent[:chunkSize]
		s.lent = nil
	}
	select {
	case c := <-s.full:
		s.current, s.lent, s.err = c.data, c.data, c.err
	case <-s.ctx.Done():
		s.err = s.ctx.Err()
	}
	if s.sum != nil {
		s.sum.Write(s.current)
	}
	if s.n += int64(len(s.current)); s.n > s.limit {
		s.current, s.err = nil, tooManyBytes(s.limit)
	}
	if len(s.current) == 0 {
		return s.err
	}
	return nil
}

// verify reads to the end and compares the tar with the configuration's diffID.
func (s *stream) verify(diffID string) error {
	if _, err := io.Copy(io.Discard, onlyReader{s}); err != nil {
		return err
	}
	if got := "sha256:" + hex.EncodeToString(s.sum.Sum(nil)); got != diffID {
		return fmt.Errorf("content is %s, the configuration says %s", got, diffID)
	}
	return nil
}

// Close ends the reading wherever it is.
func (s *stream) Close() error {
	close(s.stop)
	err := s.blob.Close()
	<-s.ended
	return err
}
