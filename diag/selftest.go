package diag

// A SelfTest says how many variants of an image, each broken on purpose in one way,
// the comparison told from the original, and by which level.
type SelfTest struct {
	Image   string       `json:"image"`
	Mutants []Mutant     `json:"mutants"`
	Levels  []LevelPower `json:"levels"`
	// Caught, Missed and Equivalent sum up to the mutants. Missed ones behave
	// differently, or could not be shown to behave alike.
	Caught     int     `json:"caught"`
	Missed     int     `json:"missed"`
	Equivalent int     `json:"equivalent"`
	Share      float64 `json:"share"` // caught of those that are not equivalent; 1 when there are none
	Seconds    float64 `json:"seconds"`
}

// Fate of a mutant.
type Fate string

// The fates. An equivalent mutant answered like the original under a wider workload
// than the comparison's own; one that survived where there was none is missed.
const (
	Caught     Fate = "caught"
	Missed     Fate = "missed"
	Equivalent Fate = "equivalent"
)

// A Mutant is one variant and what became of it.
type Mutant struct {
	Kind  string `json:"kind"`  // "library removed"
	What  string `json:"what"`  // the path or field
	Label string `json:"label"` // of the failure catalogue
	Fate  Fate   `json:"fate"`
	Level string `json:"level,omitempty"` // the first that found a difference
	By    string `json:"by,omitempty"`    // that difference, in one line
}

// LevelPower is how many mutants a level found, alone or with others.
type LevelPower struct {
	Name   string `json:"name"`
	First  int    `json:"first"`  // that no level before it found
	Found  int    `json:"found"`  // in all it was asked about
	Judged int    `json:"judged"` // those that it was asked about
}
