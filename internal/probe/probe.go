// Package probe is what runs inside a container under test. careen's own static
// binary is mounted beside the image's root, and `careen probe VERB …` answers
// questions from within: which ports listen, what HTTP says, which processes and
// files there are.
//
// It needs nothing of the image: no shell, no /tmp, no /etc, only /proc for the
// verbs that read it. It changes nothing in the image's tree and reaches nothing
// but the container's own network namespace. It uses the standard library only;
// who asks, and what the answers mean, is package verify's business.
package probe

import (
	"encoding/json"
	"fmt"
	"io"
)

const usage = `usage: careen probe do                           answer a JSON list of requests from standard input
       careen probe run -- CMD…                    run CMD, tell its exit code on standard error, end with 0
       careen probe chroot [-C DIR] ROOT -- CMD…   run CMD in another root, in this network namespace
`

// Main runs one verb and gives the exit code: 0 when the answers were written, 2
// when the question could not be understood. A request that fails is an answer
// with its Error set, not an exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errOut, usage)
		return 2
	}
	var err error
	switch args[0] {
	case "do":
		err = do(in, out)
	case "run":
		err = run(args[1:], in, out, errOut)
	case "chroot":
		err = chroot(args[1:])
	default:
		err = fmt.Errorf("unknown verb %q", args[0])
	}
	if err != nil {
		fmt.Fprintln(errOut, "careen probe:", err)
		return 2
	}
	return 0
}

// maxInput bounds a batch of requests.
const maxInput = 16 << 20

func do(in io.Reader, out io.Writer) error {
	var requests []Request
	if err := json.NewDecoder(io.LimitReader(in, maxInput)).Decode(&requests); err != nil {
		return fmt.Errorf("requests: %w", err)
	}
	answers := make([]Answer, len(requests))
	for i, r := range requests {
		answers[i] = r.answer()
	}
	if err := json.NewEncoder(out).Encode(answers); err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	return nil
}
