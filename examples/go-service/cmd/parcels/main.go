// Command parcels serves the parcel board.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/zap"

	"example.com/parcels/internal/config"
	"example.com/parcels/internal/store"
	"example.com/parcels/internal/web"
)

// version is set by the linker.
var version = "dev"

func main() {
	configPath := flag.String("config", "config/parcels.yaml", "configuration file")
	assets := flag.String("assets", ".", "directory with templates, static and migrations")
	showVersion := flag.Bool("version", false, "print the version and exit")
	healthcheck := flag.Bool("healthcheck", false, "ask a running service for its health and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println("parcels", version)
		return
	}
	cfg, err := config.Load(*configPath, os.Getenv)
	if err == nil {
		if *healthcheck {
			err = askHealth(cfg.Listen)
		} else {
			err = run(cfg, *assets)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "parcels:", err)
		os.Exit(1)
	}
}

func run(cfg config.Config, assets string) error {
	log, err := newLogger(cfg.LogLevel)
	if err != nil {
		return err
	}
	defer log.Sync() //nolint:errcheck // standard error cannot always be synced
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := store.Open(ctx, cfg.Database, assets+"/migrations", time.Now)
	if err != nil {
		return err
	}
	defer db.Close()
	handler, err := web.New(web.Options{Config: cfg, Store: db, Log: log, Assets: assets, Version: version, Now: time.Now})
	if err != nil {
		return err
	}
	return serve(ctx, cfg, handler, log)
}

// serve answers until the context ends, then lets running requests finish.
func serve(ctx context.Context, cfg config.Config, handler http.Handler, log *zap.Logger) error {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("listening", zap.String("address", listener.Addr().String()), zap.String("environment", cfg.Environment), zap.String("version", version))
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down")
	grace, cancel := context.WithTimeout(context.Background(), cfg.ShutdownGrace)
	defer cancel()
	return errors.Join(server.Shutdown(grace))
}

func newLogger(level string) (*zap.Logger, error) {
	cfg := zap.NewProductionConfig()
	if err := cfg.Level.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	return cfg.Build()
}

// askHealth is what the image's HEALTHCHECK runs.
func askHealth(listen string) error {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen address: %w", err)
	}
	client := http.Client{Timeout: 3 * time.Second}
	res, err := client.Get("http://127.0.0.1:" + port + "/healthz")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s", res.Status)
	}
	fmt.Println("healthy")
	return nil
}
