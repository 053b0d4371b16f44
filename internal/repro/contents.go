package repro

import (
	"bytes"
	"debug/buildinfo"
	"regexp"
	"strings"
)

// goMark begins the build information of a Go program.
var goMark = []byte("\xff Go buildinf:")

// ofGo compares what two Go programs say of their build.
func ofGo(s *sample) (string, string) {
	if !bytes.Contains(s.old, goMark) || !bytes.Contains(s.new, goMark) {
		return "", ""
	}
	a, err := buildinfo.Read(bytes.NewReader(s.old))
	if err != nil {
		return "", ""
	}
	b, err := buildinfo.Read(bytes.NewReader(s.new))
	if err != nil {
		return "", ""
	}
	old, trimmed := map[string]string{}, false
	for _, setting := range a.Settings {
		old[setting.Key] = setting.Value
	}
	for _, setting := range b.Settings {
		if setting.Key == "-trimpath" && setting.Value == "true" {
			trimmed = true
		}
		if strings.HasPrefix(setting.Key, "vcs") && old[setting.Key] != setting.Value {
			return GoVCS, setting.Key
		}
		if setting.Key == "-ldflags" && old[setting.Key] != setting.Value {
			return EmbeddedDate, "in -ldflags"
		}
	}
	if a.Main.Version != b.Main.Version {
		return GoVCS, "the module's version"
	}
	if trimmed {
		return "", ""
	}
	return GoPath, "built without -trimpath"
}

// Texts that change with the clock, as tools write them.
var (
	dates = regexp.MustCompile(strings.Join([]string{
		`\b(19|20)\d\d[-/.](0[1-9]|1[0-2])[-/.]([0-2]\d|3[01])([T ]?[\d:.]+Z?)?`, // 2026-11-24T12:00:00Z
		`\b(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])[T.-]?[0-2]\d[0-5]\d`,        // 20261124T1200
		`[0-2]?\d:[0-5]\d(:[0-5]\d)?`,                                            // 12:00:00
		`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? `,                                     // of date and of mail
		`\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* +\d{1,2}`,     // of __DATE__
		`\b1[6-9]\d{8}(\d{3}|\d{6}|\d{9})?\b`,                                    // seconds since 1970, and their parts
	}, "|"))
	ids = regexp.MustCompile(`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{40}\b|\b[0-9a-f]{64}\b`)
)

func dated(text string) bool { return dates.MatchString(text) }

// around is how many bytes on both sides of a difference may belong to the same
// date or identifier.
const around = 64

// near tells whether every range of the first build's file lies in or touches a
// match of the pattern. Without ranges nothing does.
func (s *sample) near(pattern *regexp.Regexp) bool {
	for _, r := range s.ranges {
		start, end := max(0, int(r.Start)-around), min(len(s.old), int(r.End)+around)
		from, to := int(r.Start)-start, int(r.End)-start
		found := false
		for _, m := range pattern.FindAllIndex(s.old[start:end], -1) {
			found = found || m[0] <= to && from <= m[1]
		}
		if !found {
			return false
		}
	}
	return len(s.ranges) > 0
}

func ofID(s *sample) (string, string) {
	if !s.near(ids) {
		return "", ""
	}
	return GeneratedID, ""
}

// ofDate also takes a file in which some of the ranges are dates: a later one is
// often a sum over the first.
func ofDate(s *sample) (string, string) {
	for i := range s.ranges {
		one := *s
		one.ranges = s.ranges[i : i+1]
		if one.near(dates) {
			return EmbeddedDate, ""
		}
	}
	return "", ""
}
