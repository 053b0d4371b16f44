package report

import (
	"io"
	"strings"

	"github.com/careenhq/careen/diag"
)

// Failure writes a build that failed as an error of the command: where, why, the
// last lines of the step, and what to do.
func Failure(w io.Writer, f diag.Failure) error {
	p := &printer{w: w}
	p.line("careen: %s", plain(f.Message))
	p.failure(&f)
	return p.err
}

// failure writes what follows the line that says what failed.
func (p *printer) failure(f *diag.Failure) {
	if f == nil {
		return
	}
	log := f.Log
	if f.Cause != "" {
		p.line("  cause   %s", plain(f.Cause))
	}
	if len(log) == 1 && strings.TrimSpace(log[0]) == f.Cause {
		log = nil // told already
	}
	for _, l := range log {
		p.line("%s", strings.TrimRight("          | "+plain(l), " "))
	}
	p.line("  try     %s", remedy(*f))
}

// remedy is what to do about a build that fails without any change of careen's.
func remedy(f diag.Failure) string {
	if f.Base {
		return "check the name of the image and the network; for a private registry `docker login`, for one out of reach --mirror HOST=URL"
	}
	return "it does not build here as it is, so there is no baseline; fix the build, or pass the --build-arg or --secret that it needs"
}
