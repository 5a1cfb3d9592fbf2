package sqljournal_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/gocutover/cutover/sqljournal"
	"github.com/gocutover/cutover/sqljournal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

// dialects are run by every test of a rule.
func dialects(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *world{"PostgreSQL": postgres, "SQLite": sqlite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// world is a database with the tables of a journal.
type world struct {
	tb     testing.TB
	db     *sql.DB
	config sqljournal.Config
	clock  *sqljournal.Clock
	mu     sync.Mutex
	open   []*sqljournal.Journal
}

var schemas atomic.Int64

func postgres(tb testing.TB) *world {
	tb.Helper()
	schema := fmt.Sprintf("test %d", schemas.Add(1))
	return newWorld(tb, "pgx", pgtest.Shared(tb).DSN("postgres"), sqljournal.Config{Dialect: sqljournal.PostgreSQL, Schema: schema})
}

func sqlite(tb testing.TB) *world {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "journal.db")
	return newWorld(tb, "sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)", sqljournal.Config{Dialect: sqljournal.SQLite})
}

func newWorld(tb testing.TB, driver, dsn string, c sqljournal.Config) *world {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxIdleConns(8)
	if c.Dialect == sqljournal.SQLite {
		db.SetMaxOpenConns(1) // who waits for a connection has its turn; who waits for a lock may starve
	}
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	w := &world{tb: tb, db: db, clock: &sqljournal.Clock{}}
	c.Lease, c.LateBound, c.TurnAfter = 15*time.Second, 10*time.Second, time.Minute
	c.BeginTimeout = 5 * time.Second
	c.Logger = slog.New(slog.DiscardHandler)
	w.config = sqljournal.WithClock(c, w.clock)
	require.NoError(tb, sqljournal.Migrate(tb.Context(), db, w.config))
	return w
}

// journal starts a process.
func (w *world) journal(name string, change ...func(c *sqljournal.Config)) *sqljournal.Journal {
	w.tb.Helper()
	c := w.config
	c.Instance = name
	for _, f := range change {
		f(&c)
	}
	j, err := sqljournal.Open(w.tb.Context(), w.db, c)
	require.NoError(w.tb, err)
	w.mu.Lock()
	w.open = append(w.open, j)
	w.mu.Unlock()
	w.tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = j.Close(ctx) // a test may have closed or crashed it
		j.Crash()
	})
	return j
}

// advance moves the clock of the database and of all processes. Those that live keep their leases.
func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	all := slices.Clone(w.open)
	w.mu.Unlock()
	for _, j := range all {
		j.Heartbeat(d)
	}
	w.clock.Advance(d)
	for _, j := range all {
		j.Heartbeat(0)
	}
}

// exec runs a statement. The table of rows is called rows in it.
func (w *world) exec(query string, args ...any) {
	w.tb.Helper()
	table := `"cutover_rows"`
	if w.config.Schema != "" {
		table = `"` + w.config.Schema + `".` + table
	}
	_, err := w.db.ExecContext(w.tb.Context(), strings.ReplaceAll(query, "{rows}", table), args...)
	require.NoError(w.tb, err)
}
