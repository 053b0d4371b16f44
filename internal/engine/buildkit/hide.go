package buildkit

import (
	"bytes"
	"os"

	"github.com/careenhq/careen/internal/engine"
)

// Secrets that a step prints are not passed on. A shorter value than the first bound is
// no secret, and hiding it would hide words; a longer one than the second is not
// printed.
const (
	minHidden = 6
	maxHidden = 64 << 10
)

// hiddenAs stands for a secret in the output of a step.
const hiddenAs = "[secret]"

// secretValues are the values of a build's secrets.
func secretValues(secrets []engine.Secret) [][]byte {
	var values [][]byte
	for _, s := range secrets {
		value := []byte(os.Getenv(s.Env))
		if s.File != "" {
			value, _ = os.ReadFile(s.File) // one that cannot be read fails the build
		}
		if value = bytes.TrimSpace(value); len(value) >= minHidden && len(value) <= maxHidden {
			values = append(values, value)
		}
	}
	return values
}

// hide replaces the secrets of the build in a piece of output. One that is cut between
// two pieces is hidden in what is kept, as that is joined.
func (r *recorder) hide(text []byte) []byte {
	for _, value := range r.hidden {
		text = bytes.ReplaceAll(text, value, []byte(hiddenAs))
	}
	return text
}
