package link

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Shape{
		"":               {},
		"100mbit,30ms":   {100e6, 30 * time.Millisecond},
		" 1s , 1.5Gbit ": {1.5e9, time.Second},
		"64kbit":         {64e3, 0},
		"0ms":            {},
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"fast", "0mbit", "-3mbit", "-1ms", "1h", "1mbit,2mbit", "1ms,2ms,3ms", "NaNmbit", "1e9gbit"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := (Shape{2.5e6, 1500 * time.Microsecond}).String(); got != "2.5 Mbit/s, 1.5 ms" {
		t.Error(got)
	}
}

// serve serves a handler over a link of the given shape.
func serve(t *testing.T, s Shape, h http.Handler) (*Link, *Server) {
	t.Helper()
	l := New(s)
	server, err := l.Serve(h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return l, server
}

// TestShape: bytes of either direction take at least as long as the bandwidth says,
// each request at least one round trip, and all of them are counted.
func TestShape(t *testing.T) {
	const size = 400_000 // 0.4 s at 8 Mbit/s
	body := bytes.Repeat([]byte("x"), size)
	l, server := serve(t, Shape{8e6, 50 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if n == 0 {
			_, _ = w.Write(body)
		}
	}))
	took := func(method string, body []byte) time.Duration {
		began := time.Now()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+server.Address, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	const least = 450*time.Millisecond - 2*chunk*time.Second/1e6
	if d := took(http.MethodPut, body); d < least {
		t.Errorf("%d bytes went up in %v", size, d)
	}
	up := l.Traffic()
	if up.Up < size || up.Up > size+4096 || up.Down > 4096 {
		t.Errorf("counted %+v", up)
	}
	if d := took(http.MethodGet, nil); d < least {
		t.Errorf("%d bytes came down in %v", size, d)
	}
	if down := l.Traffic().Sub(up); down.Down < size || down.Up > 4096 {
		t.Errorf("counted %+v", down)
	}
}

// TestRegistry pushes to a registry behind a link and pulls again. The registry
// names places by its own address and redirects what is read; neither must lead
// around the link.
func TestRegistry(t *testing.T) {
	store := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var origin *httptest.Server
	origin = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && len(r.URL.Path) > 60 && r.URL.Query().Get("again") == "" {
			http.Redirect(w, r, origin.URL+r.URL.Path+"?again=1", http.StatusTemporaryRedirect)
			return
		}
		store.ServeHTTP(absolute{w, origin.URL}, r)
	}))
	defer origin.Close()
	at, err := url.Parse(origin.URL)
	if err != nil {
		t.Fatal(err)
	}
	there, err := name.NewRepository(at.Host + "/x")
	if err != nil {
		t.Fatal(err)
	}
	h, err := Registry(t.Context(), there)
	if err != nil {
		t.Fatal(err)
	}
	l, server := serve(t, Shape{}, h)
	ref, err := name.ParseReference(server.Address + "/x:1")
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(100_000, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	if up := l.Traffic().Up; up < 200_000 {
		t.Errorf("%d bytes went up", up)
	}
	back, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(back); err != nil {
		t.Error(err)
	}
	if down := l.Traffic().Down; down < 200_000 {
		t.Errorf("%d bytes came down", down)
	}
}

// absolute makes places absolute, as many registries do.
type absolute struct {
	http.ResponseWriter
	base string
}

func (a absolute) WriteHeader(code int) {
	if to := a.Header().Get("Location"); to != "" && to[0] == '/' {
		a.Header().Set("Location", a.base+to)
	}
	a.ResponseWriter.WriteHeader(code)
}

// TestDown: a service that is not there is a bad gateway, not a hang.
func TestDown(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	to, err := url.Parse(gone.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, server := serve(t, Shape{}, Reverse(to, http.DefaultTransport))
	resp, err := http.Get("http://" + server.Address) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadGateway {
		t.Error(resp.Status)
	}
}
