package ecosystem

func npm() *Manager {
	return &Manager{
		Name: "npm", Programs: []string{"npm"},
		Caches:        []Cache{{Path: ".npm", Home: "HOME", Env: "npm_config_cache"}},
		Manifests:     []string{"package.json", ".npmrc"},
		Locks:         []string{"package-lock.json", "npm-shrinkwrap.json"},
		Clean:         []string{"npm", "cache", "clean", "--force"},
		Production:    []string{"--omit=dev"},
		ProductionEnv: []string{"NODE_ENV=production", "NPM_CONFIG_PRODUCTION=true", "npm_config_production=true", "NPM_CONFIG_OMIT=dev", "npm_config_omit=dev"},
		read:          readNpm,
	}
}

var npmValued = [...]string{"--prefix", "-C", "--registry", "--cache", "--loglevel", "--userconfig", "--tag", "-w", "--workspace", "--fetch-timeout", "--fetch-retries"}

func readNpm(args []string) Call {
	c := Call{
		Verb:       verb(args, npmValued[:]...),
		Global:     Has(args, "-g", "--global") || Has(args, "--location") && contains(args, "--location=global"),
		Production: contains(args, "--omit=dev", "--production", "--prod", "--only=production", "--only=prod", "--production=true", "--dev=false") || pair(args, "--omit", "dev"),
	}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "ci", "clean-install", "install-clean", "ic":
		c.Action = Restore
	case "install", "i", "in", "add":
		c.Names = operands(args, c.Verb, npmValued[:]...)
		c.Action = Install
		if len(c.Names) == 0 && !c.Global {
			c.Action = Restore
		}
	case "uninstall", "remove", "rm", "un", "unlink":
		c.Action = Remove
	case "prune":
		c.Action = Remove
	case "cache":
		c.Action = Clean
	case "run", "run-script", "build", "test", "exec":
		c.Action = Build
	}
	return c
}

// contains tells whether one of the arguments is exactly one of the words.
func contains(args []string, words ...string) bool {
	for _, a := range args {
		for _, w := range words {
			if a == w {
				return true
			}
		}
	}
	return false
}

// pair tells whether an option is followed by a value.
func pair(args []string, option, value string) bool {
	for k := 0; k+1 < len(args); k++ {
		if args[k] == option && args[k+1] == value {
			return true
		}
	}
	return false
}
