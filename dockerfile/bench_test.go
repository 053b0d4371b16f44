package dockerfile_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/careenhq/careen/dockerfile"
)

// BenchmarkParse parses real and nasty files with both parsers in turn: ns/file
// is this package's time, ratio is that time by BuildKit's (below 1 is faster).
// This package finds positions, words and stages on the way, BuildKit's does not.
func BenchmarkParse(b *testing.B) {
	var files [][]byte
	for _, src := range nasty(b) {
		if len(src) < 4096 {
			files = append(files, src)
		}
	}
	var ours, theirs time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		for _, src := range files {
			dockerfile.Parse(src)
		}
		middle := time.Now()
		for _, src := range files {
			_, _ = parser.Parse(bytes.NewReader(src)) // what it refuses costs time as well
		}
		ours, theirs = ours+middle.Sub(start), theirs+time.Since(middle)
		n += len(files)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(n), "ns/file")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
}
