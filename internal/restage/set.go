package restage

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/shell"
)

// installerSettings are places in /etc that only package managers, ldconfig and the
// commands that make accounts write: the runtime stage has its own.
var installerSettings = []string{
	"/etc/apt", "/etc/dpkg", "/etc/apk", "/etc/yum.repos.d", "/etc/ld.so.cache", "/etc/locale.gen",
	"/etc/alternatives", "/etc/ssl/certs", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/passwd-", "/etc/group-", "/etc/shadow-",
	"/etc/gshadow-", "/etc/subuid", "/etc/subgid", "/etc/subuid-", "/etc/subgid-",
}

// SetBy tells whether a step of the project set a file that lies where packages
// write: it copied the file, or its text names the file, or below /etc the directory
// the file lies in; of a directory, that its text makes it. Maintainer scripts, which
// run in the same steps, write the rest.
func SetBy(instruction, text string, written *File) bool {
	file := written.Path
	if written.Dir {
		return instruction == "RUN" && written.Package == "" && shell.MakesDirectory(text, file)
	}
	if instruction == "COPY" || instruction == "ADD" {
		return true
	}
	settings := rootOf([]string{"/etc"}, file) != ""
	if instruction != "RUN" || rootOf(installerSettings, file) != "" || written.Package != "" && !settings {
		return false
	}
	if shell.NamesPath(text, file) {
		return true
	}
	if rootOf([]string{"/usr/lib/locale"}, file) != "" {
		return strings.Contains(text, "locale-gen") || strings.Contains(text, "localedef")
	}
	if !settings || switched(file) {
		return false
	}
	for dir := path.Dir(file); dir != "/etc" && dir != "/"; dir = path.Dir(dir) {
		if shell.NamesPath(text, dir) {
			return true
		}
	}
	return false
}

// switched tells whether a file is a link that commands switch on and off
// (configurationCommands).
func switched(file string) bool {
	return slices.Contains([]string{"mods-enabled", "sites-enabled", "conf-enabled"}, path.Base(path.Dir(file)))
}
