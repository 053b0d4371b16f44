package verify

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/diag"
)

// TestServedBeside holds that a page which asks for a file of its own site does not ask
// for a source of the same name, and that one which has none does.
func TestServedBeside(t *testing.T) {
	const lost = "/site/assets/search.js"
	for beside, want := range map[string]bool{"/var/www/html/assets/search.js": false, "/var/www/html/assets/other.js": true, "/opt/else/search.js": true} {
		older := service()
		older.own["/var/www/html/index.html"] = file{body: "<script src=/assets/search.js></script>"}
		older.own[beside], older.own[lost] = file{body: "x()"}, file{body: "function x() {}"}
		newer := older.clone()
		newer.remove(lost)
		p := compareStatic(t, older, newer, Options{Explained: []diag.Leave{{Glob: lost, Reason: "in a build directory"}}})
		if got := slices.Contains(found(p), "removed "+lost+" B17"); got != want {
			t.Errorf("%s: missed %v, want %v: %q", beside, got, want, found(p))
		}
	}
}
