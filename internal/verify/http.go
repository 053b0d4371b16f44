package verify

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/internal/probe"
)

// localURL is the address of a listening port as seen from inside.
func localURL(scheme string, p probe.Port, path string) string {
	host := p.Address
	switch host {
	case "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(p.Port)) + path
}

// httpChecks are the requests made of a port: the user's own, and `/`.
func (c *comparison) httpChecks(port int) []HTTPCheck {
	checks := []HTTPCheck{{Path: "/"}}
	for _, check := range c.opts.HTTP {
		if check.Port == 0 || check.Port == port {
			checks = append(checks, check)
		}
	}
	return checks
}

// askHTTP asks every listening TCP port for `/` and the user's own checks. A port
// that does not speak HTTP is asked once more over TLS and then recorded as such.
func (l *live) askHTTP(ctx context.Context) error {
	ports, err := l.httpPorts(ctx)
	if err != nil {
		return err
	}
	for _, port := range ports {
		spoke, err := l.askPort(ctx, "http", port)
		if err == nil && !spoke {
			spoke, err = l.askPort(ctx, "https", port)
		}
		if err != nil {
			return err
		}
		if !spoke {
			l.seen.put("protocol", portName(port), "not HTTP")
		}
	}
	return nil
}

// httpPorts lists each listening TCP port once.
func (l *live) httpPorts(ctx context.Context) ([]probe.Port, error) {
	got, err := ask(ctx, l.box, probe.Request{Ports: &probe.PortsRequest{}})
	if err != nil {
		return nil, err
	}
	var ports []probe.Port
	for _, p := range got[0].Ports {
		known := slices.ContainsFunc(ports, func(q probe.Port) bool { return q.Port == p.Port })
		if p.Network == "tcp" && !known && p.Port < ephemeral {
			ports = append(ports, p)
		}
	}
	return ports, nil
}

// askPort makes the requests of one port, then follows where they lead. It tells
// whether anything came back.
func (l *live) askPort(ctx context.Context, scheme string, port probe.Port) (bool, error) {
	checks := l.c.httpChecks(port.Port)
	got, err := l.askPages(ctx, scheme, port, checks)
	if err != nil {
		return false, err
	}
	if got[0].HTTP == nil && scheme == "http" || isTLSRefusal(got[0].HTTP) {
		return false, nil
	}
	for i, answer := range got {
		l.recordHTTP(scheme, port, checks[i], answer)
	}
	if got[0].HTTP == nil {
		return false, nil
	}
	return true, l.crawl(ctx, scheme, port, checks, got)
}

// askPages makes requests of a port, in one call of the helper.
func (l *live) askPages(ctx context.Context, scheme string, port probe.Port, checks []HTTPCheck) ([]probe.Answer, error) {
	var batch []probe.Request
	for _, check := range checks {
		batch = append(batch, probe.Request{HTTP: &probe.HTTPRequest{
			Method: check.Method, URL: localURL(scheme, port, check.Path), Headers: check.Headers, Body: check.Body,
			Insecure: true, Timeout: l.timeout,
		}})
	}
	if len(batch) == 0 {
		return nil, nil
	}
	return ask(ctx, l.box, batch...)
}

// isTLSRefusal recognises how servers answer plain HTTP on a TLS port.
func isTLSRefusal(r *probe.HTTPResponse) bool {
	return r != nil && r.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(string(r.Body)), "https")
}

func (l *live) recordHTTP(scheme string, port probe.Port, check HTTPCheck, answer probe.Answer) {
	path := fmt.Sprintf("%s %s://:%d%s", cmp.Or(check.Method, http.MethodGet), scheme, port.Port, check.Path)
	if answer.HTTP == nil {
		l.seen.put("http", path, "no answer: "+normalise(answer.Error))
		return
	}
	r := answer.HTTP
	l.seen.put("http status", path, strconv.Itoa(r.Status))
	l.seen.put("http body", path, normaliseBody(r))
	for name, values := range r.Headers {
		if value, ok := stableHeader(name, values); ok {
			l.seen.put("http header "+name, path, value)
		}
	}
	if check.Status != 0 && r.Status != check.Status {
		l.seen.unexpected = append(l.seen.unexpected, fmt.Sprintf("%s answers %d, not %d", path, r.Status, check.Status))
	}
}

func normaliseBody(r *probe.HTTPResponse) string {
	text := normalise(string(r.Body))
	if r.Truncated {
		text += "\n<longer>"
	}
	return text
}

// stableHeader gives a header in the form in which two runs agree on it. Those that
// carry a time, an identifier or the transport's own business say only that they
// are there.
func stableHeader(name string, values []string) (string, bool) {
	switch http.CanonicalHeaderKey(name) {
	case "Date", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding":
		return "", false
	case "Etag", "Last-Modified", "Age", "Expires", "X-Request-Id", "X-Correlation-Id", "X-Response-Time", "Server-Timing",
		"X-Runtime", "Traceparent", "Content-Security-Policy-Nonce":
		return "set", true
	case "Set-Cookie":
		return cookieNames(values), true
	}
	return normalise(strings.Join(values, "\n")), true
}

// cookieNames keeps each cookie's name and attributes, not its value.
func cookieNames(values []string) string {
	var names []string
	for _, v := range values {
		name, rest, _ := strings.Cut(v, "=")
		_, attributes, _ := strings.Cut(rest, ";")
		names = append(names, name+";"+normalise(attributes))
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}
