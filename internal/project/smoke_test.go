package project

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile":   "FROM scratch\n",
		"compose.yaml": "services:\n  app:\n    build: .\n    healthcheck: {test: [CMD, /app, --ping]}\n  other:\n    image: x\n    healthcheck: {test: [CMD, /no]}\n",
		"k8s/app.yaml": `apiVersion: v1
kind: Service
metadata: {name: app}
---
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: app
        ports: [{name: web, containerPort: 8080}]
        livenessProbe: {httpGet: {path: /live, port: web}}
        readinessProbe: {httpGet: {path: ready, port: 8081}}
        startupProbe: {exec: {command: [cat, /tmp/up]}}
      - name: again
        livenessProbe: {httpGet: {path: /live, port: 8080}}
`,
		"k8s/chart.yaml":               "kind: {{ .Values.kind }}\n",
		"goss.yaml":                    "command:\n  app --version: {exit-status: 0}\n  named: {exec: app list}\nhttp:\n  http://localhost:8080/goss?x=1: {status: 200}\n  https://elsewhere.example/: {status: 200}\n",
		"test/structure.yaml":          "schemaVersion: 2.0.0\ncommandTests:\n- {name: v, command: app, args: [version]}\n- {name: skipped, command: app, setup: [[touch, x]]}\n",
		".github/workflows/hidden.yml": "apiVersion: v1\nkind: Pod\nlivenessProbe: {exec: {command: [no]}}\n",
		"values.yaml":                  "livenessProbe: {exec: {command: [no]}}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Smoke{
		HTTP:     []HTTPCheck{{Path: "/goss?x=1", Port: 8080}, {Path: "/live", Port: 8080}, {Path: "/ready", Port: 8081}},
		Commands: []CommandCheck{{Name: "structure test v", Run: []string{"app", "version"}}},
		Beside: []CommandCheck{
			{Name: "healthcheck of app", Run: []string{"/app", "--ping"}},
			{Name: "goss app --version", Run: []string{"/bin/sh", "-c", "app --version"}},
			{Name: "goss named", Run: []string{"/bin/sh", "-c", "app list"}},
			{Name: "startupProbe cat /tmp/up", Run: []string{"cat", "/tmp/up"}},
		},
		Files: []string{"compose.yaml", "goss.yaml", "k8s/app.yaml", "test/structure.yaml"},
	}
	if got := p.Smoke(); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}
