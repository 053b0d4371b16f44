package verify

import "regexp"

// A pattern is one kind of text that differs between two runs of the same program
// without meaning anything.
type pattern struct {
	expression *regexp.Regexp
	stands     string
}

// patterns are applied in this order: the long forms first, so that a date is not
// taken apart by the pattern of a time.
var patterns = []pattern{
	{regexp.MustCompile(`\d{4}[-/]\d\d[-/]\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?( ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?`), "<date>"},
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (\d{1,2}[ -][A-Z][a-z]{2}|[A-Z][a-z]{2} +\d{1,2})([ ,-]+\d{4})?( \d\d:\d\d:\d\d)?( [A-Z]{3,4}| [+-]\d{4})?( \d{4})?`), "<date>"},
	{regexp.MustCompile(`\b\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d( [+-]\d{4})?`), "<date>"},
	{regexp.MustCompile(`\b[A-Z][a-z]{2} +\d{1,2},? \d{4}\b`), "<date>"},
	{regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4}\b`), "<date>"},
	{regexp.MustCompile(`\b\d{1,2}:\d\d:\d\d([.,]\d+)?( ?[AP]M)?\b`), "<time>"},
	{regexp.MustCompile(`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`), "<uuid>"},
	{regexp.MustCompile(`\b0x[0-9a-fA-F]+\b`), "<address>"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+(\.\d+)? ?(ns|µs|us|ms|s|sec|secs|seconds|milliseconds)\b`), "<duration>"},
	{regexp.MustCompile(`\b1\d{9}(\.\d+|\d{3}|\d{6}|\d{9})?\b`), "<epoch>"},
	{regexp.MustCompile(`(?i)\b(pid|process|thread|tid|worker)([ #:=]+|\[)\d+`), "$1$2<pid>"},
	{regexp.MustCompile(`(?i)("(?:pid|ppid|tid|uptime|elapsed|duration|latency|took|rss|memory|response_?time|ms)[a-z_]*" ?: ?)[\d.]+`), "$1<number>"},
	{regexp.MustCompile(`(?i)\b((?:elapsed|duration|latency|took|uptime|response_?time)[a-z_]*=)[\d.]+`), "$1<number>"},
	{regexp.MustCompile(`\[\d+\]`), "[<pid>]"},
	{regexp.MustCompile(`(\[\w+\] )\d+( +- )`), "$1<pid>$2"}, // the head of a log line: who, which process
	{regexp.MustCompile(`\b(127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0):(3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b`), "$1:<port>"},
}

// token matches what may be a random identifier: long runs of hexadecimal digits.
// A run must mix letters and digits, so that no word or plain number is one.
var token = regexp.MustCompile(`\b[0-9a-fA-F]{12,}\b`)

// normalise puts a placeholder for every date, duration, address and identifier.
func normalise(text string) string {
	for _, p := range patterns {
		text = p.expression.ReplaceAllString(text, p.stands)
	}
	return token.ReplaceAllStringFunc(text, func(run string) string {
		if mixed(run) {
			return "<id>"
		}
		return run
	})
}

func mixed(run string) bool {
	var digits, letters bool
	for _, r := range run {
		if r >= '0' && r <= '9' {
			digits = true
		} else {
			letters = true
		}
	}
	return digits && letters
}
