// Command inspectfloor holds `careen inspect` against what it promises on a large
// image: it generates one, reads it, and unpacks the same layers with pigz or zstd
// in the same run.
//
//	inspectfloor -careen bin/careen [-bytes N] [-entries N] [-zstd] [-runs N]
//
// The exit code is 1 when a total is not what was generated, the time is above 1.3
// times that of the unpacker, or the memory above 100 MB.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What is promised: the time in times of the unpacker's, the memory in bytes.
const (
	maxRatio  = 1.3
	maxMemory = 100 << 20
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f := floor{plan: plan{layers: 8}}
	flag.StringVar(&f.careen, "careen", "bin/careen", "binary under test")
	flag.Int64Var(&f.plan.bytes, "bytes", 1_200_000_000, "bytes of all files")
	flag.IntVar(&f.plan.entries, "entries", 45_000, "entries of all layers")
	flag.BoolVar(&f.plan.zstd, "zstd", false, "layers packed with zstd instead of gzip")
	flag.IntVar(&f.runs, "runs", 5, "runs of each, in turn")
	flag.Parse()
	if err := f.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "inspectfloor:", err)
		os.Exit(1)
	}
}

type floor struct {
	careen string
	plan   plan
	runs   int
}

func (f *floor) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "careen-inspectfloor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, err := generate(dir, f.plan)
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	fmt.Printf("image: %d layers, %d entries, %d bytes of tar, %d of files\n", len(m.blobs), m.entries, m.tars, m.content)
	var ours, theirs []time.Duration
	var memory int64
	for range f.runs {
		unpacked, err := f.unpack(ctx, m.blobs)
		if err != nil {
			return err
		}
		read, peak, err := f.inspect(ctx, m)
		if err != nil {
			return err
		}
		theirs, ours, memory = append(theirs, unpacked), append(ours, read), max(memory, peak)
	}
	return f.judge(median(ours), median(theirs), memory)
}

func (f *floor) judge(ours, theirs time.Duration, memory int64) error {
	ratio := ours.Seconds() / theirs.Seconds()
	fmt.Printf("careen inspect %.2f s, %s %.2f s, ratio %.2f (at most %.1f), memory %d MB (at most %d MB), medians of %d runs\n",
		ours.Seconds(), f.unpacker()[0], theirs.Seconds(), ratio, maxRatio, memory>>20, int64(maxMemory)>>20, f.runs)
	var failed []error
	if ratio > maxRatio {
		failed = append(failed, errors.New("slower than promised"))
	}
	if memory > maxMemory {
		failed = append(failed, errors.New("more memory than promised"))
	}
	return errors.Join(failed...)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func (f *floor) unpacker() []string {
	if f.plan.zstd {
		return []string{"zstd", "-d", "-c", "-q"}
	}
	return []string{"pigz", "-d", "-c"}
}

// unpack times the unpacker over the layers, one after the other as it is called
// by hand.
func (f *floor) unpack(ctx context.Context, blobs []string) (time.Duration, error) {
	start := time.Now()
	for _, b := range blobs {
		args := f.unpacker()
		in, err := os.Open(b)
		if err != nil {
			return 0, err
		}
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdin, cmd.Stderr = in, os.Stderr
		err = cmd.Run()
		in.Close()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
	}
	return time.Since(start), nil
}

// told is what the test reads of careen's answer.
type told struct {
	Bytes struct {
		Unpacked int64 `json:"unpacked"`
		Content  int64 `json:"content"`
		Deleted  int64 `json:"deleted"`
		Rewrote  int64 `json:"rewritten"`
		Copied   int64 `json:"copied"`
		Avoid    int64 `json:"avoidable"`
	} `json:"bytes"`
}

// inspect times careen, compares its totals with those of the generator, and gives
// the peak of its memory.
func (f *floor) inspect(ctx context.Context, m *made) (took time.Duration, peak int64, err error) {
	out := filepath.Join(m.dir, "answer.json")
	cmd := exec.CommandContext(ctx, f.careen, "inspect", "--format", "json", "--output", out, m.dir)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("careen inspect: %w", err)
	}
	took = time.Since(start)
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = usage.Maxrss << 10
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return took, peak, err
	}
	var t told
	if err := json.Unmarshal(text, &t); err != nil {
		return took, peak, err
	}
	b := t.Bytes
	if b.Unpacked != m.tars || b.Content != m.content || (waste{b.Deleted, b.Rewrote, b.Copied, b.Avoid}) != m.want {
		return took, peak, fmt.Errorf("careen says %+v, generated were %d bytes of tar, %d of files and waste of %+v", b, m.tars, m.content, m.want)
	}
	return took, peak, nil
}
