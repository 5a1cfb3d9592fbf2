package sqljournal_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/sqljournal"
	"github.com/gocutover/cutover/sqljournal/pgtest"
)

// fresh is a database without tables.
func fresh(t *testing.T, test func(t *testing.T, db *sql.DB, c sqljournal.Config)) {
	t.Helper()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("pgx", pgtest.Shared(t).DSN("postgres"))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		test(t, db, sqljournal.Config{Dialect: sqljournal.PostgreSQL, Schema: fmt.Sprintf("fresh %d", schemas.Add(1))})
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "journal.db"))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		test(t, db, sqljournal.Config{Dialect: sqljournal.SQLite})
	})
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	fresh(t, func(t *testing.T, db *sql.DB, c sqljournal.Config) {
		t.Helper()
		_, err := sqljournal.Open(t.Context(), db, c)
		require.ErrorIs(t, err, sqljournal.ErrSchema)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { assert.NoError(t, sqljournal.Migrate(t.Context(), db, c)) })
		}
		all.Wait()
		j, err := sqljournal.Open(t.Context(), db, c)
		require.NoError(t, err)
		require.NoError(t, j.Close(t.Context()))
	})
}

func TestTheStatementsMakeTheSameTables(t *testing.T) {
	t.Parallel()
	fresh(t, func(t *testing.T, db *sql.DB, c sqljournal.Config) {
		t.Helper()
		statements, err := sqljournal.Statements(c)
		require.NoError(t, err)
		for _, s := range statements {
			_, err := db.ExecContext(t.Context(), s)
			require.NoError(t, err, s)
		}
		require.NoError(t, sqljournal.Migrate(t.Context(), db, c))
		j, err := sqljournal.Open(t.Context(), db, c)
		require.NoError(t, err)
		require.NoError(t, j.Close(t.Context()))
	})
}

func TestTablesOfANewerVersionAreRefused(t *testing.T) {
	t.Parallel()
	fresh(t, func(t *testing.T, db *sql.DB, c sqljournal.Config) {
		t.Helper()
		require.NoError(t, sqljournal.Migrate(t.Context(), db, c))
		table := `"cutover_version"`
		if c.Schema != "" {
			table = `"` + c.Schema + `".` + table
		}
		_, err := db.ExecContext(t.Context(), "INSERT INTO "+table+" (version) VALUES (99)")
		require.NoError(t, err)
		_, err = sqljournal.Open(t.Context(), db, c)
		require.ErrorIs(t, err, sqljournal.ErrSchema)
		require.ErrorContains(t, err, "version 99")
		require.ErrorIs(t, sqljournal.Migrate(t.Context(), db, c), sqljournal.ErrSchema)
	})
}

func TestABadConfigIsAnError(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]sqljournal.Config{
		"unknown dialect 0":     {},
		"SQLite has no schemas": {Dialect: sqljournal.SQLite, Schema: "s"},
		"Lease is negative":     {Dialect: sqljournal.SQLite, Lease: -1},
		"the heartbeat of 20s":  {Dialect: sqljournal.SQLite, Heartbeat: 20 * time.Second},
		"TurnAfter is 1s":       {Dialect: sqljournal.SQLite, TurnAfter: time.Second},
	} {
		_, err := sqljournal.Statements(c)
		require.ErrorContains(t, err, want)
		_, err = sqljournal.Open(t.Context(), nil, c)
		require.ErrorContains(t, err, want)
	}
}
