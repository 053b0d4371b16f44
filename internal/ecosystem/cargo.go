package ecosystem

func cargo() *Manager {
	return &Manager{
		Name: "cargo", Programs: []string{"cargo"},
		Caches: []Cache{
			{Path: "registry", Home: "CARGO_HOME"},
			{Path: "git", Home: "CARGO_HOME"},
		},
		Manifests: []string{"Cargo.toml"},
		Locks:     []string{"Cargo.lock"},
		read:      readCargo,
	}
}

var cargoValued = [...]string{"--color", "--config", "-Z", "-C", "--explain"}

func readCargo(args []string) Call {
	c := Call{Verb: verb(args, cargoValued[:]...)}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "fetch", "vendor":
		c.Action = Restore
	case "build", "b", "check", "c", "test", "t", "run", "r", "rustc", "clippy", "bench", "doc", "chef", "nextest":
		c.Action = Build
	case "install":
		c.Action = Build
		c.Names = operands(args, c.Verb, "--path", "--git", "--branch", "--tag", "--rev", "--root", "--version", "--vers", "--features", "--target", "--profile", "-F", "-j", "--jobs")
	case "clean":
		c.Action = Clean
	}
	return c
}
