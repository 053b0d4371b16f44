package restage

import "regexp"

// cargoTree matches what Cargo leaves in its target directory beside the programs.
var cargoTree = regexp.MustCompile(`/(debug|release)/(build|deps|\.fingerprint|incremental)/|/(\.rustc_info\.json|CACHEDIR\.TAG|\.cargo-lock|\.crates2?\.(toml|json))$|/(debug|release)/[^/]+\.(d|rlib|rmeta)$`)

// cargoLeaves says why a file of a Rust project is not needed once it is built: Cargo
// itself made it, below its target directory.
func cargoLeaves(t *tree, root, file string) string {
	if t.at(root+"/Cargo.toml") != nil && cargoTree.MatchString(file) {
		return "build intermediate"
	}
	return ""
}
