package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
)

type initOptions struct {
	provider string
	name     string
	branch   string
	install  string
	write    bool
	force    bool
}

func newCIInitCommand(a *app) *cobra.Command {
	o := &initOptions{}
	cmd := &cobra.Command{
		Use:   "init [PATH]",
		Short: "Write workflow files that build, compare, measure and judge the image",
		Long: `Generates what a CI system needs to build the project's image with a cache that
travels, compare how it behaves with the target branch, measure both, and apply the
gate. Prints a diff; --write puts the files in place.

What careen writes stands between two lines, "# careen: begin" and "# careen: end".
A second run replaces only what is between them, and nothing when it is up to date.
A workflow of somebody else is never touched, nor is a block that was edited or a
file with uncommitted edits unless --force is given.`,
		Example: `  careen ci init --provider github
  careen ci init --provider github --write services/api
  careen ci init --provider gitlab --name image`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ciInit(cmd.Context(), strings.Join(args, ""), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.provider, "provider", "", strings.Join(careen.CIProviders(), ", ")+" (required)")
	flags.StringVar(&o.name, "name", "", "of the workflow and its files (default careen; below the root of the repository careen-PATH)")
	flags.StringVar(&o.branch, "branch", "", "branch whose pushes are measured (default the main one of origin, else main)")
	flags.StringVar(&o.install, "install", "", "what `go install` is given to get careen (default this version)")
	flags.BoolVar(&o.write, "write", false, "write the files")
	flags.BoolVar(&o.force, "force", false, "overwrite uncommitted edits and edited blocks")
	return cmd
}

func (a *app) ciInit(ctx context.Context, path string, o *initOptions) error {
	if !slices.Contains(careen.CIProviders(), o.provider) {
		return fmt.Errorf("--provider %q: want %s", o.provider, strings.Join(careen.CIProviders(), ", "))
	}
	p, err := a.loadProject(path, &buildFlags{}, 0)
	if err != nil {
		return err
	}
	s, err := careen.InitCI(ctx, careen.InitOptions{
		Project: p, Provider: o.provider, Name: o.name, Branch: o.branch, Install: o.install, Force: o.force,
	})
	if err != nil {
		return err
	}
	if err := a.putWorkflows(ctx, s, o); err != nil {
		return err
	}
	for _, note := range s.Notes {
		fmt.Fprintln(a.stderr, plain(note))
	}
	return nil
}

// putWorkflows shows or writes the files that change: all of them or none.
func (a *app) putWorkflows(ctx context.Context, s *careen.CISetup, o *initOptions) error {
	if len(s.Files) == 0 {
		fmt.Fprintln(a.stderr, "up to date; nothing to write")
		return nil
	}
	if o.write && !o.force {
		var names []string
		for _, f := range s.Files {
			names = append(names, f.Name)
		}
		if err := refuseDirty(ctx, s.Root, names...); err != nil {
			return err
		}
	}
	for _, f := range s.Files {
		if !o.write {
			if _, err := a.stdout.Write(f.Diff()); err != nil {
				return err
			}
			continue
		}
		if err := writeAtomic(f.Path, f.After); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, plain(f.Name))
	}
	if !o.write {
		fmt.Fprintf(a.stderr, "%s to write; --write does\n", count(len(s.Files), "file"))
	}
	return nil
}
