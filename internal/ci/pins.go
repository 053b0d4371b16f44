package ci

// pinned is the day on which the versions below were looked up.
const pinned = "2026-11-24"

// pins are the actions that generated workflows use, by the commit of a release:
// a tag can be moved, a commit cannot. docs/ci.md says how they are refreshed.
var pins = []struct{ action, version, commit string }{
	{"actions/checkout", "v6.0.2", "de0fac2e4500dabe0009e67214ff5f5447ce83dd"},
	{"actions/download-artifact", "v8.0.1", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"},
	{"actions/github-script", "v8.0.0", "ed597411d8f924073f98dfc5c65a23a2325f34cd"},
	{"actions/setup-go", "v6.3.0", "4b73464bb391d4059bd26b0524d20df3927bd417"},
	{"actions/upload-artifact", "v7.0.0", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"},
	{"docker/build-push-action", "v7.2.0", "f9f3042f7e2789586610d6e8b85c8f03e5195baf"},
	{"docker/setup-buildx-action", "v4.1.0", "d7f5e7f509e45cec5c76c4d5afdd7de93d0b3df5"},
}
