package diag

// A Gate is the verdict on one build against the limits of its project and the
// build of its target branch.
type Gate struct {
	Schema   string      `json:"schema"` // SchemaVersion
	Project  string      `json:"project"`
	Passed   bool        `json:"passed"`             // no limit is broken, or it was allowed
	Allowed  string      `json:"allowed,omitempty"`  // who allowed a regression and why; "" when nobody did
	Baseline string      `json:"baseline"`           // what the build was held against, in words
	Evidence string      `json:"evidence,omitempty"` // URL of the full record
	Checks   []GateCheck `json:"checks"`
	Top      []Grown     `json:"top,omitempty"` // up to three parts of the build that changed most
	Changes  []Change    `json:"changes,omitempty"`
}

// GateState is how one check ended.
type GateState string

// The states of a check.
const (
	GatePassed    GateState = "passed"
	GateImproved  GateState = "improved" // passed, and better than before beyond noise
	GateFailed    GateState = "failed"
	GateNotJudged GateState = "not judged" // Why says what is missing
)

// A GateCheck holds one quantity against its limits.
type GateCheck struct {
	Name     string    `json:"name"` // key in careen.yaml: "disk", "pull", "cold", "no_change", …
	Quantity Quantity  `json:"quantity"`
	State    GateState `json:"state"`
	Before   float64   `json:"before"` // of the target branch; 0 without one
	After    float64   `json:"after"`
	Change   float64   `json:"change"` // After relative to Before: 0.1 is 10 % more
	// Low and High bound Change for times, at 95 % confidence each; both are
	// Change for sizes, which have no noise.
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Pairs    int     `json:"pairs,omitempty"`    // builds measured in turns, for times
	Growth   float64 `json:"growth,omitempty"`   // limit of Change; 0: none
	Max      float64 `json:"max,omitempty"`      // limit of After; 0: none
	Required bool    `json:"required,omitempty"` // careen.yaml asks for it: not being judged fails the gate
	Why      string  `json:"why,omitempty"`      // which limit is broken, or why it was not judged
	Worst    *Grown  `json:"worst,omitempty"`    // what grew most, when the check failed
}

// A Grown is a layer or a step that differs between two builds.
type Grown struct {
	Quantity Quantity `json:"quantity"`
	Name     string   `json:"name"` // the instruction, or "base image"
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Before   float64  `json:"before"` // 0: it is new
	After    float64  `json:"after"`  // 0: it is gone
}

// By is how much it grew; negative when it shrank.
func (g Grown) By() float64 { return g.After - g.Before }
