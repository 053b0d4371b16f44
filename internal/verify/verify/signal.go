package verify

import (
	"strconv"
	"strings"
)

// Signals of Linux on the common architectures (signal(7)); the first process of
// a container is stopped with one of them.
const sigTerm = 15

// signalNumber reads STOPSIGNAL: a name with or without SIG, or a number; empty
// means SIGTERM and what cannot be read is 0.
func signalNumber(name string) int {
	if name == "" {
		return sigTerm
	}
	if n, err := strconv.Atoi(name); err == nil && n > 0 {
		return n
	}
	switch strings.TrimPrefix(strings.ToUpper(name), "SIG") {
	case "HUP":
		return 1
	case "INT":
		return 2
	case "QUIT":
		return 3
	case "KILL":
		return 9
	case "USR1":
		return 10
	case "USR2":
		return 12
	case "TERM":
		return sigTerm
	case "CHLD":
		return 17
	case "CONT":
		return 18
	case "WINCH":
		return 28
	case "PWR":
		return 30
	}
	if offset, ok := strings.CutPrefix(strings.ToUpper(name), "SIGRTMIN+"); ok {
		if n, err := strconv.Atoi(offset); err == nil {
			return 34 + n
		}
	}
	return 0
}
