package restage

import (
	"strings"
	"testing"
)

func TestSetBy(t *testing.T) {
	for _, c := range []struct {
		instruction, text, path, owner string
		want                           bool
	}{
		{"COPY", "COPY site.conf /etc/apache2/sites-available/", "/etc/apache2/sites-available/site.conf", "", true},
		{"RUN", "sed -i s/80/8080/ /etc/apache2/ports.conf", "/etc/apache2/ports.conf", "apache2", true},
		{"RUN", "apt-get install -y apache2", "/etc/apache2/ports.conf", "apache2", false},
		{"RUN", "mkdir /etc/page && cp page.conf /etc/page", "/etc/page/page.conf", "", true},
		{"RUN", "echo x > /etc/pages/a", "/etc/page/page.conf", "", false},
		{"RUN", "a2enmod rewrite && sed -i s/a/b/ /etc/apache2/apache2.conf", "/etc/apache2/mods-enabled/rewrite.load", "", false},
		{"RUN", "ls /etc/apache2 && a2enmod rewrite", "/etc/apache2/mods-enabled/rewrite.load", "", false},
		{"RUN", "rm -rf /etc/apt/sources.list.d", "/etc/apt/sources.list.d/debian.sources", "base", false},
		{"RUN", "useradd app && grep app /etc/passwd", "/etc/passwd", "", false},
		{"RUN", "ln -s /usr/bin/python3 /usr/bin/python", "/usr/bin/python", "", true},
		{"RUN", "ln -s /usr/bin/python3 /usr/bin/python", "/usr/bin/python3", "python3-minimal", false},
		{"RUN", "locale-gen de_DE.UTF-8", "/usr/lib/locale/locale-archive", "", true},
		{"WORKDIR", "WORKDIR /etc/page", "/etc/page", "", false},
		{"RUN", "mkdir -p /var/lib/queue /var/log/app", "/var/lib/queue/", "", true},
		{"RUN", "install -m 700 -d /var/lib/queue", "/var/lib/queue/", "", true},
		{"RUN", "mkdir /var/lib/queues", "/var/lib/queue/", "", false},
		{"RUN", "mkdir -p /var/log/nginx", "/var/log/nginx/", "nginx-common", false},
		{"RUN", "rm -rf /var/lib/queue/*", "/var/lib/queue/", "", false},
	} {
		file := File{Path: c.path, Package: c.owner}
		file.Path, file.Dir = strings.CutSuffix(c.path, "/")
		if got := SetBy(c.instruction, c.text, &file); got != c.want {
			t.Errorf("%s %q, %s: %v, want %v", c.instruction, c.text, c.path, got, c.want)
		}
	}
}

func TestSlimForm(t *testing.T) {
	for ref, want := range map[string]string{
		"python":                            "python:slim",
		"python:3.11":                       "python:3.11-slim",
		"python:3.11-bookworm":              "python:3.11-slim-bookworm",
		"docker.io/library/python:bookworm": "docker.io/library/python:slim-bookworm",
		"node:20-bookworm":                  "node:20-bookworm-slim",
		"node:latest":                       "node:slim",
		"ruby:3.2":                          "ruby:3.2-slim",
		"perl:5.36-slim":                    "",
		"python:3.11-alpine":                "",
		"python:3.11@sha256:00":             "",
		"php:8.2-apache":                    "",
		"registry.example/python:3.11":      "",
		"example/python:3.11":               "",
	} {
		if got := slimForm(ref); got != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
}
