package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestStepErrorIsOneLineForPeople(t *testing.T) {
	cause := errors.New("no such thing")
	at := []Lines{{First: 12, Last: 14}}
	for want, e := range map[string]StepError{
		"Dockerfile:12: RUN make failed: exit code 2":          {Name: "Dockerfile", Step: Step{Name: "[build 3/7] RUN make", Lines: at}, Exit: 2, Err: cause},
		"Dockerfile:12: COPY a / failed: no such thing":        {Name: "Dockerfile", Step: Step{Name: "COPY a /", Lines: at}, Exit: -1, Err: cause},
		"Dockerfile:12: no such thing":                         {Name: "Dockerfile", Step: Step{Lines: at}, Exit: -1, Err: cause},
		"Dockerfile: RUN true failed: no such thing":           {Name: "Dockerfile", Step: Step{Name: "[2/2] RUN true"}, Exit: -1, Err: cause},
		"Dockerfile:12: RUN <<EOF … failed: exit code 1":       {Name: "Dockerfile", Step: Step{Name: "[2/2] RUN <<EOF\na\nb", Lines: at}, Exit: 1, Err: cause},
		"Dockerfile:12: RUN [ -e x ] || y failed: exit code 1": {Name: "Dockerfile", Step: Step{Name: "RUN [ -e x ] || y", Lines: at}, Exit: 1, Err: cause},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if !errors.Is(&e, cause) {
			t.Errorf("%q hides its cause", want)
		}
	}
}

func TestTextIsCutByRunes(t *testing.T) {
	got := Step{Name: "RUN " + strings.Repeat("ü", 300)}.Text()
	if want := "RUN " + strings.Repeat("ü", 116) + " …"; got != want {
		t.Errorf("%q", got)
	}
}

func TestTail(t *testing.T) {
	s := Step{Log: "a\n\nb\nc\n\n"}
	for n, want := range map[int][]string{0: nil, 1: {"c"}, 3: {"", "b", "c"}, 9: {"a", "", "b", "c"}} {
		if got := s.Tail(n); !slices.Equal(got, want) {
			t.Errorf("last %d: %q, want %q", n, got, want)
		}
	}
	if got := (Step{Log: "\n"}).Tail(3); got != nil {
		t.Errorf("nothing printed, tail %q", got)
	}
}
