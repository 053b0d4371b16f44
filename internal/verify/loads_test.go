package verify

import (
	"slices"
	"testing"
)

func TestImportsOfLanguages(t *testing.T) {
	for _, test := range []struct {
		wanted func(string, bool) []string
		text   string
		eager  bool
		want   []string
	}{
		{pythonImports, "import os, a.b as c\nfrom x.y import (z,\n  w as v)\nfrom . import near\ndef f():\n    import late\nimportlib.import_module('named')\n", false,
			[]string{"os", "a.b", "late", "x.y", "x.y.z", "x.y.w", ".", ".near", "named"}},
		{pythonImports, "import os\ntry:\n    import fast\nexcept ImportError:\n    pass\nfrom a import *\n", true, []string{"os", "a"}},
		{pythonImports, "# import no\nimportant = 1\nx = 'import no'\n", false, nil},
		{perlImports, "use strict;\nuse A::B qw(c);\nif ($x) { require D::E; }\n__END__\nuse No::More;\n", false, []string{"A::B", "D::E"}},
		{perlImports, "use A::B;\nsub f { require Late; }\n    require Later;\n", true, []string{"A::B"}},
		{rubyImports, "require 'json'\n  require \"late\"\nrequire_relative('lib/x')\n", false, []string{"json", "late", "lib/x"}},
	} {
		if got := test.wanted(test.text, test.eager); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// TestLoads follows what sources load, and what that loads in turn.
func TestLoads(t *testing.T) {
	const site = "/usr/lib/python3/dist-packages/"
	for name, test := range map[string]struct {
		source string
		change func(*world)
		want   []string
	}{
		"the module":      {"import yaml\n", func(w *world) { w.remove(site + "yaml"); forget(w, "python3-yaml") }, []string{"Python modules /app/report.py B2"}},
		"within a module": {"import yaml\n", func(w *world) { w.remove(site + "yaml/loader.py"); forget(w, "python3-yaml") }, []string{"Python modules " + site + "yaml/__init__.py C7"}},
		"a submodule":     {"from yaml import loader\n", func(w *world) { w.remove(site + "yaml/loader.py"); forget(w, "python3-yaml") }, []string{"Python modules /app/report.py B2", "Python modules " + site + "yaml/__init__.py C7"}},
		"nobody asks":     {"import os\n", func(w *world) { w.remove(site + "yaml"); forget(w, "python3-yaml") }, []string{}},
		"in another place": {"import yaml\n", func(w *world) {
			w.remove(site + "yaml")
			forget(w, "python3-yaml")
			w.own["/app/yaml.py"] = file{body: "x"}
		}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			older := service()
			python(test.source)(t, &older)
			newer := older.clone()
			test.change(&newer)
			if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestPHPExtensions holds that an extension which PHP loads stays.
func TestPHPExtensions(t *testing.T) {
	older := service()
	older.own["/etc/php/8.2/mods-available/dom.ini"] = file{body: "; comment\nextension=dom.so\n"}
	older.own["/etc/php/8.2/cli/conf.d/20-dom.ini"] = file{link: "/etc/php/8.2/mods-available/dom.ini"}
	older.own["/usr/lib/php/dom.so"] = library("dom.so")
	newer := older.clone()
	newer.remove("/usr/lib/php/dom.so")
	want := []string{"PHP extensions /etc/php/8.2/cli/conf.d/20-dom.ini B2"} // a step that installed packages wrote the file itself
	if got := found(compareStatic(t, older, newer, Options{})); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
