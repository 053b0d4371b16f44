package report_test

import (
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

func TestStructure(t *testing.T) {
	s := diag.Structure{
		Commands: []diag.StructureFile{{Path: "/usr/bin/curl", Mode: 0o755, Kind: "file"}},
		Files: []diag.StructureFile{{Path: "/app/current", Kind: "link", Mode: 0o777}, {Path: "/app/data", Mode: 0o1770, UID: 7, GID: 8, Kind: "directory"},
			{Path: "/app/it's: \"odd\"\n", Mode: 0o4640, Kind: "file"}},
		Users: []diag.StructureUser{{Name: "app", UID: "1000", GID: "1001"}},
		Env:   map[string]string{"MODE": "production", "DB_PASSWORD": ""}, User: "app", Workdir: "/app", Entrypoint: []string{"/app/run"}, Cmd: []string{"--port", "8080"},
		Ports: []string{"8080/tcp", "53/udp"}, Volumes: []string{"/app/data"}, Labels: map[string]string{"title": "a: b"},
	}
	var tests, goss strings.Builder
	if err := report.StructureTest(&tests, s); err != nil {
		t.Fatal(err)
	}
	golden(t, "structure-test.yaml", []byte(tests.String()))
	if err := report.Goss(&goss, s); err != nil {
		t.Fatal(err)
	}
	golden(t, "goss.yaml", []byte(goss.String()))
}
