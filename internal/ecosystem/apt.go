package ecosystem

import (
	"slices"
	"strings"
)

// AptLists is where apt keeps the package lists that "update" fetches.
const AptLists = "/var/lib/apt/lists"

// AptCache is where apt keeps downloaded packages. Docker's Debian and Ubuntu
// images empty it after each install, by /etc/apt/apt.conf.d/docker-clean.
const AptCache = "/var/cache/apt"

func apt() *Manager {
	return &Manager{
		Name: "apt", Programs: []string{"apt-get", "apt", "aptitude"}, System: true,
		Caches: []Cache{
			{Path: AptCache, Sharing: "locked"},
			{Path: AptLists, Sharing: "locked"},
		},
		Clean: []string{"rm", "-rf", AptLists + "/*"},
		read:  readApt,
	}
}

var aptValued = [...]string{"-o", "--option", "-c", "--config-file", "-t", "--target-release", "--default-release", "-a", "--host-architecture", "-P", "--build-profiles"}

func readApt(args []string) Call {
	c := Call{Verb: verb(args, aptValued[:]...), Lean: aptLean(args)}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "update":
		c.Action = Update
	case "install", "reinstall", "build-dep", "satisfy":
		c.Action = Install
		if !Has(args, "--print-uris", "--simulate", "-s", "--dry-run", "-d", "--download-only") {
			c.Names = operands(args, c.Verb, aptValued[:]...)
		}
	case "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade":
		c.Action = Upgrade
	case "remove", "purge", "autoremove", "auto-remove", "autopurge":
		c.Action = Remove
		c.Names = operands(args, c.Verb, aptValued[:]...)
	case "clean", "autoclean", "auto-clean", "distclean":
		c.Action = Clean
	}
	return c
}

// aptLean tells whether recommended packages are left out.
func aptLean(args []string) bool {
	lean := false
	for _, a := range args {
		switch {
		case a == "--no-install-recommends" || a == "--without-recommends":
			lean = true
		case a == "--install-recommends":
			lean = false
		case strings.Contains(strings.ToLower(a), "install-recommends="):
			_, value, _ := strings.Cut(a, "=")
			if strings.HasPrefix(a, "-") && strings.Count(a, "=") > 1 {
				value = a[strings.LastIndexByte(a, '=')+1:]
			}
			lean = slices.Contains([]string{"0", "false", "no", "off"}, strings.ToLower(strings.Trim(value, `"';`)))
		}
	}
	return lean
}
