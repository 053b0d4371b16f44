package buildkit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/sirupsen/logrus"

	"github.com/careenhq/careen/internal/engine"
)

// dialLimit is how long an address may take to take a connection.
const dialLimit = 10 * time.Second

// New connects to a BuildKit. It fails when nothing answers at the address, or when
// the two do not trust each other, with what to change.
func New(ctx context.Context, o Options) (*Engine, error) {
	Quiet(nil)
	if err := o.reach(ctx); err != nil {
		return nil, err
	}
	var opts []client.ClientOpt
	if o.CA != "" {
		opts = append(opts, client.WithServerConfig(o.Name, o.CA))
	}
	if o.Cert != "" || o.Key != "" {
		opts = append(opts, client.WithCredentials(o.Cert, o.Key))
	}
	c, err := client.New(ctx, o.Address, append(opts, Ordered())...)
	if err != nil {
		return nil, o.trouble("%w", err)
	}
	if _, err := c.ListWorkers(ctx); err != nil {
		_ = c.Close() // the first error says what is wrong
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, o.mistrust(ctx, err)
	}
	return Wrap(c, engine.Info{Name: "BuildKit", Address: o.Address}, o.Helper), nil
}

// Quiet sends what BuildKit's and containerd's libraries log where the caller wants
// it; nil: nowhere. They have one logger for the process, and its output would run
// into the terminal's.
func Quiet(w io.Writer) {
	if w == nil {
		w = io.Discard
	}
	logrus.SetOutput(w)
}

func (o Options) trouble(format string, args ...any) error {
	return fmt.Errorf("builder %s: "+format, append([]any{o.Address}, args...)...)
}

// reach tries the address and reads the files before BuildKit's client does.
func (o Options) reach(ctx context.Context) error {
	for _, file := range []string{o.CA, o.Cert, o.Key} {
		if file == "" {
			continue
		}
		if _, err := os.ReadFile(file); err != nil {
			return o.trouble("%w", err)
		}
	}
	if o.CA != "" {
		if _, err := o.tls(); err != nil {
			return err
		}
	}
	conn, err := o.dial(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return o.trouble("nothing answers there (%w); start it, or name another with --builder, or none for the embedded one", err)
	}
	return conn.Close()
}

func (o Options) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(o.Address)
	if err != nil {
		return nil, err
	}
	at := u.Host
	if u.Scheme == "unix" {
		at = u.Path
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, u.Scheme, at)
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err // the address is named already
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return conn, err
}

// tls is how this side of the connection is configured.
func (o Options) tls() (*tls.Config, error) {
	cfg := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: o.Name, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}
	if cfg.ServerName == "" {
		if u, err := url.Parse(o.Address); err == nil {
			cfg.ServerName = u.Hostname()
		}
	}
	text, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, o.trouble("%w", err)
	}
	if !cfg.RootCAs.AppendCertsFromPEM(text) {
		return nil, o.trouble("there is no certificate in %s, which ?ca= names", o.CA)
	}
	if o.Cert != "" || o.Key != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, o.trouble("client certificate cert=%s, key=%s: %w", o.Cert, o.Key, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// mistrust finds out why a BuildKit that takes connections does not answer: the
// client's own error does not tell the reasons apart.
func (o Options) mistrust(ctx context.Context, err error) error {
	if strings.HasPrefix(o.Address, "tcp:") {
		if found := o.handshake(ctx); found != nil {
			return found
		}
	}
	return o.trouble("no BuildKit answers there: %w", plain(err))
}

func (o Options) handshake(ctx context.Context) error {
	cfg, secure := &tls.Config{InsecureSkipVerify: true}, false //nolint:gosec // only asks whether TLS is spoken
	if o.CA != "" {
		var err error
		if cfg, err = o.tls(); err != nil {
			return err
		}
		secure = true
	}
	conn, err := o.dial(ctx)
	if err != nil {
		return o.trouble("%w", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(dialLimit))
	t := tls.Client(conn, cfg)
	err = t.HandshakeContext(ctx)
	if !secure {
		if err == nil {
			return o.trouble("it speaks TLS; add ?ca=FILE&cert=FILE&key=FILE to the address")
		}
		return nil
	}
	if err == nil {
		// TLS 1.3 tells a client that it is refused only afterwards.
		_, err = t.Read(make([]byte, 1))
	}
	return o.refusal(err)
}

func (o Options) refusal(err error) error {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &authority):
		return o.trouble("its certificate is not signed by ca=%s; name the certificate of its authority there", o.CA)
	case errors.As(err, &name):
		return o.trouble("%w; name the server that its certificate is for with &name=", err)
	case errors.As(err, &record):
		return o.trouble("it does not speak TLS; leave ?ca= out of the address")
	case errors.As(err, &remote) && remote.Op == "remote error":
		return o.trouble("it refuses the client certificate (%w); name one of its authority with &cert=FILE&key=FILE", remote.Err)
	}
	return nil
}
