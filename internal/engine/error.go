package engine

import "fmt"

// Error says file, line and instruction, then what went wrong.
func (e *StepError) Error() string {
	where := e.Name
	if len(e.Step.Lines) > 0 {
		where = fmt.Sprintf("%s:%d", e.Name, e.Step.Lines[0].First)
	}
	if e.Exit > 0 {
		return fmt.Sprintf("%s: %s failed: exit code %d", where, e.Step.Name, e.Exit)
	}
	return fmt.Sprintf("%s: %s failed: %v", where, e.Step.Name, e.Err)
}

// Unwrap gives the engine's own error.
func (e *StepError) Unwrap() error { return e.Err }
