package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"example.com/parcels/internal/config"
	"example.com/parcels/internal/store"
)

func server(t *testing.T) *Server {
	t.Helper()
	env := map[string]string{"APP_ENV": "test"}
	cfg, err := config.Load("../../config/parcels.yaml", func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "p.db"), "../../migrations", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := New(Options{Config: cfg, Store: db, Log: zap.NewNop(), Assets: "../..", Version: "1.2.3", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnswers(t *testing.T) {
	s := server(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", 200, "A. Lovelace"},
		{"GET", "/?depot=LIS", "", 200, "PX-0002"},
		{"GET", "/parcels/PX-0001", "", 200, "departed"},
		{"GET", "/parcels/PX-0404", "", 404, "no such parcel"},
		{"GET", "/static/board.css", "", 200, "font-family"},
		{"GET", "/healthz", "", 200, `"ok"`},
		{"GET", "/api/version", "", 200, `{"environment":"test","schema":3,"version":"1.2.3"}`},
		{"GET", "/api/parcels?depot=BER", "", 200, `"code":"PX-0001"`},
		{"POST", "/api/parcels", `{"code":"PX-3","recipient":"E. Noether","depot":"BER","grams":5}`, 201, "PX-3"},
		{"POST", "/api/parcels", `{"code":"PX-3","recipient":"E. Noether","depot":"BER","grams":5}`, 409, "exists"},
		{"POST", "/api/parcels", `{"code":"PX-4","weight":5}`, 400, "unknown field"},
		{"POST", "/api/parcels", `{"code":"PX-4","recipient":"x","depot":"BER"}`, 422, "invalid"},
		{"POST", "/api/parcels/PX-3/events", `{"status":"delivered","depot":"BER"}`, 201, "delivered"},
		{"GET", "/api/parcels/PX-3", "", 200, `"status":"delivered"`},
		{"GET", "/api/depots?at=2025-01-14T12:00:00Z", "", 200, `"code":"AKL","name":"Auckland Harbour","zone":"Pacific/Auckland","opens":"06:30","closes":"18:30","open":false`},
		{"GET", "/api/tz?zone=Asia/Kathmandu&at=2025-01-14T12:00:00Z", "", 200, "17:45:00+05:45"},
		{"GET", "/api/tz?zone=Mars/Base", "", 400, "unknown time zone"},
		{"GET", "/api/tz?at=tomorrow", "", 400, "parsing time"},
		{"GET", "/api/certs", "", 200, `"trusted_roots":true`},
		{"GET", "/metrics", "", 200, `parcels_requests_total{route="/healthz",status="200"} 1`},
		{"GET", "/nowhere", "", 404, "no such page"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s; want %d with %q", w.Code, w.Body, c.status, c.want)
			}
		})
	}
}

func TestMissingTemplates(t *testing.T) {
	if _, err := New(Options{Assets: t.TempDir()}); err == nil {
		t.Error("started without templates")
	}
}

func TestTemplatesEscape(t *testing.T) {
	s := server(t)
	body := `{"code":"PX-5","recipient":"<script>alert(1)</script>","depot":"BER","grams":5}`
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/api/parcels", strings.NewReader(body)))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/parcels/PX-5", nil))
	if strings.Contains(w.Body.String(), "<script>alert") {
		t.Error("recipient reached the page unescaped")
	}
}
