package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go
)

const maxReaders = 16

// database is one SQLite file. SQLite has one writer at a time, so writes queue for one connection
// here rather than meet a busy database there; reads have their own connections and wait for
// nobody.
type database struct {
	reads, writes *sql.DB
}

func openDatabase(ctx context.Context, path, schema string) (*database, error) {
	writes, err := openPool(path, 1)
	if err != nil {
		return nil, err
	}
	if _, err := writes.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("creating the tables of %s: %w", path, err), writes.Close())
	}
	reads, err := openPool(path, maxReaders)
	if err != nil {
		return nil, errors.Join(err, writes.Close())
	}
	return &database{reads: reads, writes: writes}, nil
}

// openPool opens a file with so many connections at most. No commit is lost if the process crashes.
// The last ones may be if the power fails: a service would have synchronous(FULL), also for its
// journal, and wait for the disk.
func openPool(path string, connections int) (*sql.DB, error) {
	settings := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)", "busy_timeout(10000)"},
	}
	pool, err := sql.Open("sqlite", "file:"+path+"?"+settings.Encode())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	// Connections are expensive to open, and the pool would close all but two of them whenever they
	// are idle.
	pool.SetMaxIdleConns(connections)
	pool.SetMaxOpenConns(connections)
	return pool, nil
}

// Transaction runs do in a transaction of its own and commits if do returned nil.
func (d *database) Transaction(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := d.writes.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Close closes both pools.
func (d *database) Close() error {
	return errors.Join(d.reads.Close(), d.writes.Close())
}
