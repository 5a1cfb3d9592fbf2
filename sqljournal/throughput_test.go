package sqljournal_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/sqljournal"
	"github.com/gocutover/cutover/sqljournal/pgtest"
)

const (
	benchCallers = 16
	benchRounds  = 20
	benchRound   = 300 * time.Millisecond
)

// bench is two databases on one server that makes commits durable, and a journal in the first.
type bench struct {
	old, new *sql.DB
	journal  *sqljournal.Journal
	keys     atomic.Int64
}

// BenchmarkWrites compares two upserts into two databases without and with a journal. The rounds
// take turns, so that all see the same machine. Each writer of the hot keys has four of its own.
func BenchmarkWrites(b *testing.B) {
	server := pgtest.Start(b, pgtest.Config{Fsync: true, Settings: map[string]string{"shared_buffers": "128MB"}})
	w := newBench(b, server)
	modes := []struct {
		name, base string
		write      func(ctx context.Context, caller, n int) error
	}{
		{"distinct keys, no journal", "", w.plain(w.fresh)},
		{"distinct keys, journal", "distinct keys, no journal", w.journaled(w.fresh)},
		{"transaction, no journal", "", w.inTx(w.fresh, false)},
		{"transaction, joined", "transaction, no journal", w.inTx(w.fresh, true)},
		{"hot keys, no journal", "", w.plain(w.hot)},
		{"hot keys, journal", "hot keys, no journal", w.journaled(w.hot)},
	}
	sums := map[string]float64{}
	for b.Loop() {
		for round := range benchRounds {
			for _, m := range modes {
				if rate := w.run(b, m.write); round > 0 { // the first one warms up
					sums[m.name] += rate
				}
			}
		}
	}
	for _, m := range modes {
		if m.base == "" {
			b.Logf("%-28s %6.0f writes/s", m.name, sums[m.name]/(benchRounds-1))
		} else {
			b.Logf("%-28s %6.0f writes/s, ratio %.2f", m.name, sums[m.name]/(benchRounds-1), sums[m.name]/sums[m.base])
		}
	}
}

func newBench(b *testing.B, server *pgtest.Server) *bench {
	b.Helper()
	admin, err := sql.Open("pgx", server.DSN("postgres"))
	require.NoError(b, err)
	defer func() { require.NoError(b, admin.Close()) }()
	w := &bench{}
	for name, db := range map[string]**sql.DB{"old": &w.old, "new": &w.new} {
		_, err = admin.Exec("CREATE DATABASE " + name)
		require.NoError(b, err)
		*db, err = sql.Open("pgx", server.DSN(name))
		require.NoError(b, err)
		(*db).SetMaxIdleConns(benchCallers + 4)
		_, err = (*db).Exec("CREATE TABLE things (key text PRIMARY KEY, value text NOT NULL)")
		require.NoError(b, err)
		b.Cleanup(func() { assert.NoError(b, (*db).Close()) })
	}
	c := sqljournal.Config{Dialect: sqljournal.PostgreSQL, Logger: slog.New(slog.DiscardHandler)}
	require.NoError(b, sqljournal.Migrate(b.Context(), w.old, c))
	w.journal, err = sqljournal.Open(b.Context(), w.old, c)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, w.journal.Close(context.Background())) })
	return w
}

func (w *bench) fresh(int, int) string { return fmt.Sprintf("key %d", w.keys.Add(1)) }

func (w *bench) hot(caller, n int) string { return fmt.Sprintf("hot %d", caller*4+n%4) }

func (w *bench) run(b *testing.B, write func(ctx context.Context, caller, n int) error) float64 {
	b.Helper()
	var callers sync.WaitGroup
	var count atomic.Int64
	began := time.Now()
	for c := range benchCallers {
		callers.Go(func() {
			for n := 0; time.Since(began) < benchRound; n++ {
				if err := write(b.Context(), c, n); err != nil {
					b.Error(err)
					return
				}
				count.Add(1)
			}
		})
	}
	callers.Wait()
	return float64(count.Load()) / time.Since(began).Seconds()
}

const upsert = "INSERT INTO things (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

func (w *bench) plain(key func(caller, n int) string) func(ctx context.Context, caller, n int) error {
	return func(ctx context.Context, caller, n int) error {
		k := key(caller, n)
		if _, err := w.old.ExecContext(ctx, upsert, k, "value"); err != nil {
			return err
		}
		_, err := w.new.ExecContext(ctx, upsert, k, "value")
		return err
	}
}

func (w *bench) journaled(key func(caller, n int) string) func(ctx context.Context, caller, n int) error {
	return func(ctx context.Context, caller, n int) error {
		k := key(caller, n)
		in, err := w.journal.Begin(ctx, cutover.JournalWrite{
			Flag: "flag", Records: []cutover.RecordKey{{Kind: "thing", Key: k}}, From: ldmigration.Old,
		})
		if err != nil {
			return err
		}
		end := cutover.IntentEnd{Dirty: cutover.AuthoritativeFailed}
		defer func() { in.End(end) }()
		if _, err := w.old.ExecContext(ctx, upsert, k, "value"); err != nil {
			return err
		}
		if err := in.Check(); err != nil {
			return err
		}
		if _, err = w.new.ExecContext(ctx, upsert, k, "value"); err != nil {
			return err
		}
		end = cutover.IntentEnd{}
		return nil
	}
}

func (w *bench) inTx(key func(caller, n int) string, journal bool) func(ctx context.Context, caller, n int) error {
	return func(ctx context.Context, caller, n int) error {
		k := key(caller, n)
		var in cutover.Intent
		end := cutover.IntentEnd{Dirty: cutover.AuthoritativeFailed}
		if journal {
			var err error
			in, err = w.journal.Begin(ctx, cutover.JournalWrite{
				Flag: "flag", Records: []cutover.RecordKey{{Kind: "thing", Key: k}}, From: ldmigration.Old, Join: true,
			})
			if err != nil {
				return err
			}
			defer func() { in.End(end) }()
		}
		tx, err := w.old.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // it may be committed
		if journal {
			if err := w.journal.JoinIntent(ctx, in, tx); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, upsert, k, "value"); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		if journal {
			if err := in.Check(); err != nil {
				return err
			}
		}
		if _, err = w.new.ExecContext(ctx, upsert, k, "value"); err != nil {
			return err
		}
		end = cutover.IntentEnd{}
		return nil
	}
}
