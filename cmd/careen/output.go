package main

import (
	"fmt"
	"io"
	"os"
)

// checkFormat refuses a --format that no verb writes.
func checkFormat(format string) error {
	if format != "text" && format != "json" {
		return fmt.Errorf("--format %q: want text or json", format)
	}
	return nil
}

// writeTo lets write print to the named file, or to standard output without one.
// A file that could not be written completely is an error.
func (a *app) writeTo(file string, write func(io.Writer) error) error {
	if file == "" {
		return write(a.stdout)
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("output: %w", err)
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}
