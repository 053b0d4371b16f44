package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A host is what this machine contributes to the stand-ins.
type host struct {
	goVersion   string
	nodeVersion string   // of what was fetched; known after prepare
	settings    []string // how package clients reach their registries, as NAME=VALUE
	authorities [][]byte // certificates that only this machine trusts, PEM
}

func askHost() (host, error) {
	goVersion, err := output("go", "env", "GOVERSION")
	if err != nil {
		return host{}, err
	}
	authorities, err := extraAuthorities("/etc/ssl/certs/ca-certificates.crt", "/usr/share/ca-certificates")
	if err != nil {
		return host{}, fmt.Errorf("the host's certificates: %w", err)
	}
	return host{
		goVersion:   strings.TrimPrefix(goVersion, "go"),
		settings:    clientSettings(),
		authorities: authorities,
	}, nil
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// clientSettings are the host's own settings of Go and npm that differ from their
// defaults; a machine without any gets none.
func clientSettings() []string {
	var settings []string
	if out, err := output("go", "env", "-changed", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE"); err == nil {
		for _, line := range strings.Split(out, "\n") {
			if name, value, ok := strings.Cut(line, "="); ok {
				settings = append(settings, name+"="+strings.Trim(value, `'"`))
			}
		}
	}
	const npmDefault = "https://registry.npmjs.org/"
	if registry, err := output("npm", "config", "get", "registry"); err == nil && registry != npmDefault {
		settings = append(settings, "npm_config_registry="+registry)
	}
	for name, value := range proxies() {
		settings = append(settings, name+"="+value)
	}
	slices.Sort(settings)
	return settings
}

func proxies() map[string]string {
	set := map[string]string{}
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if value := os.Getenv(name); value != "" {
			set[name] = value
		}
	}
	return set
}

// nodeAuthorities is the file, in the image, of what the host trusts beyond Node's
// own list; empty when there is nothing.
func (h host) nodeAuthorities() string {
	if len(h.authorities) == 0 {
		return ""
	}
	return authoritiesDir + "/" + allAuthorities
}

func (h host) nodeEnv() []string {
	if file := h.nodeAuthorities(); file != "" {
		return []string{"NODE_EXTRA_CA_CERTS=" + file}
	}
	return nil
}

const (
	authoritiesDir = "/usr/local/share/ca-certificates"
	allAuthorities = "host.pem" // ca-certificates reads *.crt alone, one certificate each
)

// extraAuthorities are the certificates of a bundle that Debian's own package does
// not bring.
func extraAuthorities(bundle, packaged string) ([][]byte, error) {
	known := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(packaged, "*", "*.crt"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		certificates, err := readPEM(file)
		if err != nil {
			return nil, err
		}
		for _, c := range certificates {
			known[string(c)] = true
		}
	}
	certificates, err := readPEM(bundle)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(certificates, func(c []byte) bool { return known[string(c)] }), nil
}

func readPEM(path string) ([][]byte, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var certificates [][]byte
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return certificates, nil
		}
		if block.Type == "CERTIFICATE" {
			certificates = append(certificates, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes}))
		}
	}
}

func writeAuthorities(dir string, certificates [][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil || len(certificates) == 0 {
		return err
	}
	for i, c := range certificates {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("host-%d.crt", i+1)), c, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, allAuthorities), bytes.Join(certificates, nil), 0o644)
}
