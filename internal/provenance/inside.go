package provenance

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// What is read of files that carry their own account, in bytes.
const (
	maxInside     = 64 << 20 // of one program or archive
	maxProperties = 64 << 10
)

// readInside reads the Go programs and Java archives above the base that no package
// owns: each says itself what it is and what was linked or packed into it.
func (o *owners) readInside(ctx context.Context, t *image.Tree, base int) error {
	any := false
	wanted := func(n *image.Node) bool {
		return n.IsRegular() && n.HardTo == "" && n.Carrier() >= base && o.byPath[n.Path] == nil && (isGo(n) || isJar(n.Path))
	}
	t.Walk(func(n *image.Node) bool {
		any = any || wanted(n)
		return !any
	})
	if !any {
		return nil
	}
	return t.ReadMany(ctx, wanted, func(n *image.Node, r io.Reader) error {
		if n.Size > maxInside {
			o.unread = append(o.unread, fmt.Sprintf("%s: larger than %d MB, so what is inside was not read", n.Path, maxInside>>20))
			return nil
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if p := inside(n, content); p != nil {
			p.Path = n.Path
			o.byPath[n.Path] = o.add(p)
		}
		return nil
	})
}

func isGo(n *image.Node) bool { return n.ELF != nil && n.ELF.Go }

func isJar(p string) bool {
	switch path.Ext(p) {
	case ".jar", ".war", ".ear":
		return true
	}
	return false
}

func inside(n *image.Node, content []byte) *Package {
	if isGo(n) {
		return goProgram(content)
	}
	return jar(n.Path, content)
}

// goProgram reads what the Go linker wrote into a program; nil when it did not.
func goProgram(content []byte) *Package {
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil || info.Path == "" {
		return nil
	}
	p := &Package{Manager: "go", Name: info.Path, Version: info.Main.Version}
	for _, d := range info.Deps {
		p.Holds = append(p.Holds, d.Path+" "+d.Version)
	}
	return p
}

// pomProperties is where Maven leaves an artifact's coordinates.
var pomProperties = regexp.MustCompile(`^META-INF/maven/([^/]+)/([^/]+)/pom\.properties$`)

// jar reads an archive's coordinates: what Maven put in, else the file's name. Of
// several the one that the file is named after counts.
func jar(p string, content []byte) *Package {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil
	}
	name := strings.TrimSuffix(path.Base(p), path.Ext(p))
	found := &Package{Manager: "maven", Name: name}
	for _, f := range z.File {
		if isJar(f.Name) {
			found.Holds = append(found.Holds, path.Base(f.Name))
		}
		m := pomProperties.FindStringSubmatch(f.Name)
		if m == nil {
			continue
		}
		coordinates := m[1] + ":" + m[2]
		if found.Name == name || strings.HasPrefix(name, m[2]) {
			found.Name, found.Version = coordinates, property(f, "version")
		}
	}
	slices.Sort(found.Holds)
	return found
}

func property(f *zip.File, key string) string {
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxProperties))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if k, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && k == key {
			return value
		}
	}
	return ""
}
