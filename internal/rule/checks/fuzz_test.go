package checks

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
)

// FuzzFix holds the laws of fixes on any bytes, in a directory full of manifests.
func FuzzFix(f *testing.F) {
	for _, name := range fixtures(f) {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			if file.Name == "Dockerfile" {
				f.Add(file.Data)
			}
		}
	}
	for seed := range uint64(20) {
		f.Add(wildFile(seed))
	}
	dir := wildProject(f)
	write(f, filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"))
	whole, err := project.Load(dir, project.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := rule.On(whole, rule.Files{"Dockerfile": src})
		if err != nil {
			t.Fatal(err)
		}
		d := &rule.Driver{Rules: All()}
		for _, problem := range d.Run(p, nil).Problems {
			t.Error(problem.Cause)
		}
		checkLaws(t, d, p, nil, safeFix)
		checkLaws(t, d, p, nil, anyFix)
	})
}
