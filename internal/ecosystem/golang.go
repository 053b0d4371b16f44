package ecosystem

func golang() *Manager {
	return &Manager{
		Name: "go", Programs: []string{"go"},
		Caches: []Cache{
			{Path: "pkg/mod", Home: "GOPATH", Env: "GOMODCACHE"},
			{Path: ".cache/go-build", Home: "HOME", Env: "GOCACHE", Builds: true},
		},
		Manifests: []string{"go.mod", "go.work"},
		Locks:     []string{"go.sum", "go.work.sum"},
		Clean:     []string{"go", "clean", "-cache", "-modcache"},
		read:      readGo,
	}
}

func readGo(args []string) Call {
	c := Call{Verb: verb(args, "-C")}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "mod":
		if contains(args, "download", "vendor", "tidy") {
			c.Action = Restore
		}
	case "get":
		c.Action, c.Names = Install, operands(args, c.Verb)
	case "build", "test", "vet", "run", "generate", "list", "tool":
		c.Action = Build
	case "install":
		c.Action = Build
	case "clean":
		c.Action = Clean
	}
	return c
}
