package fake_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
	"github.com/careenhq/careen/internal/engine/enginetest/tool"
	"github.com/careenhq/careen/internal/engine/fake"
)

// machine is package tool's view of a process of the fake.
type machine struct{ p *fake.Process }

func (m machine) Args() []string                           { return m.p.Args }
func (m machine) Env() []string                            { return m.p.Env }
func (m machine) Dir() string                              { return m.p.Dir }
func (m machine) UID() int                                 { return m.p.User }
func (m machine) Stdin() io.Reader                         { return m.p.Stdin }
func (m machine) Stdout() io.Writer                        { return m.p.Stdout }
func (m machine) Stderr() io.Writer                        { return m.p.Stderr }
func (m machine) ReadFile(path string) ([]byte, error)     { return m.p.ReadFile(path) }
func (m machine) WriteFile(path string, data []byte) error { return m.p.WriteFile(path, data) }
func (m machine) Signals() <-chan int                      { return m.p.Signals() }
func (m machine) Dial(address string) error                { return m.p.Dial(address) }
func (m machine) Hold(int64)                               {}
func (m machine) Block()                                   { <-m.p.Killed() }
func (m machine) Serve(port int, answer string) error {
	return m.p.Serve(port, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, answer) }))
}

// push writes an image of a layout to a registry.
func push(ref string, img engine.Image) error {
	to, err := name.ParseReference(ref)
	if err != nil {
		return err
	}
	index, err := layout.ImageIndexFromPath(img.Layout)
	if err != nil {
		return err
	}
	hash, err := v1.NewHash(img.Digest)
	if err != nil {
		return err
	}
	image, err := index.Image(hash)
	if err != nil {
		return err
	}
	return remote.Write(to, image)
}

func TestConformance(t *testing.T) {
	w := enginetest.NewWorld(t)
	program, err := os.ReadFile(w.Tool)
	if err != nil {
		t.Fatal(err)
	}
	enginetest.Run(t, w, fake.New(fake.Options{
		Images:   map[string]engine.Image{w.BaseRef: w.Base},
		Programs: map[string]fake.Program{string(program): func(p *fake.Process) int { return tool.Main(machine{p}) }},
		Push:     push,
	}))
}
