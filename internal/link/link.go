// Package link puts a network link of a stated bandwidth and latency in front of
// HTTP services, so that what a registry costs over it can be measured on one
// machine.
//
// It shapes bytes of TCP connections on the loopback interface by a token bucket
// for each direction, counts them, and holds every request and every new
// connection up for one round trip. It is no model of TCP: neither slow start nor
// loss is imitated, so a real link is a little slower. What is served over the
// link is the caller's business; Reverse and Registry are the two that careen uses.
package link

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// A Shape is what a link is like. The zero value holds nothing up.
type Shape struct {
	Bits      float64       // per second, in each direction; 0: as many as the machine can
	RoundTrip time.Duration // from a request to the first byte of its answer
}

// units of bandwidth, in bits per second.
var units = map[string]float64{"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}

// Parse reads "100mbit,30ms"; either part may be left out, and an empty text is the
// zero Shape.
func Parse(text string) (Shape, error) {
	var s Shape
	for _, part := range strings.Split(text, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		bits, isBits := bandwidth(part)
		delay, err := time.ParseDuration(part)
		switch {
		case part == "":
		case isBits && bits > 0 && s.Bits == 0:
			s.Bits = bits
		case err == nil && delay >= 0 && delay <= time.Minute && s.RoundTrip == 0:
			s.RoundTrip = delay
		default:
			return Shape{}, fmt.Errorf("link %q: want a bandwidth, a round trip, or both, as in 100mbit,30ms", text)
		}
	}
	return s, nil
}

func bandwidth(text string) (bits float64, ok bool) {
	for unit, factor := range units {
		if number, found := strings.CutSuffix(text, unit); found {
			n, err := strconv.ParseFloat(number, 64)
			return n * factor, err == nil && n*factor < 1e12
		}
	}
	return 0, false
}

// String is the link in words: "100 Mbit/s, 30 ms".
func (s Shape) String() string {
	var words []string
	if s.Bits > 0 {
		words = append(words, strconv.FormatFloat(s.Bits/1e6, 'g', 6, 64)+" Mbit/s")
	}
	if s.RoundTrip > 0 {
		words = append(words, fmt.Sprintf("%g ms", float64(s.RoundTrip)/1e6))
	}
	if words == nil {
		return "this machine's own"
	}
	return strings.Join(words, ", ")
}

// A Link is one link that several services share. Up is towards them.
type Link struct {
	shape     Shape
	up, down  *rate.Limiter
	sent, got atomic.Int64
}

// chunk is how many bytes pass at once.
const chunk = 16 << 10

// New makes a link.
func New(s Shape) *Link {
	bucket := func() *rate.Limiter {
		if s.Bits == 0 {
			return rate.NewLimiter(rate.Inf, chunk)
		}
		return rate.NewLimiter(rate.Limit(s.Bits/8), chunk)
	}
	return &Link{shape: s, up: bucket(), down: bucket()}
}

// Traffic is what has crossed a link, headers included.
type Traffic struct{ Up, Down int64 }

// Sub is the traffic since an earlier count.
func (t Traffic) Sub(before Traffic) Traffic { return Traffic{t.Up - before.Up, t.Down - before.Down} }

// Traffic counts what has crossed the link until now.
func (l *Link) Traffic() Traffic { return Traffic{l.sent.Load(), l.got.Load()} }
