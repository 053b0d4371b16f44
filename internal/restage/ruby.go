package restage

import "regexp"

// ruby covers the official image, whose gems lie in /usr/local/bundle, and Debian's
// interpreter, whose gems lie among the state of packages.
var ruby = language{
	name:         "Ruby",
	what:         "the interpreter, the gems and the application",
	interpreters: regexp.MustCompile(`^(ruby|jruby|bundle|rackup)[0-9.]*$`),
	loads: loaded(regexp.MustCompile(`(?m)^[ \t]*require[ \t(]+["']([\w/-]+)["']`),
		func(name string) string { return "/vendor_ruby/" + name + ".rb" }),
	modules: regexp.MustCompile(`^(/usr/local/bundle|/var/lib/gems/[0-9.]+|/usr/local/lib/ruby/gems/[0-9.]+)/`),
}
