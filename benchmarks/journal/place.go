package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	_ "modernc.org/sqlite"             // the driver

	"github.com/gocutover/cutover/sqljournal"
	"github.com/gocutover/cutover/sqljournal/pgtest"
)

// place is where it is measured: two databases and one for the journal.
type place struct {
	name        string
	old, new    *sql.DB
	journal     *sql.DB
	dialect     sqljournal.Dialect
	upsert, get string
	commits     func(ctx context.Context) (int64, error) // of all three, or nil if not known
}

func (p *place) close() error { return errors.Join(p.old.Close(), p.new.Close(), p.journal.Close()) }

const schema = `CREATE TABLE orders (id BIGINT PRIMARY KEY, body TEXT NOT NULL)`

func openPostgres(ctx context.Context, server *pgtest.Server) (*place, error) {
	p := &place{
		name: "PostgreSQL", dialect: sqljournal.PostgreSQL,
		upsert: `INSERT INTO orders VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body`,
		get:    `SELECT body FROM orders WHERE id = $1`,
	}
	admin, err := sql.Open("pgx", server.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = admin.Close() }()
	for name, db := range map[string]**sql.DB{"old": &p.old, "new": &p.new, "journal": &p.journal} {
		if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
			return nil, err
		}
		if *db, err = sql.Open("pgx", server.DSN(name)); err != nil {
			return nil, err
		}
		(*db).SetMaxOpenConns(20)
		(*db).SetMaxIdleConns(20)
	}
	p.commits = func(ctx context.Context) (n int64, err error) {
		err = p.old.QueryRowContext(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`).Scan(&n)
		return n, err // every transaction that writes has a number of its own
	}
	return p, p.prepare(ctx)
}

func openSQLite(ctx context.Context, dir string) (*place, error) {
	p := &place{
		name: "SQLite", dialect: sqljournal.SQLite,
		upsert: `INSERT INTO orders VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body`,
		get:    `SELECT body FROM orders WHERE id = $1`,
	}
	var err error
	for name, db := range map[string]**sql.DB{"old": &p.old, "new": &p.new, "journal": &p.journal} {
		dsn := "file:" + filepath.Join(dir, name) +
			"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"
		if *db, err = sql.Open("sqlite", dsn); err != nil {
			return nil, err
		}
		(*db).SetMaxOpenConns(4)
	}
	return p, p.prepare(ctx)
}

func (p *place) prepare(ctx context.Context) error {
	for _, db := range []*sql.DB{p.old, p.new} {
		if _, err := db.ExecContext(ctx, schema); err != nil {
			return err
		}
	}
	for _, db := range []*sql.DB{p.journal, p.old} { // in the old one to be joined
		if err := sqljournal.Migrate(ctx, db, sqljournal.Config{Dialect: p.dialect}); err != nil {
			return fmt.Errorf("preparing the journal: %w", err)
		}
	}
	return nil
}
