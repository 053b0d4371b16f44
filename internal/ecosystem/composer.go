package ecosystem

func composer() *Manager {
	return &Manager{
		Name: "composer", Programs: []string{"composer", "composer.phar"},
		Caches:        []Cache{{Path: ".composer/cache", Home: "HOME", Env: "COMPOSER_CACHE_DIR"}},
		Manifests:     []string{"composer.json"},
		Locks:         []string{"composer.lock"},
		Clean:         []string{"composer", "clear-cache"},
		NoCache:       []string{"--no-cache"},
		Production:    []string{"--no-dev"},
		ProductionEnv: []string{"COMPOSER_NO_DEV=1"},
		read:          readComposer,
	}
}

func readComposer(args []string) Call {
	c := Call{
		Verb:       verb(args, "-d", "--working-dir"),
		NoCache:    contains(args, "--no-cache"),
		Production: contains(args, "--no-dev"),
	}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "install", "i":
		c.Action = Restore
	case "update", "upgrade", "u":
		c.Action = Restore
	case "require":
		c.Action, c.Names = Install, operands(args, c.Verb, "-d", "--working-dir")
	case "global":
		c.Global = true
		if contains(args, "require", "install") {
			c.Action = Install
		}
	case "remove":
		c.Action = Remove
	case "clear-cache", "clearcache", "cc":
		c.Action = Clean
	}
	return c
}
