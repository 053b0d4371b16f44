package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	defaultBodyLimit   = 1 << 20
	defaultHTTPTimeout = 10 * time.Second
)

// run asks the URL once, over a connection of its own.
func (r *HTTPRequest) run(ctx context.Context) (*HTTPResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, defaultHTTPTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, cmp.Or(r.Method, http.MethodGet), r.URL, strings.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
		if strings.EqualFold(name, "host") {
			req.Host = value
		}
	}
	response, err := r.client().Do(req)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return r.read(response)
}

// client is made per request: no proxy, no kept connections, no redirects, no
// silent decompression, so that the answer is what the server sent.
func (r *HTTPRequest) client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives:  true,
			DisableCompression: true,
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: r.Insecure}, // when the caller asks for it
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// read keeps at most the limit of the body. A body that breaks off is given as
// far as it came, with the error.
func (r *HTTPRequest) read(response *http.Response) (*HTTPResponse, error) {
	limit := cmp.Or(r.Limit, defaultBodyLimit)
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	got := &HTTPResponse{Status: response.StatusCode, Headers: response.Header, Body: body}
	if int64(len(body)) > limit {
		got.Body, got.Truncated = body[:limit], true
	}
	return got, err
}
