package ecosystem

func gradle() *Manager {
	return &Manager{
		Name: "gradle", Programs: []string{"gradle", "gradlew"},
		Caches:    []Cache{{Path: ".gradle", Home: "HOME", Env: "GRADLE_USER_HOME", Sharing: "locked"}},
		Manifests: []string{"build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradle.properties", "gradle", "gradlew"},
		Locks:     []string{"gradle.lockfile"},
		read:      readGradle,
	}
}

var gradleValued = [...]string{"-p", "--project-dir", "-x", "--exclude-task", "-b", "--build-file", "-c", "--settings-file", "-g", "--gradle-user-home", "-I", "--init-script"}

func readGradle(args []string) Call {
	c := Call{Verb: verb(args, gradleValued[:]...)}
	if c.Verb < 0 {
		return c
	}
	switch args[c.Verb] {
	case "dependencies":
		c.Action = Restore
	case "clean":
		c.Action = Build
		if len(operands(args, c.Verb, gradleValued[:]...)) == 0 {
			c.Action = Other
		}
	default:
		c.Action = Build
	}
	return c
}
