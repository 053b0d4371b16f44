package verify

import "testing"

func TestForDevelopers(t *testing.T) {
	for file, want := range map[string]bool{
		"/opt/venv/lib/python3.11/site-packages/pip/_vendor/pygments/formatters/img.py": true,
		"/usr/local/lib/python3.11/dist-packages/setuptools/_distutils/ccompiler.py":    true,
		"/opt/venv/lib/python3.11/site-packages/pygments/formatters/img.py":             false,
		"/opt/venv/lib/python3.11/site-packages/pip.py":                                 false,
		"/app/pip/install.py":        false,
		"/app/tests/test_install.py": true,
		"/app/install.py":            false,
	} {
		if got := forDevelopers(file); got != want {
			t.Errorf("%s: %v, want %v", file, got, want)
		}
	}
}
