package restage

import (
	"regexp"
	"strings"
)

// perl covers the official image and Debian's interpreter. Every Debian has a part of
// Perl's own modules (perl-base); where the original has all of them, the runtime
// stage gets all of them.
var perl = language{
	name:         "Perl",
	what:         "the interpreter, the installed modules and the application",
	interpreters: regexp.MustCompile(`^perl[0-9.]*$`),
	complete:     []string{"perl"},
	loads: loaded(regexp.MustCompile(`(?m)^[ \t]*(?:use|require)[ \t]+([A-Za-z]\w*(?:::\w+)*)`),
		func(name string) string { return "/" + strings.ReplaceAll(name, "::", "/") + ".pm" }),
	libraries: regexp.MustCompile(`/(perl|perl5|perl-base|site_perl|vendor_perl)(/[0-9.]+)?(/auto)?$`),
	modules:   regexp.MustCompile(`^/usr/local/(share/perl|lib/[^/]+-linux-[^/]+/perl|lib/perl5/site_perl)/[0-9.]+/`),
}
