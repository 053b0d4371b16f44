package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/careenhq/careen/internal/engine"
)

func TestTell(t *testing.T) {
	step := &engine.StepError{Name: "Dockerfile", Exit: 2, Err: errors.New("exit code: 2"), Step: engine.Step{
		Name: "[build 3/7] RUN make install", Kind: engine.Instruction, Lines: []engine.Lines{{First: 12, Last: 12}},
		Log: "cc -c main.c\n\ncc: command \x1b]0;title\anot found\nmake: *** [Makefile:2: install] Error 127\n",
	}}
	base := &engine.StepError{Name: "Dockerfile", Exit: -1, Err: errors.New("nowhere:1: not found"), Step: engine.Step{
		Name: "FROM nowhere:1", Kind: engine.Pull, Lines: []engine.Lines{{First: 1, Last: 1}},
	}}
	short := *step
	short.Step.Log = "  killed\n"
	for want, err := range map[string]error{
		"careen: Dockerfile:12: RUN make install failed: exit code 2\n" +
			"  cause   killed\n" +
			"  try     it does not build here as it is, so there is no baseline; fix the build, or pass the --build-arg or --secret that it needs\n": &short,
		"careen: Dockerfile:12: RUN make install failed: exit code 2\n" +
			"  cause   cc: command  ]0;title not found\n" +
			"          | cc -c main.c\n          |\n          | cc: command  ]0;title not found\n          | make: *** [Makefile:2: install] Error 127\n" +
			"  try     it does not build here as it is, so there is no baseline; fix the build, or pass the --build-arg or --secret that it needs\n": fmt.Errorf("measurement: %w", step),
		"careen: Dockerfile:1: FROM nowhere:1 failed: nowhere:1: not found\n" +
			"  try     check the name of the image and the network; for a private registry `docker login`, for one out of reach --mirror HOST=URL\n": base,
		"careen: no Dockerfile\n": errors.New("careen: no Dockerfile"),
	} {
		var out bytes.Buffer
		if tell(&out, err); out.String() != want {
			t.Errorf("%s\nwant\n%s", out.String(), want)
		}
	}
}
