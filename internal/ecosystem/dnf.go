package ecosystem

func dnf() *Manager {
	return &Manager{
		Name: "dnf", Programs: []string{"dnf", "yum", "microdnf", "dnf5", "tdnf"}, System: true,
		Caches: []Cache{
			{Path: "/var/cache/dnf", Sharing: "locked"},
			{Path: "/var/cache/yum", Sharing: "locked"},
			{Path: "/var/cache/libdnf5", Sharing: "locked"},
		},
		Clean: []string{"dnf", "clean", "all"},
		read:  readDnf,
	}
}

var dnfValued = [...]string{"-c", "--config", "-x", "--exclude", "--installroot", "--repo", "--repoid", "--enablerepo", "--disablerepo", "--releasever", "--setopt", "-e", "-d", "-R"}

func readDnf(args []string) Call {
	c := Call{Verb: verb(args, dnfValued[:]...)}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "makecache", "check-update":
		c.Action = Update
	case "install", "reinstall", "localinstall", "groupinstall", "builddep":
		c.Action, c.Names = Install, operands(args, c.Verb, dnfValued[:]...)
	case "update", "upgrade", "distro-sync":
		c.Action = Upgrade
	case "remove", "erase", "autoremove":
		c.Action, c.Names = Remove, operands(args, c.Verb, dnfValued[:]...)
	case "clean":
		c.Action = Clean
	}
	return c
}
