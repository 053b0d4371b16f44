package rule

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
)

// suppression is what the comments of a file switch off.
//
// These forms count, each with a comma-separated list (semicolons for check):
//
//	# careen ignore=RULE reason      for the instruction below
//	# careen global ignore=RULE      for the file
//	# hadolint ignore=DL3008         and "global ignore"
//	# tally ignore=hadolint/DL3008   and "global ignore"
//	# check=skip=Rule                BuildKit's directive, for the file
type suppression struct {
	file  *dockerfile.File
	names map[string]bool // switched off for the whole file, lower case
}

// all is the name that stands for every rule.
const all = "all"

func readSuppression(f *dockerfile.File) suppression {
	s := suppression{file: f, names: map[string]bool{}}
	for _, name := range skipped(f.Directive("check")) {
		// "all" means BuildKit's own rules here, not those that it has no name for.
		s.names[checkPrefix+name] = true
	}
	for _, c := range f.Comments {
		if names, global := ignored(c.Text); global {
			for _, name := range names {
				s.names[name] = true
			}
		}
	}
	return s
}

// checkPrefix marks names that come from BuildKit's directive.
const checkPrefix = "check="

// skipped reads the value of a check directive: "skip=A,B;error=true".
func skipped(value string) []string {
	for part := range strings.SplitSeq(value, ";") {
		if list, ok := strings.CutPrefix(strings.TrimSpace(part), "skip="); ok {
			return splitNames(list)
		}
	}
	return nil
}

// ignored reads a suppression comment; names is nil for any other comment.
func ignored(comment string) (names []string, global bool) {
	word, rest, _ := strings.Cut(comment, " ")
	switch strings.ToLower(strings.TrimSuffix(word, ":")) {
	case "careen", "hadolint", "tally":
	default:
		return nil, false
	}
	rest, global = strings.CutPrefix(strings.TrimSpace(rest), "global ")
	list, ok := strings.CutPrefix(strings.TrimSpace(rest), "ignore=")
	if !ok {
		return nil, false
	}
	list, _, _ = strings.Cut(list, ";")
	return splitNames(list), global
}

// splitNames reads "a, hadolint/b reason": names up to the first one that no comma
// precedes, without a tool in front.
func splitNames(list string) []string {
	var names []string
	for part := range strings.SplitSeq(list, ",") {
		fields := strings.Fields(part)
		if len(fields) == 0 {
			continue
		}
		name := strings.ToLower(fields[0])
		names = append(names, name[strings.LastIndexByte(name, '/')+1:])
		if len(fields) > 1 {
			break
		}
	}
	return names
}

// covers tells whether the finding of a rule at an offset is switched off.
func (s suppression) covers(r *Rule, offset int) bool {
	if s.global(r) {
		return true
	}
	for _, i := range s.file.Instructions {
		if !i.Lines().Contains(offset) && i.Span.Start != offset {
			continue
		}
		for _, c := range slices.Concat(i.Leading, i.Inner) {
			names, global := ignored(c.Text)
			if !global && slices.ContainsFunc(names, r.answersTo) {
				return true
			}
		}
	}
	return false
}

func (s suppression) global(r *Rule) bool {
	if len(s.names) == 0 {
		return false
	}
	for name := range s.names {
		check, directive := strings.CutPrefix(name, checkPrefix)
		switch {
		case directive && check == all:
			if slices.ContainsFunc(r.Aliases, isBuildKit) {
				return true
			}
		case r.answersTo(check):
			return true
		}
	}
	return false
}

// answersTo tells whether a name, in lower case, means the rule.
func (r *Rule) answersTo(name string) bool {
	return name == r.ID || name == all || slices.ContainsFunc(r.Aliases, func(a string) bool { return strings.EqualFold(a, name) })
}

// isBuildKit tells BuildKit's names from hadolint's, which are letters and digits
// such as DL3008.
func isBuildKit(alias string) bool { return !strings.ContainsAny(alias, "0123456789") }

// AnswersTo tells whether a name in any case means the rule: its ID or what
// another tool calls it.
func (r *Rule) AnswersTo(name string) bool {
	return !strings.EqualFold(name, all) && r.answersTo(strings.ToLower(name))
}
