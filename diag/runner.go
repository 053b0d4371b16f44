package diag

// Runners says what fresh CI runners were measured to take: builders that hold
// nothing, and a registry that may hold the cache of another build.
type Runners struct {
	Link     string        `json:"link"`             // between runner and registry: "100 Mbit/s, 30 ms"
	Registry string        `json:"registry"`         // where caches and images were kept
	Bases    string        `json:"bases"`            // the way that base images took
	Edited   string        `json:"edited,omitempty"` // file changed since the build that left the cache; none: nothing was
	Caches   []RunnerCache `json:"caches"`
	Best     string        `json:"best"`             // Name of the one with the lowest median
	Like     []string      `json:"like,omitempty"`   // Names of those that could not be told apart from it
	Fork     *RunnerBuild  `json:"fork,omitempty"`   // reads Best and may not write: no push, no export
	Mounts   []string      `json:"mounts,omitempty"` // cache mounts of the Dockerfile, which no exported cache carries
}

// A RunnerCache is one way to carry the cache.
type RunnerCache struct {
	Name    string      `json:"name"`  // "no cache", "max, zstd"
	First   RunnerBuild `json:"first"` // nothing to import yet; one build
	Seconds Measurement `json:"seconds"`
	Next    RunnerBuild `json:"next"`         // medians of the builds in Seconds
	Stored  int64       `json:"stored_bytes"` // in the registry after First, for the cache alone
	Added   int64       `json:"added_bytes"`  // by a second branch
}

// A RunnerBuild is one build of a fresh runner, which pushes its image.
type RunnerBuild struct {
	Seconds float64 `json:"seconds"`        // the whole build
	Import  float64 `json:"import_seconds"` // of that, asking for the cache and fetching from it
	Export  float64 `json:"export_seconds"` // of that, compressing and pushing image and cache
	Down    int64   `json:"down_bytes"`     // over the link
	Up      int64   `json:"up_bytes"`
}
