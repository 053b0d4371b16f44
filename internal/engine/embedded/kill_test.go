//go:build linux

package embedded

import (
	"context"
)

const victimVerb = "victim"

func victim(ctx context.Context, config string) int { return 0 }
