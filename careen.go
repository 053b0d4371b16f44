// Package careen makes a project's Docker image build faster and weigh less, and
// proves that it still works.
//
// It is the façade over the packages below internal: the only place where an
// engine or another implementation is chosen. The command in cmd/careen adds
// flags, a terminal and exit codes, and nothing else. The syntax tree of a
// Dockerfile is public on its own, in package dockerfile.
package careen

import "runtime/debug"

// Version is the module version of the running binary, "(devel)" when it was
// built from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
