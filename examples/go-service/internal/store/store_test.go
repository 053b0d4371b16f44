package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func open(t *testing.T) *Store {
	t.Helper()
	clock := func() time.Time { return time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC) }
	s, err := Open(context.Background(), filepath.Join(t.TempDir(), "p.db"), "../../migrations", clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestMigrationsRunOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	for range 2 {
		s, err := Open(context.Background(), path, "../../migrations", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Version(context.Background()); err != nil || v != 3 {
			t.Errorf("version %d, %v", v, err)
		}
		s.Close()
	}
}

func TestMissingMigrations(t *testing.T) {
	if _, err := Open(context.Background(), filepath.Join(t.TempDir(), "p.db"), t.TempDir(), time.Now); err == nil {
		t.Error("opened without migrations")
	}
}

func TestAddAndRecord(t *testing.T) {
	s, ctx := open(t), context.Background()
	if err := s.Add(ctx, Parcel{Code: "PX-9", Recipient: "G. Hopper", Depot: "BER", Grams: 10}); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(ctx, "PX-9", Event{Status: "delivered", Depot: "AKL"}); err != nil {
		t.Fatal(err)
	}
	p, err := s.Get(ctx, "PX-9")
	if err != nil {
		t.Fatal(err)
	}
	if p.Status != "delivered" || len(p.History) != 2 || p.CreatedAt != "2025-02-03T04:05:06Z" {
		t.Errorf("got %+v", p)
	}
}

func TestRefusals(t *testing.T) {
	s, ctx := open(t), context.Background()
	for name, c := range map[string]struct{ got, want error }{
		"twice":       {s.Add(ctx, Parcel{Code: "PX-0001", Recipient: "x", Depot: "BER", Grams: 1}), ErrExists},
		"weightless":  {s.Add(ctx, Parcel{Code: "PX-7", Recipient: "x", Depot: "BER"}), ErrInvalid},
		"nameless":    {s.Add(ctx, Parcel{Code: " ", Recipient: "x", Depot: "BER", Grams: 1}), ErrInvalid},
		"unknown":     {s.Record(ctx, "PX-8", Event{Status: "arrived", Depot: "BER"}), ErrNotFound},
		"nonsense":    {s.Record(ctx, "PX-0001", Event{Status: "eaten", Depot: "BER"}), ErrInvalid},
		"not there":   {second(s.Get(ctx, "PX-8")), ErrNotFound},
		"still works": {second(s.Get(ctx, "PX-0001")), nil},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestListByDepot(t *testing.T) {
	s, ctx := open(t), context.Background()
	all, err := s.List(ctx, "")
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	some, err := s.List(ctx, "LIS")
	if err != nil || len(some) != 1 || some[0].Code != "PX-0002" {
		t.Errorf("%v, %v", some, err)
	}
}
