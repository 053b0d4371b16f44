package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/careenhq/careen/internal/image"
)

// TestGenerated holds the generator and the reader against each other: both count
// the same bytes, and the constructed waste is found to the byte.
func TestGenerated(t *testing.T) {
	for _, zstd := range []bool{false, true} {
		t.Run(fmt.Sprint("zstd ", zstd), func(t *testing.T) {
			m, err := generate(t.TempDir(), plan{layers: 8, entries: 1000, bytes: 10_000_000, zstd: zstd})
			if err != nil {
				t.Fatal(err)
			}
			im, err := image.OpenLayout(m.dir, "")
			if err != nil {
				t.Fatal(err)
			}
			tree, err := im.Tree(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			check(t, m, tree)
		})
	}
}

func check(t *testing.T, m *made, tree *image.Tree) {
	t.Helper()
	var content int64
	for _, l := range tree.Layers {
		content += l.Content
	}
	if tree.Unpacked() != m.tars || content != m.content {
		t.Errorf("%d bytes of tar, %d of files; generated %d and %d", tree.Unpacked(), content, m.tars, m.content)
	}
	got := waste{deleted: tree.Waste.Deleted, rewritten: tree.Waste.Rewritten, copied: tree.Waste.Copied}
	for _, d := range tree.Duplicates() {
		got.avoidable += d.Avoidable()
	}
	if got != m.want {
		t.Errorf("waste %+v, generated %+v", got, m.want)
	}
	if got.deleted != 4*caseSize || got.rewritten != 2*caseSize || got.copied != caseSize || got.avoidable != caseSize {
		t.Errorf("waste %+v is not what five cases of %d bytes come to", got, caseSize)
	}
}
