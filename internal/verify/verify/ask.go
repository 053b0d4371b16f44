package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/probe"
)

var errShortAnswer = errors.New("helper answered fewer questions than it was asked")

// ask puts a batch of questions to the helper inside a container. It runs as root,
// so that it may see whose sockets and files there are.
func ask(ctx context.Context, c engine.Container, requests ...probe.Request) ([]probe.Answer, error) {
	in, err := json.Marshal(requests)
	if err != nil {
		return nil, fmt.Errorf("helper: %w", err)
	}
	var out, errOut bytes.Buffer
	exit, err := c.Exec(ctx, engine.ExecSpec{
		Args: []string{engine.HelperPath, "probe", "do"}, User: "0:0", Dir: "/",
		Stdin: bytes.NewReader(in), Stdout: &out, Stderr: &errOut,
	})
	if err != nil {
		return nil, fmt.Errorf("helper: %w", err)
	}
	if exit.Code != 0 {
		return nil, fmt.Errorf("helper: exit code %d: %s", exit.Code, strings.TrimSpace(errOut.String()))
	}
	var got []probe.Answer
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		return nil, fmt.Errorf("helper: %w", err)
	}
	if len(got) != len(requests) {
		return nil, errShortAnswer
	}
	return got, nil
}
