// Package store keeps parcels and their history in SQLite.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite" // also registers the "sqlite" driver
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such parcel")
	ErrExists   = errors.New("parcel exists already")
	ErrInvalid  = errors.New("invalid")
)

// Parcel is one parcel; History is filled by Get alone.
type Parcel struct {
	Code      string  `json:"code"`
	Recipient string  `json:"recipient"`
	Depot     string  `json:"depot"`
	Grams     int     `json:"grams"`
	Status    string  `json:"status"`
	CreatedAt string  `json:"created_at"`
	History   []Event `json:"history,omitempty"`
}

// Event is one thing that happened to a parcel.
type Event struct {
	Status string `json:"status"`
	Depot  string `json:"depot"`
	At     string `json:"at"`
}

// Store is a database that is up to date with its migrations.
type Store struct {
	db  *sql.DB
	now func() time.Time
}

// Open opens or creates the database and applies the migrations of a directory.
func Open(ctx context.Context, path, migrations string, now func() time.Time) (*Store, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, now: now}
	if err := s.migrate(ctx, migrations); err != nil {
		db.Close()
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.db.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

// Version is the number of migrations that were applied.
func (s *Store) Version(ctx context.Context) (int, error) {
	var v int
	err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v)
	return v, err
}

// migrate applies the files that the database has not seen, each in a transaction.
func (s *Store) migrate(ctx context.Context, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("migrations: no .sql files in %s", dir)
	}
	slices.Sort(files)
	done, err := s.Version(ctx)
	if err != nil {
		return err
	}
	for i := done; i < len(files); i++ {
		if err := s.apply(ctx, files[i], i+1); err != nil {
			return fmt.Errorf("migration %s: %w", filepath.Base(files[i]), err)
		}
	}
	return nil
}

func (s *Store) apply(ctx context.Context, file string, version int) error {
	script, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to undo
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return err
	}
	return tx.Commit()
}

const latest = `(SELECT status FROM events e WHERE e.parcel = p.id ORDER BY e.id DESC LIMIT 1)`

// List returns parcels in order of their code, those of one depot if it is named.
func (s *Store) List(ctx context.Context, depot string) ([]Parcel, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT code, recipient, depot, grams, `+latest+`, created_at
		FROM parcels p WHERE ? = '' OR depot = ? ORDER BY code`, depot, depot)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	parcels := []Parcel{}
	for rows.Next() {
		var p Parcel
		if err := rows.Scan(&p.Code, &p.Recipient, &p.Depot, &p.Grams, &p.Status, &p.CreatedAt); err != nil {
			return nil, err
		}
		parcels = append(parcels, p)
	}
	return parcels, rows.Err()
}

// Get returns one parcel with its history.
func (s *Store) Get(ctx context.Context, code string) (Parcel, error) {
	var p Parcel
	var id int64
	err := s.db.QueryRowContext(ctx, `SELECT id, code, recipient, depot, grams, `+latest+`, created_at
		FROM parcels p WHERE code = ?`, code).Scan(&id, &p.Code, &p.Recipient, &p.Depot, &p.Grams, &p.Status, &p.CreatedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNotFound
	}
	if err != nil {
		return p, err
	}
	rows, err := s.db.QueryContext(ctx, `SELECT status, depot, at FROM events WHERE parcel = ? ORDER BY id`, id)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		if err := rows.Scan(&e.Status, &e.Depot, &e.At); err != nil {
			return p, err
		}
		p.History = append(p.History, e)
	}
	return p, rows.Err()
}

// Add registers a parcel.
func (s *Store) Add(ctx context.Context, p Parcel) error {
	if p.Code = strings.TrimSpace(p.Code); p.Code == "" || p.Recipient == "" || p.Depot == "" {
		return fmt.Errorf("%w: code, recipient and depot are needed", ErrInvalid)
	}
	at := s.now().UTC().Format(time.RFC3339)
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to undo
	res, err := tx.ExecContext(ctx, `INSERT INTO parcels (code, recipient, depot, grams, created_at) VALUES (?, ?, ?, ?, ?)`,
		p.Code, p.Recipient, p.Depot, p.Grams, at)
	if err != nil {
		return classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO events (parcel, status, depot, at) VALUES (?, 'registered', ?, ?)`, id, p.Depot, at); err != nil {
		return classify(err)
	}
	return tx.Commit()
}

// Record adds an event to a parcel's history.
func (s *Store) Record(ctx context.Context, code string, e Event) error {
	res, err := s.db.ExecContext(ctx, `INSERT INTO events (parcel, status, depot, at)
		SELECT id, ?, ?, ? FROM parcels WHERE code = ?`, e.Status, e.Depot, s.now().UTC().Format(time.RFC3339), code)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// classify tells a caller's mistake from a broken database.
func classify(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return ErrExists
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		return fmt.Errorf("%w: %s", ErrInvalid, e.Error())
	}
	return err
}
