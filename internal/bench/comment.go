package bench

import (
	"crypto/sha256"
	"path"
	"strings"
)

// syntax says how a remark that no program heeds is added at the end of a file.
type syntax struct {
	language    string // "" for files that hold no program
	open, close string // of a comment
	blank       bool   // no comments in this format: blanks at the end
}

var (
	slashes = [2]string{"/* ", " */"} // block form: it also suits C before 1999
	hash    = [2]string{"# ", ""}
	angle   = [2]string{"<!-- ", " -->"}
	dashes  = [2]string{"-- ", ""}
)

// byName are files known by their whole name, byEnding those known by their ending.
var byName = map[string]syntax{
	"go.mod": line("// "), "go.work": line("// "), "Gemfile": comment("", hash), "Pipfile": comment("", hash),
	"CMakeLists.txt": comment("", hash), "Makefile": comment("", hash), "GNUmakefile": comment("", hash),
	"makefile": comment("", hash), "meson.build": comment("", hash), "configure.ac": line("dnl "),
	"conanfile.txt": comment("", hash), "cpanfile": comment("", hash), "build.sbt": line("// "),
}

var byEnding = map[string]syntax{
	".go": comment("go", slashes), ".js": comment("javascript", slashes), ".jsx": comment("javascript", slashes),
	".mjs": comment("javascript", slashes), ".cjs": comment("javascript", slashes),
	".ts": comment("typescript", slashes), ".tsx": comment("typescript", slashes), ".mts": comment("typescript", slashes),
	".c": comment("c", slashes), ".cc": comment("c++", slashes), ".cpp": comment("c++", slashes), ".cxx": comment("c++", slashes),
	".rs": comment("rust", slashes), ".java": comment("java", slashes), ".kt": comment("kotlin", slashes),
	".scala": comment("scala", slashes), ".swift": comment("swift", slashes), ".cs": comment("c#", slashes),
	".dart": comment("dart", slashes), ".php": comment("php", slashes),
	".py": comment("python", hash), ".rb": comment("ruby", hash), ".ex": comment("elixir", hash),
	".exs": comment("elixir", hash), ".pl": comment("perl", hash), ".pm": comment("perl", hash),
	".sh": comment("shell", hash), ".r": comment("r", hash), ".R": comment("r", hash), ".jl": comment("julia", hash),
	".nim": comment("nim", hash), ".cr": comment("crystal", hash),
	".hs": comment("haskell", dashes), ".lua": comment("lua", dashes), ".elm": comment("elm", dashes),
	".erl": comment("erlang", [2]string{"% ", ""}), ".clj": comment("clojure", [2]string{"; ", ""}),
	".ml": comment("ocaml", [2]string{"(* ", " *)"}), ".zig": language("zig", "// "),
	".vue": comment("vue", angle), ".svelte": comment("svelte", angle),

	".toml": comment("", hash), ".txt": comment("", hash), ".yaml": comment("", hash), ".yml": comment("", hash),
	".cfg": comment("", hash), ".xml": comment("", angle), ".csproj": comment("", angle), ".fsproj": comment("", angle),
	".vbproj": comment("", angle), ".props": comment("", angle), ".gradle": comment("", slashes), ".kts": comment("", slashes),
	".gemspec": comment("", hash), ".cabal": comment("", dashes), ".json": {blank: true},
}

func comment(language string, marks [2]string) syntax {
	return syntax{language: language, open: marks[0], close: marks[1]}
}

func line(open string) syntax { return syntax{open: open} }

func language(name, open string) syntax { return syntax{language: name, open: open} }

func syntaxOf(name string) (syntax, bool) {
	if s, ok := byName[path.Base(name)]; ok {
		return s, true
	}
	s, ok := byEnding[path.Ext(name)]
	return s, ok
}

// remark gives the file's text with a remark at its end that is unlike any other
// token's.
func (s syntax) remark(text, token string) string {
	if s.blank {
		return text + blanks(token)
	}
	open, closing := s.open, s.close
	if s.language == "php" && strings.LastIndex(text, "?>") > strings.LastIndex(text, "<?") {
		// Outside of the tags the comment would be part of the page.
		open, closing = "<?php "+open, closing+" ?>"
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + open + "careen bench " + token + closing + "\n"
}

// blanks writes a token as spaces and tabs, which any reader of JSON skips.
func blanks(token string) string {
	var b strings.Builder
	hash := sha256.Sum256([]byte(token))
	for _, octet := range hash[:8] {
		for bit := range 8 {
			b.WriteByte(" \t"[octet>>bit&1])
		}
	}
	return b.String() + "\n"
}
