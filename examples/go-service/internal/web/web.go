// Package web answers HTTP: an HTML board, a JSON API, metrics and health.
package web

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path/filepath"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"example.com/parcels/internal/config"
	"example.com/parcels/internal/store"
)

// Options are the parts a Server is made of.
type Options struct {
	Config  config.Config
	Store   *store.Store
	Log     *zap.Logger
	Assets  string // directory with templates/ and static/
	Version string
	Now     func() time.Time
}

// Server is the service's HTTP handler.
type Server struct {
	Options
	router    chi.Router
	templates *template.Template
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
}

// New parses the templates and lays out the routes.
func New(o Options) (*Server, error) {
	templates, err := template.ParseGlob(filepath.Join(o.Assets, "templates", "*.html"))
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	s := &Server{Options: o, templates: templates, router: chi.NewRouter()}
	registry := prometheus.NewRegistry()
	s.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "parcels_requests_total", Help: "Requests by route and status.",
	}, []string{"route", "status"})
	s.seconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "parcels_request_seconds", Help: "Time to answer by route.", Buckets: prometheus.DefBuckets,
	}, []string{"route"})
	registry.MustRegister(s.requests, s.seconds)
	s.routes(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return s, nil
}

func (s *Server) routes(metrics http.Handler) {
	r := s.router
	r.Use(middleware.RequestID, middleware.Recoverer, s.observe)
	r.Get("/", s.board)
	r.Get("/parcels/{code}", s.parcelPage)
	r.Handle("/static/*", http.StripPrefix("/static/", http.FileServer(http.Dir(filepath.Join(s.Assets, "static")))))
	r.Get("/healthz", s.health)
	r.Method(http.MethodGet, "/metrics", metrics)
	r.Route("/api", func(r chi.Router) {
		r.Get("/version", s.version)
		r.Get("/parcels", s.listParcels)
		r.Post("/parcels", s.addParcel)
		r.Get("/parcels/{code}", s.getParcel)
		r.Post("/parcels/{code}/events", s.addEvent)
		r.Get("/depots", s.depots)
		r.Get("/tz", s.timeZone)
		r.Get("/certs", s.certificates)
	})
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, http.StatusNotFound, errors.New("no such page"))
	})
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// observe counts, times and logs every request.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		route := chi.RouteContext(r.Context()).RoutePattern()
		took := s.Now().Sub(start)
		s.requests.WithLabelValues(route, fmt.Sprint(ww.Status())).Inc()
		s.seconds.WithLabelValues(route).Observe(took.Seconds())
		s.Log.Info("request", zap.String("method", r.Method), zap.String("path", r.URL.Path),
			zap.Int("status", ww.Status()), zap.Duration("took", took))
	})
}

func (s *Server) board(w http.ResponseWriter, r *http.Request) {
	parcels, err := s.Store.List(r.Context(), r.URL.Query().Get("depot"))
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	s.page(w, "board.html", map[string]any{"Parcels": parcels, "Depots": s.Config.Depots, "Version": s.Version})
}

func (s *Server) parcelPage(w http.ResponseWriter, r *http.Request) {
	p, err := s.Store.Get(r.Context(), chi.URLParam(r, "code"))
	if err != nil {
		s.fail(w, statusOf(err), err)
		return
	}
	s.page(w, "parcel.html", map[string]any{"Parcel": p, "Version": s.Version})
}

func (s *Server) page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := s.templates.ExecuteTemplate(w, name, data); err != nil {
		s.Log.Error("template", zap.String("name", name), zap.Error(err))
	}
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.Store.Ping(r.Context()); err != nil {
		s.fail(w, http.StatusServiceUnavailable, err)
		return
	}
	s.answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) version(w http.ResponseWriter, r *http.Request) {
	schema, err := s.Store.Version(r.Context())
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	s.answer(w, http.StatusOK, map[string]any{"version": s.Version, "environment": s.Config.Environment, "schema": schema})
}

func (s *Server) listParcels(w http.ResponseWriter, r *http.Request) {
	parcels, err := s.Store.List(r.Context(), r.URL.Query().Get("depot"))
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	s.answer(w, http.StatusOK, parcels)
}

func (s *Server) getParcel(w http.ResponseWriter, r *http.Request) {
	p, err := s.Store.Get(r.Context(), chi.URLParam(r, "code"))
	if err != nil {
		s.fail(w, statusOf(err), err)
		return
	}
	s.answer(w, http.StatusOK, p)
}

func (s *Server) addParcel(w http.ResponseWriter, r *http.Request) {
	var p store.Parcel
	if !s.read(w, r, &p) {
		return
	}
	if err := s.Store.Add(r.Context(), p); err != nil {
		s.fail(w, statusOf(err), err)
		return
	}
	s.answer(w, http.StatusCreated, map[string]string{"code": p.Code})
}

func (s *Server) addEvent(w http.ResponseWriter, r *http.Request) {
	var e store.Event
	if !s.read(w, r, &e) {
		return
	}
	if err := s.Store.Record(r.Context(), chi.URLParam(r, "code"), e); err != nil {
		s.fail(w, statusOf(err), err)
		return
	}
	s.answer(w, http.StatusCreated, map[string]string{"status": e.Status})
}

// depots lists the depots and whether they are open at ?at= (default: now).
func (s *Server) depots(w http.ResponseWriter, r *http.Request) {
	at, ok := s.instant(w, r)
	if !ok {
		return
	}
	type row struct {
		config.Depot
		Open bool `json:"open"`
	}
	rows := []row{}
	for _, d := range s.Config.Depots {
		open, err := d.Open(at)
		if err != nil {
			s.fail(w, http.StatusInternalServerError, err)
			return
		}
		rows = append(rows, row{d, open})
	}
	s.answer(w, http.StatusOK, rows)
}

// timeZone tells the local time of ?zone= at ?at=.
func (s *Server) timeZone(w http.ResponseWriter, r *http.Request) {
	at, ok := s.instant(w, r)
	if !ok {
		return
	}
	zone, err := time.LoadLocation(r.URL.Query().Get("zone"))
	if err != nil {
		s.fail(w, http.StatusBadRequest, err)
		return
	}
	s.answer(w, http.StatusOK, map[string]string{"zone": zone.String(), "local": at.In(zone).Format(time.RFC3339)})
}

// certificates tells whether carriers' servers can be verified from here.
func (s *Server) certificates(w http.ResponseWriter, _ *http.Request) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		s.fail(w, http.StatusInternalServerError, err)
		return
	}
	if pool.Equal(x509.NewCertPool()) {
		s.fail(w, http.StatusInternalServerError, errors.New("no certificate authorities installed"))
		return
	}
	s.answer(w, http.StatusOK, map[string]bool{"trusted_roots": true})
}

func (s *Server) instant(w http.ResponseWriter, r *http.Request) (time.Time, bool) {
	text := r.URL.Query().Get("at")
	if text == "" {
		return s.Now(), true
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		s.fail(w, http.StatusBadRequest, err)
		return at, false
	}
	return at, true
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		s.fail(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func (s *Server) answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		s.Log.Warn("answer", zap.Error(err))
	}
}

func (s *Server) fail(w http.ResponseWriter, status int, err error) {
	if status >= 500 {
		s.Log.Error("request failed", zap.Error(err))
	}
	s.answer(w, status, map[string]string{"error": err.Error()})
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, store.ErrExists):
		return http.StatusConflict
	case errors.Is(err, store.ErrInvalid):
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}
