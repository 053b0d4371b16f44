package image

import (
	"path"
	"slices"
	"strings"
)

// Noise names a kind of difference that two builds of one Dockerfile have.
type Noise string

// The classes of noise. They are about contents: a file of such a place that has
// another mode or owner is no noise, nor is a directory that is missing.
const (
	NoiseTime        Noise = "timestamp"
	NoiseLog         Noise = "log"
	NoiseCache       Noise = "cache"
	NoiseBytecode    Noise = "python bytecode"
	NoiseLinkerCache Noise = "linker's auxiliary cache"
	NoisePackageLog  Noise = "package manager's log or backup"
	NoiseMachineID   Noise = "machine id"
)

// noise is the class of a change, "" when it may matter.
func noise(c Change) Noise {
	if c.Kind == Changed {
		if slices.Equal(c.What, []Aspect{Time}) {
			return NoiseTime
		}
		if slices.ContainsFunc(c.What, func(a Aspect) bool { return a != Content && a != Time }) {
			return ""
		}
	}
	for _, n := range []*Node{c.Old, c.New} {
		if n != nil && !n.IsRegular() {
			return ""
		}
	}
	return noisePlace(c.Path)
}

var noiseFiles = map[string]Noise{
	"/etc/machine-id": NoiseMachineID, "/var/lib/dbus/machine-id": NoiseMachineID,
	"/var/cache/ldconfig/aux-cache": NoiseLinkerCache,
	"/var/log/dpkg.log":             NoisePackageLog, "/var/log/alternatives.log": NoisePackageLog, "/var/log/bootstrap.log": NoisePackageLog,
	"/var/lib/dpkg/status-old": NoisePackageLog, "/var/lib/dpkg/available-old": NoisePackageLog, "/var/lib/dpkg/diversions-old": NoisePackageLog,
	"/etc/passwd-": NoisePackageLog, "/etc/group-": NoisePackageLog, "/etc/shadow-": NoisePackageLog, "/etc/gshadow-": NoisePackageLog,
}

// noiseDirs is searched in order.
var noiseDirs = []struct {
	dir   string
	class Noise
}{
	{"/var/log/apt/", NoisePackageLog},
	{"/var/log/", NoiseLog},
	{"/var/cache/", NoiseCache},
	{"/var/lib/apt/lists/", NoiseCache},
	{"/root/.cache/", NoiseCache},
	{"/root/.npm/_cacache/", NoiseCache},
	{"/root/.npm/_logs/", NoiseLog},
}

// noisePlace is the class of a regular file by where it is.
func noisePlace(p string) Noise {
	if class, ok := noiseFiles[p]; ok {
		return class
	}
	if path.Ext(p) == ".pyc" && path.Base(path.Dir(p)) == "__pycache__" {
		return NoiseBytecode
	}
	for _, d := range noiseDirs {
		if strings.HasPrefix(p, d.dir) {
			return d.class
		}
	}
	return ""
}
