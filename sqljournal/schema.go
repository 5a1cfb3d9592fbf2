package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrSchema matches the error of Open for tables that are missing, or of another version of this
// package.
var ErrSchema = errors.New("tables of the journal")

// versions are the statements that lead to each version of the tables from the one before.
var versions = [][]string{{
	`CREATE TABLE {rows} (
		flag {text} NOT NULL, kind {text} NOT NULL, key {text} NOT NULL,
		gen bigint NOT NULL, open text NOT NULL, origin text NOT NULL, opened bigint NOT NULL,
		settling smallint NOT NULL DEFAULT 0, wants_until bigint NOT NULL DEFAULT 0,
		dirty smallint NOT NULL DEFAULT 0, written smallint NOT NULL DEFAULT 0,
		unclear smallint NOT NULL DEFAULT 0, reason text NOT NULL DEFAULT '',
		since bigint NOT NULL DEFAULT 0, late_until bigint NOT NULL DEFAULT 0, not_before bigint NOT NULL DEFAULT 0,
		attempts integer NOT NULL DEFAULT 0, parked smallint NOT NULL DEFAULT 0, why text NOT NULL DEFAULT '',
		PRIMARY KEY (flag, kind, key)) {rowOptions}`,
	`CREATE INDEX {due} ON {rows} (flag, since) WHERE dirty = 1`,
	`CREATE TABLE {instances} (
		id {serial}, name text NOT NULL, renewed bigint NOT NULL, lease_until bigint NOT NULL)`,
	`CREATE TABLE {uses} (instance bigint NOT NULL, flag {text} NOT NULL, PRIMARY KEY (instance, flag))`,
	`CREATE TABLE {epochs} (
		flag {text} NOT NULL PRIMARY KEY, number bigint NOT NULL, origin text NOT NULL, began bigint NOT NULL,
		old_used bigint NOT NULL DEFAULT 0, new_used bigint NOT NULL DEFAULT 0)`,
	`CREATE TABLE {gaps} (
		id {serial}, flag {text} NOT NULL, instance text NOT NULL, since bigint NOT NULL, until bigint NOT NULL,
		suspected smallint NOT NULL, marked smallint NOT NULL)`,
}}

// Statements returns the statements that make the tables, for those who have their own way to run
// them. Without them, [Migrate] does.
func Statements(c Config) ([]string, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	t := newTranslator(c)
	return append(t.prelude(), t.since(0)...), nil
}

// prelude returns the statements that make the table of versions.
func (t translator) prelude() []string {
	table := t.words(`CREATE TABLE IF NOT EXISTS {version} (version integer NOT NULL PRIMARY KEY)`)
	if t.tables["schema"] == quote("") {
		return []string{table}
	}
	return []string{t.words(`CREATE SCHEMA IF NOT EXISTS {schema}`), table}
}

// since returns the statements that lead from a version to the newest one.
func (t translator) since(version int) []string {
	var all []string
	for i, statements := range versions[version:] {
		for _, s := range statements {
			all = append(all, t.words(s))
		}
		all = append(all, t.words(fmt.Sprintf(`INSERT INTO {version} (version) VALUES (%d)`, version+i+1)))
	}
	return all
}

// Migrate makes the tables, or brings them to the version of this package. Any number of processes
// may call it at the same time. It does nothing if the tables are there.
func Migrate(ctx context.Context, db *sql.DB, c Config) error {
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	s := newStore(db, c)
	return s.transaction(ctx, func(tx querier) error {
		if c.Dialect == PostgreSQL {
			_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, s.tables["version"])
			if err != nil {
				return fmt.Errorf("wait for others that migrate the journal: %w", err)
			}
		}
		if err := executeAll(ctx, tx, s.prelude()); err != nil {
			return err
		}
		version, err := s.version(ctx, tx)
		if err != nil {
			return err
		}
		if version > len(versions) {
			return fmt.Errorf("%w have version %d, and this package knows %d", ErrSchema, version, len(versions))
		}
		return executeAll(ctx, tx, s.since(version))
	})
}

func executeAll(ctx context.Context, tx querier, texts []string) error {
	for _, text := range texts {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make the journal's tables: %.40s…: %w", text, err)
		}
	}
	return nil
}

func (s *store) version(ctx context.Context, q querier) (int, error) {
	var version int
	rows, err := q.QueryContext(ctx, s.words(`SELECT coalesce(max(version), 0) FROM {version}`))
	if err != nil {
		return 0, fmt.Errorf("version of the journal's tables: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		if err := rows.Scan(&version); err != nil {
			return 0, fmt.Errorf("version of the journal's tables: %w", err)
		}
	}
	return version, rows.Err()
}

// checkVersion returns an error unless the tables are those of this package.
func (s *store) checkVersion(ctx context.Context) error {
	version, err := s.version(ctx, s.db)
	switch {
	case err != nil:
		return fmt.Errorf("%w are missing, or cannot be read: call Migrate first: %w", ErrSchema, err)
	case version != len(versions):
		return fmt.Errorf("%w have version %d instead of %d: call Migrate first, or use a newer version of this package",
			ErrSchema, version, len(versions))
	}
	return nil
}
