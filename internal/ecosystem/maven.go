package ecosystem

import "strings"

func maven() *Manager {
	return &Manager{
		Name: "maven", Programs: []string{"mvn", "mvnw"},
		Caches:    []Cache{{Path: ".m2/repository", Home: "HOME", Sharing: "locked"}},
		Manifests: []string{"pom.xml", ".mvn", "mvnw"},
		read:      readMaven,
	}
}

var mavenValued = [...]string{"-f", "--file", "-P", "--activate-profiles", "-pl", "--projects", "-s", "--settings", "-gs", "-D", "--define", "-T", "--threads", "-l", "--log-file"}

func readMaven(args []string) Call {
	c := Call{Verb: verb(args, mavenValued[:]...)}
	if c.Verb < 0 {
		return c
	}
	c.Action = Build
	if strings.HasPrefix(args[c.Verb], "dependency:") {
		c.Action = Restore
	}
	return c
}
