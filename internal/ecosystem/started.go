package ecosystem

import (
	"regexp"
	"sync"
)

// started matches a call that starts a program by a literal name, in the languages
// that images are written in: process functions of Node, Python, Ruby, PHP, Perl,
// C, Go and Rust. It is compiled when first used: an audit never is.
var started = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:\b(?:spawn|spawnSync|execFile|execFileSync|execSync|exec|system|popen|Popen|check_output|check_call|` +
		`subprocess\.run|subprocess\.call|shutil\.which|shell_exec|passthru|proc_open|Open3\.\w+|exec\.Command|exec\.LookPath|execlp|execvp|Command::new)|\bqx)` +
		`\s*\(\s*\[?\s*["'` + "`" + `]([A-Za-z0-9_./+-]+)`)
})

// contextCommand matches Go's form, whose first argument is a context.
var contextCommand = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`exec\.CommandContext\(\s*[^,]+,\s*["` + "`" + `]([A-Za-z0-9_./+-]+)`)
})

// statements matches Perl's pipes, and the calls of Perl and Ruby that need no
// brackets.
var statements = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:\bopen\b[^;\n]*,\s*["'](?:-\||\|-)["']\s*,\s*|(?m:^|[;{}=]|\bor\b|\bunless\b|\bif\b)[ \t]*(?:system|exec|spawn)[ \t]+)["']([A-Za-z0-9_./+-]+)`)
})

// StartedPrograms are the programs that a source file starts by a literal name, as
// often as they stand there. A name that is computed is not among them.
func StartedPrograms(source []byte) []string {
	var names []string
	for _, expression := range []*regexp.Regexp{started(), contextCommand(), statements()} {
		for _, match := range expression.FindAllSubmatch(source, -1) {
			names = append(names, string(match[1]))
		}
	}
	return names
}
