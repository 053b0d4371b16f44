package verify

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// maxSubcommands bounds how many subcommands of a program are asked for their help.
const maxSubcommands = 12

// offered matches a line of a help text that names a subcommand and says what it does.
var offered = regexp.MustCompile(`(?m)^[ \t]{1,8}([a-z][a-z0-9_-]*)\b[^\n]{0,40}?[ \t]{2,}\S`)

// takesCommand tells whether a help text offers subcommands at all.
var takesCommand = regexp.MustCompile(`(?i)\b(sub)?commands?\b`)

// subcommandsIn reads the subcommands off a help text, in its order.
func subcommandsIn(help string) []string {
	if !takesCommand.MatchString(help) {
		return nil
	}
	var names []string
	for _, m := range offered.FindAllStringSubmatch(help, -1) {
		if !slices.Contains(names, m[1]) && len(names) < maxSubcommands {
			names = append(names, m[1])
		}
	}
	return names
}

// subcommands asks each subcommand that the program's help names for its own help. That
// starts nothing, even where a program takes the flag for an argument it does not know:
// nobody is listening, the root is thrown away and there is no network.
func (c *comparison) subcommands(ctx context.Context, s *sheet, program []string, help string) (worked bool, err error) {
	for _, name := range subcommandsIn(help) {
		line := append(slices.Clone(program), name, "--help")
		did, _, err := c.oneShot(ctx, s, shot{help: true, name: strings.Join([]string{name, "--help"}, " "), args: line})
		if err != nil {
			return worked, err
		}
		worked = worked || did
	}
	return worked, nil
}
