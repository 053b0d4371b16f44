package restage

import (
	"path"
	"slices"
)

// webServers read what their settings name in full, wherever they are started: their
// relative names begin at a directory that was fixed when they were built.
var webServers = map[string]bool{
	"nginx": true, "apache2": true, "httpd": true, "lighttpd": true, "apache2ctl": true, "apachectl": true, "varnishd": true, "haproxy": true,
}

// documentRoots are what the servers' own settings serve where the project names nothing.
var documentRoots = []string{"/var/www", "/usr/share/nginx", "/usr/local/apache2", "/srv/www", "/srv/http", "/usr/share/caddy"}

// servesOnly tells whether all that the container runs of its own accord is a web server
// of the distribution: no script and no program of the project, whose names could begin
// at the working directory.
func (n *needs) servesOnly(t *tree) bool {
	return len(n.start.scripts) == 0 && slices.ContainsFunc(n.start.programs, func(p string) bool { return webServers[path.Base(p)] }) &&
		!slices.ContainsFunc(n.start.programs, func(p string) bool { return own(t.at(p)) })
}

// unserved are the directories of an application that a web server is not told of: the
// sources from which a step built the site that it serves.
func (n *needs) unserved(f *Facts, t *tree, app *script) []string {
	if f.Sources == nil || !n.servesOnly(t) {
		return nil
	}
	var gone []string
	for _, root := range app.roots {
		if !commonDirs[root] && rootOf(documentRoots, root) == "" && !namedInSettings(f, root) && !n.namedByKept(f, t, root) && n.keepsOutside(app.roots) {
			gone = append(gone, root)
		}
	}
	return gone
}

// siteBuilders are interpreters that build sites and serve none themselves.
var siteBuilders = map[string]bool{"node": true, "nodejs": true, "ruby": true, "python3": true, "go": true, "hugo": true}

// buildersOf forgets packages that the Dockerfile installs for what has been left behind:
// their programs built a site, and nothing of it starts them.
func (n *needs) buildersOf(t *tree, gone []string) {
	if len(gone) == 0 || !n.servesOnly(t) {
		return
	}
	builders := map[string]bool{}
	for i := range t.files {
		file := &t.files[i]
		if file.Exec && siteBuilders[path.Base(file.Path)] && !slices.Contains(n.start.programs, file.Path) {
			builders[file.Package] = true
		}
	}
	n.packages = slices.DeleteFunc(n.packages, func(p Package) bool { return p.Why == byName && builders[p.Name] })
}

// keepsOutside tells whether something is left to serve without the given directories.
func (n *needs) keepsOutside(roots []string) bool {
	for file := range n.keep {
		if rootOf(roots, file) == "" && rootOf([]string{"/etc", "/var/log"}, file) == "" {
			return true
		}
	}
	return false
}
