//go:build linux

package embedded

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/buildkit"
	"github.com/careenhq/careen/internal/engine/enginetest"
)

// daemonVerb makes the test binary a separate BuildKit at an address: the same
// module's, in a process of its own. CAREEN_TEST_BUILDKITD may name a real
// buildkitd to be used in its place.
const daemonVerb = "buildkitd"

type daemonConfig struct {
	Order         order
	Network, Addr string
	TLS           *enginetest.ServerTLS
}

// daemon is the process itself. It says "ready" and its address.
func daemon(ctx context.Context, config string) int {
	var c daemonConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	var so serverOptions
	if c.TLS != nil {
		creds, err := serverCredentials(*c.TLS)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		so.grpc = append(so.grpc, grpc.Creds(creds))
	}
	l, err := net.Listen(c.Network, c.Addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	s, err := start(ctx, Options{StateDir: c.Order.StateDir, Mirrors: c.Order.Mirrors}, so)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	go func() {
		<-ctx.Done()
		s.grpc.Stop()
	}()
	if err := errors.Join(s.grpc.Serve(l), s.close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serverCredentials(files enginetest.ServerTLS) (credentials.TransportCredentials, error) {
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(files.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in " + files.CA)
	}
	return credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}), nil
}

// freeAddress is a port of the loopback interface that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startDaemon starts a separate BuildKit and ends it with the test.
func startDaemon(t *testing.T, w *enginetest.World, network, addr string, files *enginetest.ServerTLS) {
	t.Helper()
	cmd := daemonCommand(t, w, network, addr, files)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if own := os.Getenv("CAREEN_TEST_BUILDKITD") == ""; err != nil && own { // buildkitd ends with 1
				t.Errorf("separate BuildKit: %v\n%s", err, said.String())
			}
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			t.Error("the separate BuildKit does not end")
		}
	})
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial(network, addr); err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("separate BuildKit ended: %v\n%s", err, said.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("separate BuildKit does not listen\n%s", said.String())
		}
	}
}

func daemonCommand(t *testing.T, w *enginetest.World, network, addr string, files *enginetest.ServerTLS) *exec.Cmd {
	t.Helper()
	if binary := os.Getenv("CAREEN_TEST_BUILDKITD"); binary != "" {
		return buildkitd(t, w, binary, network+"://"+addr, files)
	}
	config, err := json.Marshal(daemonConfig{order{StateDir: t.TempDir(), Mirrors: w.Mirrors()}, network, addr, files})
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(os.Args[0], daemonVerb, string(config))
}

func buildkitd(t *testing.T, w *enginetest.World, binary, addr string, files *enginetest.ServerTLS) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "buildkitd.toml")
	text := fmt.Sprintf("[registry.\"docker.io\"]\nmirrors = [%q]\n[registry.%q]\nhttp = true\n", w.Registry, w.Registry)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--config", config, "--root", filepath.Join(dir, "root"), "--addr", addr, "--oci-worker-net", "host"}
	if files != nil {
		args = append(args, "--tlscacert", files.CA, "--tlscert", files.Cert, "--tlskey", files.Key)
	}
	return exec.Command(binary, args...)
}

func connect(t *testing.T, o buildkit.Options) engine.Engine {
	t.Helper()
	e, err := buildkit.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestConformanceOverUnixSocket(t *testing.T) {
	rootAndRunc(t)
	w := enginetest.NewWorld(t)
	socket := filepath.Join(t.TempDir(), "s")
	startDaemon(t, w, "unix", socket, nil)
	enginetest.Run(t, w, connect(t, buildkit.Options{Address: "unix://" + socket, Helper: w.Tool}))
}

func TestConformanceOverMutualTLS(t *testing.T) {
	rootAndRunc(t)
	w := enginetest.NewWorld(t)
	certs := enginetest.NewCertificates(t)
	addr := freeAddress(t)
	startDaemon(t, w, "tcp", addr, &certs.Server)
	t.Run("refusals", func(t *testing.T) { testRefusals(t, certs, addr) })
	enginetest.Run(t, w, connect(t, buildkit.Options{
		Address: "tcp://" + addr, CA: certs.Server.CA, Cert: certs.ClientCert, Key: certs.ClientKey, Helper: w.Tool,
	}))
}

// testRefusals expects each way to get the address or the keys wrong to be told
// apart, with what to do.
func testRefusals(t *testing.T, c *enginetest.Certificates, a string) {
	other := enginetest.NewCertificates(t)
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]struct {
		options buildkit.Options
		want    []string
	}{
		"nothing there":   {buildkit.Options{Address: "tcp://" + freeAddress(t)}, []string{"nothing answers", "connection refused", "--builder"}},
		"no socket":       {buildkit.Options{Address: "unix:///nowhere/s"}, []string{"nothing answers", "no such file", "--builder"}},
		"no TLS":          {buildkit.Options{Address: "tcp://" + a}, []string{"speaks TLS", "?ca="}},
		"no client key":   {buildkit.Options{Address: "tcp://" + a, CA: c.Server.CA}, []string{"client certificate", "cert="}},
		"stranger's keys": {buildkit.Options{Address: "tcp://" + a, CA: c.Server.CA, Cert: other.ClientCert, Key: other.ClientKey}, []string{"client certificate", "cert="}},
		"unknown CA":      {buildkit.Options{Address: "tcp://" + a, CA: other.Server.CA, Cert: c.ClientCert, Key: c.ClientKey}, []string{"certificate", "ca="}},
		"wrong name":      {buildkit.Options{Address: "tcp://" + a, CA: c.Server.CA, Cert: c.ClientCert, Key: c.ClientKey, Name: "other.invalid"}, []string{"other.invalid", "name="}},
		"broken CA":       {buildkit.Options{Address: "tcp://" + a, CA: broken}, []string{broken}},
		"absent key":      {buildkit.Options{Address: "tcp://" + a, CA: c.Server.CA, Cert: c.ClientCert, Key: "/nowhere/key"}, []string{"/nowhere/key"}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := buildkit.New(ctx, r.options)
		if err == nil {
			t.Errorf("%s: connected", name)
		} else if ctx.Err() != nil {
			t.Errorf("%s: took a minute", name)
		} else {
			for _, want := range append(r.want, r.options.Address) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %q does not say %q", name, err, want)
				}
			}
			for _, bad := range []string{"rpc error", "Unavailable", "\n"} {
				if strings.Contains(err.Error(), bad) {
					t.Errorf("%s: %q says %q", name, err, bad)
				}
			}
		}
		cancel()
	}
}
