package probe

import "time"

// A Request is one question of a batch. Exactly one field is set; they are
// answered in order, one after the other.
type Request struct {
	Ports     *PortsRequest   `json:"ports,omitempty"`
	Wait      *WaitRequest    `json:"wait,omitempty"`
	HTTP      *HTTPRequest    `json:"http,omitempty"`
	Processes *ProcessRequest `json:"processes,omitempty"`
	Stat      *StatRequest    `json:"stat,omitempty"`
	Changed   *ChangedRequest `json:"changed,omitempty"`
	Env       *EnvRequest     `json:"env,omitempty"`
}

// An Answer belongs to the request at the same place of the batch. Error is set
// when it could not be answered; what is known up to there is still given.
type Answer struct {
	Error     string        `json:"error,omitempty"`
	Ports     []Port        `json:"ports,omitempty"` // of Ports and Wait
	HTTP      *HTTPResponse `json:"http,omitempty"`  // of HTTP, and of Wait when it asked
	Processes []Process     `json:"processes,omitempty"`
	Files     []File        `json:"files,omitempty"`   // of Stat and Changed
	Env       []string      `json:"env,omitempty"`     // KEY=value
	Seconds   float64       `json:"seconds,omitempty"` // how long the answer took
}

// PortsRequest asks which sockets listen now.
type PortsRequest struct{}

// ProcessRequest asks for the process tree, the probe itself left out.
type ProcessRequest struct{}

// EnvRequest asks for the environment the probe was started with.
type EnvRequest struct{}

// StatRequest asks what is at each path; links are not followed.
type StatRequest struct {
	Paths []string `json:"paths"`
}

// WaitRequest waits until every given condition holds at the same moment. With no
// condition it waits for any listening TCP port. Settle is how long the set of
// listening ports must then stay as it is; Idle ends the waiting early when no
// process has used the CPU for that long, since nothing is then about to change.
type WaitRequest struct {
	Ports   []int         `json:"ports,omitempty"` // TCP ports that must listen
	HTTP    *HTTPRequest  `json:"http,omitempty"`  // must be answered, with any status below 500
	Timeout time.Duration `json:"timeout"`         // 0: look once
	Settle  time.Duration `json:"settle,omitempty"`
	Idle    time.Duration `json:"idle,omitempty"` // 0: wait for the whole timeout
}

// HTTPRequest asks one URL. Redirects are not followed, proxies are not used.
type HTTPRequest struct {
	Method   string            `json:"method,omitempty"` // empty: GET
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers,omitempty"` // "Host" sets the virtual host
	Body     string            `json:"body,omitempty"`
	Limit    int64             `json:"limit,omitempty"`    // bytes of the body kept; 0: 1 MiB
	Timeout  time.Duration     `json:"timeout,omitempty"`  // 0: 10 s
	Insecure bool              `json:"insecure,omitempty"` // take any TLS certificate
}

// HTTPResponse is what came back.
type HTTPResponse struct {
	Status    int                 `json:"status"`
	Headers   map[string][]string `json:"headers,omitempty"`
	Body      []byte              `json:"body,omitempty"`
	Truncated bool                `json:"truncated,omitempty"` // the body was longer than the limit
}

// ChangedRequest asks for files under Root, on Root's own mount, whose contents or
// inode changed after a moment.
type ChangedRequest struct {
	Root  string    `json:"root,omitempty"` // empty: "/"
	Since time.Time `json:"since"`          // zero: when process 1 started
	Limit int       `json:"limit,omitempty"`
}

// A Port is a listening socket.
type Port struct {
	Network string `json:"network"`           // "tcp", "udp" or "unix"
	Address string `json:"address"`           // IP address, or the path of a unix socket
	Port    int    `json:"port,omitempty"`    // 0 for unix
	Inode   uint64 `json:"inode,omitempty"`   // of the socket
	PID     int    `json:"pid,omitempty"`     // who holds it; 0: not known
	Process string `json:"process,omitempty"` // that process's name
}

// A Process is one entry of the process tree.
type Process struct {
	PID   int      `json:"pid"`
	PPID  int      `json:"ppid"`
	UID   int      `json:"uid"`
	Name  string   `json:"name"`          // the kernel's name of it, at most 15 bytes
	Exe   string   `json:"exe,omitempty"` // empty when it may not be read
	Args  []string `json:"args,omitempty"`
	State string   `json:"state"` // "S", "R", "Z", …
}

// A File is what is at a path.
type File struct {
	Path string `json:"path"`
	Type string `json:"type"` // "file", "dir", "link", "device", "pipe", "socket"; "none" when nothing is there
	Mode uint32 `json:"mode"` // permission bits with setuid, setgid and sticky, as chmod counts them
	UID  int    `json:"uid"`
	GID  int    `json:"gid"`
	Size int64  `json:"size"`
	Link string `json:"link,omitempty"` // target of a symbolic link
}
