package restage

import "regexp"

// php covers the official images, whose extensions and their settings lie below
// /usr/local, and Debian's interpreter on the command line and in Apache.
var php = language{
	name:         "PHP",
	what:         "the interpreter, its extensions and the application",
	interpreters: regexp.MustCompile(`^(php|php-fpm|php-cgi)[0-9.]*$`),
	modules:      regexp.MustCompile(`^/usr/local/lib/php/extensions/[^/]+/`),
}
