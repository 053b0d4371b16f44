package verify

import (
	"fmt"
	"strconv"
	"strings"
)

// identity is who a container runs as, in numbers.
type identity struct {
	uid, gid string
	known    bool // every name in USER was found
}

func (id identity) String() string {
	if !id.known {
		return "not in passwd or group"
	}
	return fmt.Sprintf("uid %s, gid %s", id.uid, id.gid)
}

// identity resolves USER as the container runtimes do: names through the image's
// own passwd and group, numbers as they are; the group of a user that passwd does
// not know is 0.
func (s *side) identity() identity {
	user, group, hasGroup := strings.Cut(s.config.Config.User, ":")
	if user == "" {
		user = "0"
	}
	id := identity{known: true, gid: "0"}
	id.uid = user
	if entry := s.account("/etc/passwd", user); entry != nil {
		id.uid, id.gid = entry[2], entry[3]
	} else if !isNumber(user) && user != "root" {
		id.known = false
	} else if user == "root" {
		id.uid = "0"
	}
	if hasGroup && group != "" {
		id.gid = group
		if entry := s.account("/etc/group", group); entry != nil {
			id.gid = entry[2]
		} else if !isNumber(group) {
			id.known = false
		}
	}
	return id
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// account finds the line of passwd or group whose name or number is key. Lines that
// are too short to be one are passed over.
func (s *side) account(file, key string) []string {
	for _, entry := range s.accounts(file) {
		if entry[0] == key || entry[2] == key {
			return entry
		}
	}
	return nil
}

// accounts reads /etc/passwd or /etc/group.
func (s *side) accounts(file string) [][]string {
	fields := 3
	if file == "/etc/passwd" {
		fields = 4
	}
	var list [][]string
	for line := range strings.Lines(s.text(file)) {
		if entry := strings.Split(strings.TrimSpace(line), ":"); len(entry) >= fields {
			list = append(list, entry)
		}
	}
	return list
}
