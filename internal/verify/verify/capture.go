package verify

import (
	"strings"
	"sync"
)

// maxCaptured bounds what is kept of one stream of a container.
const maxCaptured = 1 << 20

// A capture keeps the beginning of what a container writes. It is safe for use by
// the engine's own goroutines.
type capture struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write never fails: what is beyond the limit is dropped, so that a container is
// not blocked by its reader.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if room := maxCaptured - c.text.Len(); room > 0 {
		c.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}
