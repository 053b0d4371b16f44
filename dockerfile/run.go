package dockerfile

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// A Run is what a RUN instruction says.
type Run struct {
	Command
	Mounts   []Mount
	Network  string // value of --network
	Security string // value of --security
}

// Run reads a RUN instruction; ok is false for another one.
func (i *Instruction) Run() (r Run, ok bool) {
	if i.Name != "RUN" {
		return r, false
	}
	r.Command, _ = i.Command()
	for _, fl := range i.Flags {
		switch fl.Name {
		case "mount":
			r.Mounts = append(r.Mounts, readMount(fl))
		case "network":
			r.Network = fl.Value
		case "security":
			r.Security = fl.Value
		}
	}
	return r, true
}

// A Mount is one --mount of a RUN. Variables are still in place.
type Mount struct {
	Type    string // lower case; "bind" when not given
	Target  string
	Source  string
	From    string
	ID      string
	Sharing string // lower case; "" means shared
	Options []MountOption
	Span    span.Span // of the whole flag
}

// A MountOption is one field of a mount as written.
type MountOption struct {
	Key      string // lower case
	Value    string
	HasValue bool
}

// Option is the value of an option by its name as written ("uid", "required").
func (m Mount) Option(key string) (value string, ok bool) {
	for _, o := range m.Options {
		if o.Key == key {
			return o.Value, true
		}
	}
	return "", false
}

func readMount(fl Flag) Mount {
	m := Mount{Type: "bind", Span: fl.Span}
	fields, _ := csvFields(fl.Value)
	for _, field := range fields {
		key, value, has := strings.Cut(field, "=")
		o := MountOption{strings.ToLower(key), value, has}
		m.Options = append(m.Options, o)
		m.set(o)
	}
	return m
}

func (m *Mount) set(o MountOption) {
	switch o.Key {
	case "type":
		m.Type = strings.ToLower(o.Value)
	case "target", "dst", "destination":
		m.Target = o.Value
	case "source", "src":
		m.Source = o.Value
	case "from":
		m.From = o.Value
	case "id":
		m.ID = o.Value
	case "sharing":
		m.Sharing = strings.ToLower(o.Value)
	}
}
