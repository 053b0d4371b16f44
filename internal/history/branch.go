package history

import (
	"context"
	"strings"
)

// MainBranch is the branch that the remote "origin" checks out for who clones it;
// "" when the repository does not know.
func MainBranch(ctx context.Context, dir string) string {
	out, err := git(ctx, dir, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
	if err != nil {
		return ""
	}
	name, _ := strings.CutPrefix(strings.TrimSpace(string(out)), "refs/remotes/origin/")
	return name
}
