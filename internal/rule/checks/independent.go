package checks

import (
	"path"
	"strings"

	"github.com/careenhq/careen/internal/shell"
)

// independent tells whether a command reads neither the project's sources nor
// variables of its own choice: it does the same before a COPY as after it. What is
// not known here is taken to read both.
func independent(c *shell.Command) bool {
	if c.Name == "" {
		return len(c.Words) == 0 && literalAssigns(c)
	}
	switch c.Name {
	case "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "pacman", "add-apt-repository", "apt-key", "apt-mark", "dpkg-reconfigure":
		return !namesLocalFile(c)
	case "useradd", "groupadd", "adduser", "addgroup", "usermod", "groupmod", "locale-gen", "update-ca-certificates", "ldconfig", "update-alternatives":
		return true
	case "set", "true", ":", "export", "echo", "printf", "umask", "sleep", "date", "uname", "id":
		return redirectsAway(c)
	case "mkdir", "rm", "ln", "touch", "tar", "unzip", "gunzip", "install":
		return absoluteOnly(c)
	case "curl", "wget", "gpg", "gpgconf":
		return redirectsAway(c) && !strings.Contains(strings.Join(c.Texts(), " "), "@")
	case "corepack", "nvm", "rustup", "n":
		return true
	case "npm":
		return first(c) == "config" || first(c) == "cache" || c.Has("-g") || c.Has("--global") && !namesLocalFile(c)
	case "yarn":
		return first(c) == "cache" || first(c) == "config" || first(c) == "set" || first(c) == "global"
	case "pnpm":
		return first(c) == "config" || first(c) == "store" || c.Has("-g")
	case "pip", "pip3":
		return independentPip(c.Texts())
	case "python", "python3":
		args := c.Texts()
		return len(args) > 2 && args[0] == "-m" && args[1] == "pip" && independentPip(args[2:])
	case "go":
		return first(c) == "env" || first(c) == "version" || first(c) == "install" && strings.Contains(strings.Join(c.Texts(), " "), "@")
	case "gem":
		return first(c) == "install" && !namesLocalFile(c)
	case "bundle", "poetry", "composer":
		return first(c) == "config"
	case "git":
		return first(c) == "config" && c.Has("--global")
	}
	return false
}

// independentPip tells whether pip installs packages by name alone.
func independentPip(args []string) bool {
	if len(args) == 0 || args[0] != "install" {
		return len(args) > 0 && (args[0] == "cache" || args[0] == "config")
	}
	for _, a := range args[1:] {
		if a == "-r" || a == "-e" || a == "-c" || strings.HasPrefix(a, "--requirement") || strings.HasPrefix(a, "--editable") ||
			strings.HasPrefix(a, ".") || strings.Contains(a, "/") && !strings.Contains(a, "://") && !strings.HasPrefix(a, "-") {
			return false
		}
	}
	return true
}

func first(c *shell.Command) string {
	for _, a := range c.Args {
		if !strings.HasPrefix(a.Value, "-") {
			return a.Value
		}
	}
	return ""
}

func literalAssigns(c *shell.Command) bool {
	for _, a := range c.Assigns {
		if !a.Value.Literal {
			return false
		}
	}
	return true
}

// namesLocalFile tells whether an argument looks like a file of the project.
func namesLocalFile(c *shell.Command) bool {
	for _, a := range c.Texts() {
		if strings.HasPrefix(a, "./") || strings.HasPrefix(a, "../") || a == "." || isArchiveName(a) || strings.HasSuffix(a, ".deb") {
			return true
		}
	}
	return false
}

// absoluteOnly tells whether all arguments are options or literal paths of places
// where no sources are kept.
func absoluteOnly(c *shell.Command) bool {
	for _, a := range c.Args {
		if strings.HasPrefix(a.Value, "-") {
			continue
		}
		if !a.Literal || !systemPath(a.Value) {
			return false
		}
	}
	return redirectsAway(c)
}

// systemPath tells paths of the system from those where people put sources.
func systemPath(name string) bool {
	if !path.IsAbs(name) {
		return false
	}
	for _, dir := range []string{"/var/", "/tmp", "/etc/", "/usr/share/", "/usr/local/bin/", "/usr/bin/", "/root/.", "/data", "/run/", "/home/"} {
		if strings.HasPrefix(name, dir) {
			return true
		}
	}
	return false
}

// redirectsAway tells whether what the command writes goes to the system, or to
// the build's output.
func redirectsAway(c *shell.Command) bool {
	for _, r := range c.Redirs {
		if strings.HasPrefix(r.Op, "<") && r.Op != "<<" || strings.HasPrefix(r.Op, ">") && !(r.Target.Literal && (systemPath(r.Target.Value) || strings.HasPrefix(r.Target.Value, "/dev/") || len(r.Target.Value) == 1)) {
			return false
		}
	}
	return true
}
