package ecosystem

func bundler() *Manager {
	return &Manager{
		Name: "bundler", Programs: []string{"bundle", "bundler"},
		Manifests:     []string{"Gemfile", "*.gemspec"},
		Locks:         []string{"Gemfile.lock"},
		Production:    []string{"--without", "development", "test"},
		ProductionEnv: []string{"BUNDLE_WITHOUT", "BUNDLE_ONLY"},
		read:          readBundler,
	}
}

func readBundler(args []string) Call {
	c := Call{Verb: verb(args), Production: Has(args, "--without")}
	if c.Verb < 0 {
		c.Action = Restore // "bundle" alone installs
		if Has(args, "--version", "-v", "--help") {
			c.Action = Other
		}
		return c
	}
	switch args[c.Verb] {
	case "install", "update":
		c.Action = Restore
	case "clean":
		c.Action = Clean
	case "exec":
		c.Action = Build
	}
	return c
}
