package ecosystem

func pnpm() *Manager {
	return &Manager{
		Name: "pnpm", Programs: []string{"pnpm"},
		Caches:        []Cache{{Path: ".local/share/pnpm/store", Home: "HOME", Env: "npm_config_store_dir"}},
		Manifests:     []string{"package.json", "pnpm-workspace.yaml", ".npmrc"},
		Locks:         []string{"pnpm-lock.yaml"},
		Production:    []string{"--prod"},
		ProductionEnv: []string{"NODE_ENV=production"},
		read:          readPnpm,
	}
}

var pnpmValued = [...]string{"-C", "--dir", "--filter", "-F", "--store-dir", "--registry", "--reporter", "--loglevel"}

func readPnpm(args []string) Call {
	c := Call{
		Verb:       verb(args, pnpmValued[:]...),
		Global:     Has(args, "-g", "--global"),
		Production: contains(args, "--prod", "-P", "--production"),
	}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "install", "i", "fetch":
		c.Action = Restore
	case "add":
		c.Action, c.Names = Install, operands(args, c.Verb, pnpmValued[:]...)
	case "remove", "rm", "uninstall", "prune":
		c.Action = Remove
	case "store":
		c.Action = Clean
	case "deploy":
		c.Action = Build
	case "config", "set", "env", "setup", "list", "why", "dlx", "init", "import", "rebuild":
	default:
		c.Action = Build
	}
	return c
}
