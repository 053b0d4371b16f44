package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parcels.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestEnvironmentWins(t *testing.T) {
	path := write(t, "listen: \":1\"\ndatabase: a.db\n")
	cfg, err := Load(path, env(map[string]string{"PARCELS_LISTEN": ":2", "APP_ENV": "test"}))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != ":2" || cfg.Database != "a.db" || cfg.Environment != "test" {
		t.Errorf("got %+v", cfg)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no database", "listen: \":1\"", "database: no path"},
		{"no environment", "database: a.db", "APP_ENV is not set"},
		{"unknown zone", "database: a.db\ndepots: [{code: X, zone: Mars/Base, opens: \"08:00\", closes: \"09:00\"}]", "depot X"},
		{"bad clock", "database: a.db\ndepots: [{code: X, zone: UTC, opens: early, closes: \"09:00\"}]", "early"},
		{"not YAML", "listen: [", "configuration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(write(t, c.text), env(nil))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestShippedFile(t *testing.T) {
	cfg, err := Load("../../config/parcels.yaml", env(map[string]string{"APP_ENV": "test"}))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Depots) != 3 || cfg.ShutdownGrace != 10*time.Second {
		t.Errorf("got %+v", cfg)
	}
}

func TestOpen(t *testing.T) {
	d := Depot{Zone: "Pacific/Auckland", Opens: "06:30", Closes: "18:30"}
	for at, want := range map[string]bool{
		"2025-01-14T18:00:00Z": true, // 07:00 the next day, summer time
		"2025-01-14T17:00:00Z": false,
		"2025-07-14T18:00:00Z": false, // 06:00 in winter
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if open, err := d.Open(instant); err != nil || open != want {
			t.Errorf("%s: %v, %v; want %v", at, open, err, want)
		}
	}
}
