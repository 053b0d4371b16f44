package link

import (
	"context"
	"fmt"
	"log/slog" //nolint:depguard // to silence a server of the library
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Reverse hands requests on to the service at a URL. Redirects are followed at that
// end of the link, so that what they lead to crosses it as well.
func Reverse(to *url.URL, rt http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header["Accept-Encoding"] = r.In.Header["Accept-Encoding"] // bytes pass as they are
		},
		Transport:      following{rt},
		ModifyResponse: func(r *http.Response) error { return keepHere(r, to) },
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}

// Registry hands requests on to a registry with the credentials that docker's
// configuration has for it, for pulling from a repository and pushing to it.
func Registry(ctx context.Context, repo name.Repository) (http.Handler, error) {
	auth, err := authn.Resolve(ctx, authn.DefaultKeychain, repo)
	if err != nil {
		return nil, fmt.Errorf("registry %s: credentials: %w", repo.RegistryStr(), err)
	}
	rt, err := transport.NewWithContext(ctx, repo.Registry, auth, http.DefaultTransport, []string{repo.Scope(transport.PushScope)})
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", repo.RegistryStr(), err)
	}
	return Reverse(&url.URL{Scheme: repo.Scheme(), Host: repo.RegistryStr()}, rt), nil
}

// maxRedirects is how many are followed in a row.
const maxRedirects = 5

// following answers reads with what their redirects lead to.
type following struct{ http.RoundTripper }

// RoundTrip makes one request.
func (f following) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := f.RoundTripper.RoundTrip(r)
	for n := 0; err == nil && n < maxRedirects && redirected(r, resp); n++ {
		var to *url.URL
		if to, err = resp.Location(); err != nil {
			return resp, nil //nolint:nilerr // without a place to go to it is an answer
		}
		resp.Body.Close()
		next := r.Clone(r.Context())
		next.URL, next.Host = to, to.Host
		if to.Host != r.URL.Host {
			next.Header.Del("Authorization") // the credentials are for this host alone
			resp, err = http.DefaultTransport.RoundTrip(next)
			continue
		}
		resp, err = f.RoundTripper.RoundTrip(next)
	}
	return resp, err
}

func redirected(r *http.Request, resp *http.Response) bool {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	return read && resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != ""
}

// keepHere makes places on the service relative, so that who follows one comes back
// over the link.
func keepHere(r *http.Response, to *url.URL) error {
	at, err := url.Parse(r.Header.Get("Location"))
	if err == nil && at.Host == to.Host {
		at.Scheme, at.Host = "", ""
		r.Header.Set("Location", at.String())
	}
	return nil
}
