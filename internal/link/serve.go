package link

import (
	"context"
	"fmt"
	"log/slog" //nolint:depguard // to silence a server of the library
	"net"
	"net/http"
	"sync"
	"time"
)

// A Server is a service at the other end of a link.
type Server struct {
	Address string // host:port on the loopback interface
	server  *http.Server
}

// Serve serves a handler over the link, until Close.
func (l *Link) Serve(h http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	s := &http.Server{Handler: l.delayed(h), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(shaped{listener, l}) }()
	return &Server{listener.Addr().String(), s}, nil
}

// Close ends the service and its connections.
func (s *Server) Close() error { return s.server.Close() }

// delayed holds every request up for the time that it and its answer would travel.
func (l *Link) delayed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.pause(r.Context()) {
			h.ServeHTTP(w, r)
		}
	})
}

// pause waits for one round trip; it is false when nobody waits any more.
func (l *Link) pause(ctx context.Context) bool {
	if l.shape.RoundTrip == 0 {
		return true
	}
	timer := time.NewTimer(l.shape.RoundTrip)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// shaped is a listener whose connections cross the link.
type shaped struct {
	net.Listener
	link *Link
}

// Accept gives the next connection.
func (s shaped) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, link: s.link}, nil
}

type conn struct {
	net.Conn
	link *Link
	open sync.Once
}

// Read passes on what came up the link. The first byte of a connection is one round
// trip late, which is what making it takes.
func (c *conn) Read(p []byte) (int, error) {
	c.open.Do(func() { c.link.pause(context.Background()) })
	n, err := c.Conn.Read(p[:min(len(p), chunk)])
	if n > 0 {
		c.link.sent.Add(int64(n))
		_ = c.link.up.WaitN(context.Background(), n) // n never exceeds the bucket
	}
	return n, err
}

// Write sends down the link.
func (c *conn) Write(p []byte) (int, error) {
	sent := 0
	for sent < len(p) {
		part := p[sent:min(sent+chunk, len(p))]
		_ = c.link.down.WaitN(context.Background(), len(part))
		n, err := c.Conn.Write(part)
		c.link.got.Add(int64(n))
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}
