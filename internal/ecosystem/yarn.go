package ecosystem

func yarn() *Manager {
	return &Manager{
		Name: "yarn", Programs: []string{"yarn", "yarnpkg"},
		Caches:        []Cache{{Path: "/usr/local/share/.cache/yarn", Env: "YARN_CACHE_FOLDER", Sharing: "locked"}},
		Manifests:     []string{"package.json", ".yarnrc", ".yarnrc.yml", ".yarn"},
		Locks:         []string{"yarn.lock"},
		Clean:         []string{"yarn", "cache", "clean"},
		Production:    []string{"--production"},
		ProductionEnv: []string{"NODE_ENV=production"},
		read:          readYarn,
	}
}

var yarnValued = [...]string{"--cwd", "--cache-folder", "--modules-folder", "--network-timeout", "--registry", "--network-concurrency", "--mutex"}

func readYarn(args []string) Call {
	c := Call{
		Verb:       verb(args, yarnValued[:]...),
		Production: contains(args, "--production", "--prod", "--production=true", "-P") || pair(args, "workspaces", "focus"),
	}
	if c.Verb < 0 {
		c.Action = Restore // "yarn" alone installs
		if Has(args, "--version", "-v", "--help", "-h") {
			c.Action = Other
		}
		return c
	}
	switch args[c.Verb] {
	case "install":
		c.Action = Restore
	case "workspaces":
		if contains(args, "focus") {
			c.Action = Restore
		}
	case "add":
		c.Action, c.Names = Install, operands(args, c.Verb, yarnValued[:]...)
	case "global":
		c.Action, c.Global = Install, true
	case "remove":
		c.Action = Remove
	case "cache":
		c.Action = Clean
	case "config", "set", "versions", "why", "list", "info", "init", "policies", "import", "link", "dlx", "plugin", "node", "bin", "pack", "publish", "audit":
	default:
		c.Action = Build // "yarn build" runs the script of that name
	}
	return c
}
