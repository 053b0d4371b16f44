package ecosystem

// ApkCache is where apk keeps its index.
const ApkCache = "/var/cache/apk"

func apk() *Manager {
	return &Manager{
		Name: "apk", Programs: []string{"apk"}, System: true,
		Caches:  []Cache{{Path: ApkCache, Sharing: "locked"}},
		Clean:   []string{"rm", "-rf", ApkCache + "/*"},
		NoCache: []string{"--no-cache"},
		read:    readApk,
	}
}

var apkValued = [...]string{"-t", "--virtual", "-X", "--repository", "-p", "--root", "--arch", "--keys-dir", "--repositories-file", "--cache-dir", "--wait"}

func readApk(args []string) Call {
	c := Call{Verb: verb(args, apkValued[:]...), NoCache: Has(args, "--no-cache")}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "update":
		c.Action = Update
	case "add":
		c.Action, c.Names = Install, operands(args, c.Verb, apkValued[:]...)
	case "upgrade":
		c.Action = Upgrade
	case "del":
		c.Action, c.Names = Remove, operands(args, c.Verb, apkValued[:]...)
	case "cache":
		c.Action = Clean
	}
	return c
}
