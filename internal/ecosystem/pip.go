package ecosystem

import "strings"

func pip() *Manager {
	return &Manager{
		Name: "pip", Programs: []string{"pip", "pip3", "pip2"},
		Caches:    []Cache{{Path: ".cache/pip", Home: "HOME", Env: "PIP_CACHE_DIR"}},
		Manifests: []string{"requirements.txt", "constraints.txt", "pyproject.toml", "setup.py", "setup.cfg"},
		Clean:     []string{"pip", "cache", "purge"},
		NoCache:   []string{"--no-cache-dir"},
		CacheOff:  "PIP_NO_CACHE_DIR",
		read:      readPip,
	}
}

var pipValued = [...]string{
	"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
	"-t", "--target", "--prefix", "--root", "--platform", "--python-version", "--implementation", "--abi", "--cache-dir", "--log",
	"--proxy", "--retries", "--timeout", "--trusted-host", "--cert", "--client-cert", "--python", "--progress-bar", "--only-binary", "--no-binary",
}

func readPip(args []string) Call {
	c := Call{Verb: verb(args, pipValued[:]...), NoCache: Has(args, "--no-cache-dir") || Has(args, "--no-cache")}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "install", "wheel", "download":
		c.Action, c.Names = Install, operands(args, c.Verb, pipValued[:]...)
		if Has(args, "-r", "--requirement", "-e", "--editable") || names(args, c.Names, localPath) {
			c.Action = Restore
		}
	case "uninstall":
		c.Action, c.Names = Remove, operands(args, c.Verb, pipValued[:]...)
	case "cache":
		c.Action = Clean
	}
	return c
}

// localPath tells whether an argument is a path rather than a package's name.
func localPath(arg string) bool {
	return arg == "." || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, ".[")
}

func names(args []string, which []int, like func(string) bool) bool {
	for _, k := range which {
		if like(args[k]) {
			return true
		}
	}
	return false
}
