package enginetest

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/careenhq/careen/internal/engine"
)

func testPush(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN tool write /pushed x")
	req.Push = s.Registry + "/push:1"
	res := s.build(t, req)
	ref, err := name.ParseReference(req.Push)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	want, err := open(t, res.Image).ConfigName()
	if err != nil || config != want {
		t.Errorf("pushed the image %s, exported %s, %v", config, want, err)
	}
	req.Push = closedAddress() + "/push:1"
	if text := s.failure(t, req).Error(); !strings.Contains(text, "connection refused") || strings.Contains(text, "\n") {
		t.Errorf("%q", text)
	}
}

// closedAddress is one where nothing listens.
func closedAddress() string {
	server := httptest.NewServer(nil)
	server.Close()
	return strings.TrimPrefix(server.URL, "http://")
}

// twoStages are built after an edit of what the last stage copies, so its RUN has
// to be run again, and what it needs of the first stage is not in the image.
func twoStages(t *testing.T, text string) engine.Request {
	return request(t, files{"data": text},
		"FROM tool:1 AS build",
		"RUN tool write /made made-for-travel",
		"FROM tool:1",
		"RUN tool write /own own-for-travel",
		"COPY data /",
		"COPY --from=build /made /made")
}

// testCacheTravels: an empty builder takes from a cache what its mode brings.
func testCacheTravels(t *testing.T, s *suite) {
	p, ok := s.engine.(engine.Pruner)
	if !ok {
		t.Skip("this engine cannot be emptied")
	}
	for _, c := range []struct {
		mode        engine.CacheMode
		compression engine.Compression
		built       bool // the first stage came along
	}{
		{engine.CacheInline, "", false},
		{engine.CacheMin, engine.Gzip, false},
		{engine.CacheMax, engine.Zstd, true},
		{engine.CacheMax, engine.Uncompressed, true},
	} {
		ref := s.Registry + "/travel/" + string(c.mode) + ":" + string(c.compression) + "x"
		empty := func() {
			if err := p.Prune(t.Context(), false); err != nil {
				t.Fatal(err)
			}
		}
		empty()
		req := twoStages(t, "before")
		req.CacheFrom = []string{ref}
		req.CacheTo = &engine.CacheTo{Ref: ref, Mode: c.mode, Compression: c.compression}
		if c.mode == engine.CacheInline {
			req.Push = ref
		}
		if res := s.build(t, req); stepAt(t, res, 2).Cached || stepAt(t, res, 4).Cached {
			t.Fatalf("%s: a step of an empty builder is cached", ref)
		}
		empty()
		req = twoStages(t, "after")
		req.CacheFrom = []string{ref}
		res := s.build(t, req)
		if first, last := stepAt(t, res, 2).Cached, stepAt(t, res, 4).Cached; first != c.built || !last {
			t.Errorf("%s %s: first stage cached %v, last %v", c.mode, c.compression, first, last)
		}
		if text := contents(t, res.Image); text["made"] != "made-for-travel\n" || text["own"] != "own-for-travel\n" || text["data"] != "after" {
			t.Errorf("%s %s: image holds %q, %q, %q", c.mode, c.compression, text["made"], text["own"], text["data"])
		}
	}
}

// testNoCacheToImport: a cache that is not there, an image without one, and a registry
// that does not answer are no reason to fail.
func testNoCacheToImport(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN tool echo no-cache-to-import")
	req.CacheFrom = []string{s.Registry + "/nowhere:1", s.Registry + "/library/tool:1", closedAddress() + "/nowhere:1"}
	s.build(t, req)
}

// testCacheToNowhere: an export that fails is an error, in words, and soon.
func testCacheToNowhere(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN tool write /nowhere x")
	req.CacheTo = &engine.CacheTo{Ref: closedAddress() + "/nowhere:1"}
	err := s.failure(t, req)
	contains(t, err.Error(), "connection refused")
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "rpc error") {
		t.Errorf("%q", err)
	}
}
