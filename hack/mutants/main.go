// Command mutants tests careen's comparison of images on the three examples and on the
// images under hack/parity, and prints how much it saw:
//
//	mutants -careen bin/careen [-per-kind N] [-o DIR] [NAME…]
//
// Each image is built, its mutants are judged, and what survives is run under the wider
// workload that lies beside it. The last line is the share of all mutants that are not
// equivalent. The exit code is 1 when it is below the floor.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/diag"
)

// floor is the share that has to be caught.
const floor = 0.97

// A subject is one image: its project, and the workload that judges what survives.
type subject struct{ name, dir, wider string }

func subjects() []subject {
	var all []subject
	for _, name := range []string{"go-service", "node-api", "c-tool"} {
		all = append(all, subject{name, filepath.Join("examples", name), filepath.Join("hack/parity/wider", name+".yaml")})
	}
	for _, name := range []string{"python-venv", "apache-php", "java-service", "perl-tool", "shell-entry"} {
		dir := filepath.Join("hack/parity", name)
		all = append(all, subject{name, dir, filepath.Join(dir, "wider.yaml")})
	}
	return all
}

func main() {
	careen := flag.String("careen", "bin/careen", "the command under test")
	perKind := flag.Int("per-kind", 2, "mutants of each kind")
	keep := flag.String("o", "", "directory for the results as JSON")
	flag.Parse()
	if err := run(*careen, *perKind, *keep, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(careen string, perKind int, keep string, names []string) error {
	dir := keep
	if dir == "" {
		scratch, err := os.MkdirTemp("", "careen-mutants-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(scratch)
		dir = scratch
	}
	var results []diag.SelfTest
	for _, s := range subjects() {
		if len(names) > 0 && !slices.Contains(names, s.name) {
			continue
		}
		r, err := s.test(careen, perKind, filepath.Join(dir, s.name+".json"))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, *r)
	}
	share := table(results)
	if share < floor {
		return fmt.Errorf("below the floor of %.0f %%", 100*floor)
	}
	return nil
}

// test runs the self-test of one image.
func (s subject) test(careen string, perKind int, output string) (*diag.SelfTest, error) {
	fmt.Fprintln(os.Stderr, s.name, "…")
	cmd := exec.Command(careen, "verify", "--self-test", "--quiet", "--per-kind", strconv.Itoa(perKind),
		"--project", s.dir, "--wider", s.wider, "-f", "json", "-o", output, s.dir)
	cmd.Stderr = os.Stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, err
	}
	text, err := os.ReadFile(output)
	if err != nil {
		return nil, err
	}
	r := &diag.SelfTest{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	r.Image = s.name
	return r, nil
}

// levels in the order in which they are asked.
var levels = []string{"L0", "L1", "L2", "L3", "L4", "L5"}

// table prints the results and gives the total share.
func table(results []diag.SelfTest) float64 {
	fmt.Printf("| image | mutants | equivalent | %s | missed | share | seconds |\n|%s\n", strings.Join(levels, " | "), strings.Repeat(" --- |", 6+len(levels)))
	sum := diag.SelfTest{Image: "all"}
	for _, r := range results {
		row(r)
		sum.Mutants = append(sum.Mutants, r.Mutants...)
		sum.Caught += r.Caught
		sum.Missed += r.Missed
		sum.Equivalent += r.Equivalent
		sum.Seconds += r.Seconds
	}
	sum.Share = 1
	if n := sum.Caught + sum.Missed; n > 0 {
		sum.Share = float64(sum.Caught) / float64(n)
	}
	row(sum)
	fmt.Println()
	for _, r := range results {
		for _, m := range r.Mutants {
			if m.Fate == diag.Missed {
				fmt.Printf("missed: %s: %s %s [%s] %s\n", r.Image, m.Kind, m.What, m.Label, m.By)
			}
		}
	}
	fmt.Printf("caught %d of %d mutants that are not equivalent: %.1f %%\n", sum.Caught, sum.Caught+sum.Missed, 100*sum.Share)
	return sum.Share
}

// row prints one line; a mutant is counted at the first level that found it.
func row(r diag.SelfTest) {
	first := map[string]int{}
	for _, m := range r.Mutants {
		if m.Fate == diag.Caught {
			first[m.Level]++
		}
	}
	fmt.Printf("| %s | %d | %d |", r.Image, len(r.Mutants), r.Equivalent)
	for _, l := range levels {
		fmt.Printf(" %d |", first[l])
	}
	fmt.Printf(" %d | %.1f %% | %.0f |\n", r.Missed, 100*r.Share, r.Seconds)
}
