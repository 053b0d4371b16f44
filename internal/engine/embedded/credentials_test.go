//go:build linux

package embedded

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/cli/cli/config"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
)

// guarded is the world's registry behind a name and a password.
func guarded(t *testing.T, w *enginetest.World) string {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: w.Registry})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "keeper" || password != "opensesame" {
			rw.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// TestCredentials pulls with what the user's Docker configuration holds: nothing,
// a password, a credential helper.
func TestCredentials(t *testing.T) {
	rootAndRunc(t)
	w := enginetest.NewWorld(t)
	host := guarded(t, w)
	bin := t.TempDir()
	helper := "#!/bin/sh\necho '{\"Username\":\"keeper\",\"Secret\":\"opensesame\"}'\n"
	if err := os.WriteFile(filepath.Join(bin, "docker-credential-careentest"), []byte(helper), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	old := config.Dir()
	t.Cleanup(func() { config.SetDir(old) })
	for name, c := range map[string]struct {
		config string
		works  bool
	}{
		"none":   {"{}", false},
		"auths":  {fmt.Sprintf(`{"auths": {%q: {"auth": "a2VlcGVyOm9wZW5zZXNhbWU="}}}`, host), true},
		"helper": {fmt.Sprintf(`{"credHelpers": {%q: "careentest"}}`, host), true},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(c.config), 0o600); err != nil {
			t.Fatal(err)
		}
		config.SetDir(dir)
		e := openFor(t, w)
		_, err := e.Build(t.Context(), engine.Request{
			Context: t.TempDir(), Name: "Dockerfile", NoCache: true,
			Dockerfile: []byte("FROM " + host + "/library/tool:1\nRUN tool echo x\n"),
		})
		if c.works != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "Dockerfile:1: FROM ") {
			t.Errorf("%s: %v", name, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
