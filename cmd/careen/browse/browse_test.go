package browse

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/provenance"
)

func mapOf(t *testing.T, files map[string]string) *provenance.Map {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for name, body := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(body)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, l)
	if err != nil {
		t.Fatal(err)
	}
	im, err := image.New(img)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := im.Tree(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m, err := provenance.Of(context.Background(), im, tree, provenance.Source{
		Name: "test", Instructions: []provenance.Instruction{{Text: "COPY . .", File: "Dockerfile", First: 7, Last: 7}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWalk(t *testing.T) {
	s := newModel(mapOf(t, map[string]string{"small/x": "1", "large/sub/big": "12345", "large/tiny": "1", "large/ev\x1b[31mil": "22"}))
	if s.rows[0].node.Name() != "large" || s.rows[0].bytes != 8 {
		t.Fatalf("rows %+v", s.rows)
	}
	for _, key := range []string{"down", "down", "up", "enter"} {
		s.key(key)
	}
	if s.dir.Path != "/large" || len(s.rows) != 3 || s.rows[0].node.Name() != "sub" {
		t.Fatalf("in %s: %+v", s.dir.Path, s.rows)
	}
	if screen := s.screen(); strings.Contains(screen, "\x1b[31m") || !strings.Contains(screen, "ev [31mil") {
		t.Errorf("an escape of the image reaches the terminal: %q", screen)
	}
	s.key("right")
	if screen := s.screen(); !strings.Contains(screen, "5 B") || !strings.Contains(screen, "Dockerfile:7 COPY . .") || !strings.Contains(screen, "app") {
		t.Errorf("screen:\n%s", screen)
	}
	s.key("right") // a file is no directory
	s.key("left")
	if s.dir.Path != "/large" || s.rows[s.chosen].node.Name() != "sub" {
		t.Errorf("back in %s, chosen %d", s.dir.Path, s.chosen)
	}
	if !s.key("q") || s.key("x") {
		t.Error("q leaves, x does not")
	}
}

// Whatever the terminal's size, the screen fits and shows what is chosen.
func TestFits(t *testing.T) {
	files := map[string]string{}
	for c := 'a'; c <= 'z'; c++ {
		files[strings.Repeat(string(c), 100)] = "x"
	}
	s := newModel(mapOf(t, files))
	for _, height := range []int{1, 8, 12, 100} {
		s.Update(tea.WindowSizeMsg{Width: 40, Height: height})
		s.key("pgdown")
		lines := strings.Split(s.screen(), "\n")
		if len(lines) > max(height, frame+1) {
			t.Errorf("%d lines on a terminal of %d", len(lines), height)
		}
		if !strings.Contains(s.screen(), s.rows[s.chosen].node.Name()[:10]) {
			t.Errorf("the chosen entry is not on a screen of %d lines", height)
		}
	}
}
