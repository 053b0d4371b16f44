package restage

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// kitClasses are what only a development kit offers, as class files name it.
var kitClasses = []string{"javax/tools/ToolProvider", "com/sun/tools/", "com/sun/source/", "com/sun/jdi/", "jdk/jshell/"}

// needsKit says why the program needs the development kit when it runs: it compiles
// a source at its start, starts a tool of the kit or its classes name one.
func (n *needs) needsKit(f *Facts, t *tree, app *javaApp) string {
	if tool := n.start.starts(kitTools); tool != "" {
		return "it starts " + tool
	}
	for tool := range kitTools {
		if f.Starts(tool) {
			return "the sources start " + tool
		}
	}
	for _, pattern := range app.words.patterns {
		if path.Ext(pattern) == ".java" && t.at(pattern) != nil {
			return "it compiles " + path.Base(pattern) + " as it starts"
		}
	}
	var archives []string
	for file := range n.keep {
		switch path.Ext(file) {
		case ".jar", ".war", ".class":
			archives = append(archives, file)
		}
	}
	slices.Sort(archives)
	for _, file := range archives {
		if class := kitClass(f.Bytes(file), path.Ext(file), 0); class != "" {
			return path.Base(file) + " uses " + strings.TrimSuffix(class, "/")
		}
	}
	return ""
}

// Bounds of what is looked through: archives come from untrusted images.
const (
	maxNested  = 2       // archives inside archives
	maxMember  = 1 << 26 // bytes of one member
	maxMembers = 1 << 16
)

// kitClass is the first class of the development kit that a class file or an
// archive's classes name.
func kitClass(content []byte, extension string, depth int) string {
	if extension == ".class" {
		for _, class := range kitClasses {
			if bytes.Contains(content, []byte(class)) {
				return class
			}
		}
		return ""
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(archive.File) > maxMembers {
		return ""
	}
	for _, member := range archive.File {
		inner := path.Ext(member.Name)
		if inner != ".class" && (inner != ".jar" && inner != ".war" || depth >= maxNested) {
			continue
		}
		if class := kitClass(readMember(member), inner, depth+1); class != "" {
			return class
		}
	}
	return ""
}

func readMember(member *zip.File) []byte {
	r, err := member.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxMember))
	if err != nil {
		return nil
	}
	return content
}
