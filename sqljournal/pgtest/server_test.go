//go:build unix

package pgtest_test

import (
	"database/sql"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gocutover/cutover/sqljournal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

func TestACommitOutlivesEveryWayToEndTheServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Config{Settings: map[string]string{"work_mem": "1MB"}})
	for name, end := range map[string]func(){
		"stop": server.Stop, "stop immediate": server.StopImmediate, "kill": server.Kill,
	} {
		require.NoError(t, server.Start(), name)
		execute(t, server, `CREATE TABLE IF NOT EXISTS kept (name text)`)
		execute(t, server, `INSERT INTO kept VALUES ('`+name+`')`)
		end()
		require.NoError(t, server.Start(), name)
		db := open(t, server)
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(),
			`SELECT count(*) FROM kept WHERE name = $1`, name).Scan(&n))
		require.Equal(t, 1, n, name)
		require.NoError(t, db.Close())
	}
}

func TestClosingTheServerLeavesNothing(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t)
	server, err := pgtest.New(pgtest.Config{})
	require.NoError(t, err)
	require.NoError(t, server.Close())
	_, err = os.Stat(server.DataDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}

func open(t *testing.T, server *pgtest.Server) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", server.DSN("postgres"))
	require.NoError(t, err)
	return db
}

func execute(t *testing.T, server *pgtest.Server, query string) {
	t.Helper()
	db := open(t, server)
	defer func() { require.NoError(t, db.Close()) }()
	_, err := db.ExecContext(t.Context(), query)
	require.NoError(t, err)
}
