package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/project"
)

// fixOptions are the flags of `careen fix`.
type fixOptions struct {
	diff  bool
	force bool
}

func newFixCommand(a *app) *cobra.Command {
	o := &fixOptions{}
	cmd := &cobra.Command{
		Use:   "fix [PATH…]",
		Short: "Apply the safe fixes of careen audit",
		Long: `Makes the changes that cannot alter what is built, by an argument written beside
each rule (careen explain RULE). Changes that need proof are for careen optimize.

Each file is replaced as a whole or not at all. Uncommitted edits of a file are
refused unless --force is given. With - as PATH the result goes to standard output.`,
		Example: "  careen fix --diff\n  careen fix services/api",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.fix(cmd.Context(), args, o) },
	}
	cmd.Flags().BoolVar(&o.diff, "diff", false, "print what would change and write nothing")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite uncommitted edits")
	return cmd
}

func (a *app) fix(ctx context.Context, paths []string, o *fixOptions) error {
	f := fixer{app: a, fixOptions: *o, ctx: ctx}
	if err := careen.Repairs(a.auditOptions(paths), f.done); err != nil {
		return err
	}
	f.total()
	if f.problems > 0 {
		return errReported
	}
	return nil
}

// fixer writes repairs, or shows them, and counts.
type fixer struct {
	*app
	fixOptions
	ctx                            context.Context
	changes, files, left, problems int
}

func (f *fixer) done(r careen.Repair) error {
	for _, p := range r.Problems {
		fmt.Fprintf(f.stderr, "%s: %s\n  try     %s\n", plain(place(p)), plain(p.Cause), plain(p.Remedy))
	}
	for _, line := range r.Unmade {
		fmt.Fprintf(f.stderr, "%s: not made: %s\n", plain(r.Path), plain(line))
	}
	f.problems += len(r.Problems)
	f.left += r.Left
	if r.Path == project.Stdin && !f.diff {
		_, err := f.stdout.Write(r.Text)
		return err
	}
	if err := f.put(r.Files); err != nil {
		return err
	}
	if len(r.Files) == 0 {
		return nil
	}
	f.files += len(r.Files)
	f.changes += len(r.Changes)
	if !f.diff {
		for _, c := range r.Changes {
			fmt.Fprintf(f.stdout, "%s: %s [%s]\n", plain(r.Path), plain(c.Title), c.ID)
		}
	}
	return nil
}

// put shows or writes the changed files of one project.
func (f *fixer) put(files []careen.RepairedFile) error {
	for _, file := range files {
		if f.diff {
			if _, err := f.stdout.Write(file.Diff()); err != nil {
				return err
			}
			continue
		}
		// A link stays a link: what it leads to is replaced.
		path, err := filepath.EvalSymlinks(file.Path)
		if err != nil {
			path = file.Path
		}
		if !f.force {
			if err := refuseDirty(f.ctx, filepath.Dir(path), filepath.Base(path)); err != nil {
				return fmt.Errorf("%s%w", strings.TrimSuffix(path, filepath.Base(path)), err)
			}
		}
		if err := writeAtomic(path, file.After); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixer) total() {
	verb := "made"
	if f.diff {
		verb = "to make"
	}
	fmt.Fprintf(f.stderr, "%s %s in %s; %s left\n", count(f.changes, "safe change"), verb, count(f.files, "file"), count(f.left, "finding"))
}
