package restage

// shellScripts is everything else: scripts, and packaged servers with settings and
// files of the project.
var shellScripts = language{name: "shell", what: "the packages that are started, and the project's own files"}
