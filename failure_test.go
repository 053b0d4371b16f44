package careen

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/careenhq/careen/internal/engine"
)

func TestFailureOf(t *testing.T) {
	if f := FailureOf(errors.New("no step")); f != nil {
		t.Errorf("%+v", f)
	}
	for _, test := range []struct {
		log   string
		cause string
		last  string
	}{
		{"cc -c main.c\n/bin/sh: cc: command not found\nmake: *** [Makefile:3: main.o] Error 127\n", "/bin/sh: cc: command not found", "make: *** [Makefile:3: main.o] Error 127"},
		{"make: *** No rule to make target 'install'.  Stop.\n", "make: *** No rule to make target 'install'.  Stop.", ""},
		{"npm error code E404\nnpm error 404 Not Found - GET left-padd\nnpm error A complete log of this run can be found in: /root/x-debug-0.log\n\n",
			"npm error 404 Not Found - GET left-padd", ""},
		{" 10 %\r 20 %\r\x1b[31;1mfailed\x1b[0m: disk\r\n", "failed: disk", "failed: disk"},
		{"exit status 1\n", "exit status 1", "exit status 1"},
		{"", "", ""},
	} {
		err := fmt.Errorf("measurement: %w", &engine.StepError{Name: "Dockerfile", Exit: 2, Err: errors.New("exit code: 2"),
			Step: engine.Step{Name: "[2/3] RUN make", Kind: engine.Instruction, Lines: []engine.Lines{{First: 12}}, Log: test.log}})
		f := FailureOf(err)
		if f == nil || f.Message != "Dockerfile:12: RUN make failed: exit code 2" || f.Cause != test.cause || f.Base {
			t.Errorf("%q: %+v, want cause %q", test.log, f, test.cause)
		}
		if test.last != "" && !strings.HasSuffix(f.Log[len(f.Log)-1], test.last) {
			t.Errorf("%q: last line %q", test.log, f.Log[len(f.Log)-1])
		}
	}
}

func TestFailureTellsTheLastLines(t *testing.T) {
	var log strings.Builder
	for i := range 30 {
		fmt.Fprintf(&log, "line %d\n", i)
	}
	f := FailureOf(&engine.StepError{Name: "Dockerfile", Exit: 1, Step: engine.Step{Name: "RUN x", Log: log.String()}})
	if len(f.Log) != told || f.Log[0] != "line 22" || f.Cause != "line 29" {
		t.Errorf("%+v", f)
	}
}

func TestFailureOfABase(t *testing.T) {
	for _, s := range []engine.Step{{Name: "FROM nowhere:1"}, {Name: "[internal] load metadata for nowhere:1", Kind: engine.Pull}, {Name: "COPY --from=nowhere:1 /a /a", Kind: engine.Pull}} {
		f := FailureOf(&engine.StepError{Name: "Dockerfile", Exit: -1, Step: s, Err: errors.New("nowhere:1: not found")})
		if !f.Base || f.Cause != "" || !strings.HasSuffix(f.Message, "nowhere:1: not found") {
			t.Errorf("%s: %+v", s.Name, f)
		}
	}
	f := FailureOf(&engine.StepError{Name: "Dockerfile", Exit: -1, Step: engine.Step{Name: "COPY --from=build /a /a", Kind: engine.Instruction}, Err: errors.New("/a: not found")})
	if f.Base {
		t.Errorf("a file that is missing in a stage taken for an image: %+v", f)
	}
}
