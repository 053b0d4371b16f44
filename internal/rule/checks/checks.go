// Package checks holds careen's audit rules, one file each: what the rule finds,
// why it costs, how it is mended and what the mending saves.
//
// A rule reads the Dockerfile, the build context and what was measured, through
// rule.Pass, and nothing else. How rules are run, ordered, suppressed and their
// fixes merged is the work of package rule.
package checks

import "github.com/careenhq/careen/internal/rule"

// All lists the rules in the order in which their changes are made. Adding a rule
// means a file, a line here, and fixtures under testdata named for it.
//
// Left out on purpose:
//   - digests for every FROM: a digest keeps security fixes out until somebody
//     moves it, which is for the project's own update tool to do. unpinned-base
//     reports only bases that no tag holds at all.
//   - style of instructions (keyword case, JSON forms, MAINTAINER): no byte and no
//     second hangs on them, and `docker build --check` covers them.
func All() []*rule.Rule {
	return []*rule.Rule{
		unpinnedBase(),
		dockerignore(),
		sourceBeforeDependencies(),
		earlyArg(),
		addOrCopy(),
		heavyBase(),
		singleStage(),
		aptUpdateApart(),
		aptLists(),
		aptRecommends(),
		cacheMount(),
		packageCache(),
		devDependencies(),
		copiedBytes(),
		deletedLater(),
		buildPackages(),
		idlePackages(),
	}
}
