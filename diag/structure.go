package diag

// A Structure is what one may hold of an image without knowing how it was built. It is
// derived from an image that works, to be owned and edited by people from then on.
type Structure struct {
	Commands   []StructureFile   `json:"commands"` // programs that the image starts, or that its scripts call
	Files      []StructureFile   `json:"files"`
	Users      []StructureUser   `json:"users"`
	Env        map[string]string `json:"env"` // a value that may be secret is ""
	User       string            `json:"user"`
	Workdir    string            `json:"workdir"`
	Entrypoint []string          `json:"entrypoint"`
	Cmd        []string          `json:"cmd"`
	Ports      []string          `json:"ports"` // "8080/tcp"
	Volumes    []string          `json:"volumes"`
	Labels     map[string]string `json:"labels"`
}

// A StructureFile is a path that has to be there.
type StructureFile struct {
	Path string `json:"path"`
	Mode uint32 `json:"mode"` // permission bits
	UID  int    `json:"uid"`
	GID  int    `json:"gid"`
	Kind string `json:"kind"` // "file", "directory", "link"
}

// A StructureUser is an account that has to be there.
type StructureUser struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
	GID  string `json:"gid"`
}
