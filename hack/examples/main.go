// Command examples optimises projects and writes what was measured as a table:
//
//	go run ./hack/examples -careen bin/careen -o docs/examples.md examples/*
//
// Sizes, parity and the number of builds come from the documents that careen writes;
// no time is taken, so it may run on a busy machine.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/careenhq/careen/diag"
)

func main() {
	careen := flag.String("careen", "bin/careen", "the command")
	output := flag.String("o", "", "file to write; standard output when empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *careen, *output, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "examples:", err)
		os.Exit(1)
	}
}

const head = `# Examples, measured

Every directory below [examples](../examples) is a small project with the Dockerfile that such projects start with. This table
is what ` + "`careen optimize`" + ` made of each, written by ` + "`make examples-table`" + `. Builds are those of one run: the original, the candidates, and
the two that are measured at its end.

| example | on disk, before | after | less | to pull, before | after | changes kept | parity | builds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

func run(ctx context.Context, careen, output string, projects []string) error {
	var table bytes.Buffer
	table.WriteString(head)
	for _, project := range projects {
		d, err := optimize(ctx, careen, project)
		if err != nil {
			return fmt.Errorf("%s: %w", project, err)
		}
		row(&table, project, d)
	}
	if output == "" {
		_, err := table.WriteTo(os.Stdout)
		return err
	}
	return os.WriteFile(output, table.Bytes(), 0o644)
}

func optimize(ctx context.Context, careen, project string) (*diag.Document, error) {
	cmd := exec.CommandContext(ctx, careen, "optimize", "--runs", "1", "--no-attribution", "--scenario", "no-change", "-f", "json", project)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	d := &diag.Document{}
	return d, json.Unmarshal(out, d)
}

func row(w io.Writer, project string, d *diag.Document) {
	name := filepath.Base(project)
	if d.Baseline == nil || d.Candidate == nil {
		fmt.Fprintf(w, "| %s | %s: %s | | | | | | | |\n", name, d.Outcome, d.Reason)
		return
	}
	old, now := d.Baseline.Bytes, d.Candidate.Bytes
	kept := 0
	for _, c := range d.Changes {
		if c.Kept {
			kept++
		}
	}
	fmt.Fprintf(w, "| [%s](../examples/%s) | %s | %s | %.1f %% | %s | %s | %d | %s | %d |\n", name, name, megabytes(old.Unpacked), megabytes(now.Unpacked),
		100-100*float64(now.Unpacked)/float64(old.Unpacked), megabytes(old.Compressed), megabytes(now.Compressed), kept, d.Parity.Verdict, len(d.Builds))
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
