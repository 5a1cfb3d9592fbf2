//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
	"github.com/gocutover/cutover/sqljournal/pgtest"
)

// world is the server, with proxies in front of its databases, and the parent's own way to them.
type world struct {
	dir     string // of this run
	server  *pgtest.Server
	proxies map[string]*proxy // by the name of the database
	direct  map[string]*sql.DB
	kind    *reconcile.Kind[string, string]
}

var databases = []string{"old", "new", "journal"}

func newWorld(dir string) (w *world, err error) {
	w = &world{dir: dir, proxies: map[string]*proxy{}, direct: map[string]*sql.DB{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.server, err = pgtest.New(pgtest.Config{Settings: map[string]string{"max_connections": "300"}}); err != nil {
		return w, err
	}
	admin, err := sql.Open("pgx", w.server.DSN("postgres"))
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	ctx := context.Background()
	for _, name := range databases {
		if _, err = admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
			return w, err
		}
		if w.proxies[name], err = newProxy(filepath.Join(dir, name), filepath.Dir(w.server.DataDir())); err != nil {
			return w, err
		}
		if w.direct[name], err = openPool(w.server.DSN(name)); err != nil {
			return w, err
		}
	}
	_, err1 := w.direct["old"].ExecContext(ctx, makeOld)
	_, err2 := w.direct["new"].ExecContext(ctx, makeNew)
	var err3 error
	w.kind, err3 = reconcile.NewKind(kindName, reconcile.Pair[string, string]{
		Old: newSystem(w.direct["old"], ldmigration.Old, &points{}).records(),
		New: newSystem(w.direct["new"], ldmigration.New, &points{}).records(),
	})
	return w, errors.Join(err1, err2, err3)
}

// dsn is how a child reaches a database: through the proxy.
func (w *world) dsn(database string) string {
	return fmt.Sprintf("host=%s port=5432 user=postgres dbname=%s sslmode=disable connect_timeout=1", w.proxies[database].dir, database)
}

// limited is how a child reaches one of the two systems. The server bounds how long what it was
// sent may take.
func (w *world) limited(database string) string {
	return w.dsn(database) + fmt.Sprintf(" statement_timeout=%d idle_in_transaction_session_timeout=%d",
		statementTimeout.Milliseconds(), idleInTx.Milliseconds())
}

// prepare empties both systems, and makes a journal for a round.
func (w *world) prepare(ctx context.Context, database, schema string) error {
	_, err1 := w.direct["old"].ExecContext(ctx, emptyOld)
	_, err2 := w.direct["new"].ExecContext(ctx, emptyNew)
	return errors.Join(err1, err2, sqljournal.Migrate(ctx, w.direct[database], journalConfig(schema, "")))
}

// contents returns all records of both systems.
func (w *world) contents(ctx context.Context) (old, new map[string]string, err error) {
	old, err1 := all(ctx, w.direct["old"], allOfOld)
	new, err2 := all(ctx, w.direct["new"], allOfNew)
	return old, new, errors.Join(err1, err2)
}

func all(ctx context.Context, db *sql.DB, query string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	records := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		records[key] = value
	}
	return records, rows.Err()
}

// diverged returns the keys whose records differ.
func diverged(old, new map[string]string) []string {
	keys := map[string]bool{}
	for key, value := range old {
		if other, found := new[key]; !found || other != value {
			keys[key] = true
		}
	}
	for key := range new {
		if _, found := old[key]; !found {
			keys[key] = true
		}
	}
	return sortedKeys(maps.Keys(keys))
}

func (w *world) close() error {
	var errs []error
	for _, p := range w.proxies {
		if p != nil {
			p.close()
			errs = append(errs, os.RemoveAll(p.dir))
		}
	}
	for _, db := range w.direct {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if w.server != nil {
		errs = append(errs, w.server.Close())
	}
	return errors.Join(errs...)
}
