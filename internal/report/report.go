// Package report renders one diag.Document: to a terminal, to JSON, and to the
// pages that are written into a project as evidence.
//
// The renderers are pure: they read the document and nothing else, and every
// figure goes through the formatters of number.go, so that no two pages can
// disagree. What a Dockerfile or an image says is untrusted and is escaped.
package report

import (
	"encoding/json"
	"io"

	"github.com/careenhq/careen/diag"
)

// JSON writes the document in its versioned form (docs/schema/results.schema.json).
func JSON(w io.Writer, d diag.Document) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(d)
}

// top is how many changes are named first.
const top = 3

// kept are the changes that were kept, the most valuable first: by the share of
// the image's size plus the share of the cold build's time that they saved.
func kept(d diag.Document) []diag.Change {
	var list []diag.Change
	for _, c := range d.Changes {
		if c.Kept {
			list = append(list, c)
		}
	}
	sortBy(list, func(c diag.Change) float64 {
		return share(c, diag.DiskBytes) + share(c, diag.ColdSeconds)
	})
	return list
}

// share is the part of the original's cost that a change saved.
func share(c diag.Change, q diag.Quantity) float64 {
	s, ok := saving(c, q)
	if !ok || !s.Notable || s.Before == 0 {
		return 0
	}
	return s.Value() / s.Before
}

func saving(c diag.Change, q diag.Quantity) (diag.Saving, bool) {
	for _, s := range c.Saved {
		if s.Quantity == q {
			return s, true
		}
	}
	return diag.Saving{}, false
}

func dropped(d diag.Document) []diag.Change {
	var list []diag.Change
	for _, c := range d.Changes {
		if !c.Kept {
			list = append(list, c)
		}
	}
	return list
}
