package sqljournal_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
	"github.com/gocutover/cutover/sqljournal/pgtest"
)

// outage is a database that a test takes away.
type outage struct {
	*world
	stop, start func()
}

func outages(t *testing.T, test func(t *testing.T, o outage)) {
	t.Helper()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server := pgtest.Start(t, pgtest.Config{})
		w := newWorld(t, "pgx", server.DSN("postgres"), sqljournal.Config{Dialect: sqljournal.PostgreSQL})
		test(t, outage{w, server.StopImmediate, func() { require.NoError(t, server.Start()) }})
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		dsn := "file:" + filepath.Join(t.TempDir(), "journal.db") + "?_pragma=synchronous(OFF)"
		w := newWorld(t, "sqlite", dsn, sqljournal.Config{Dialect: sqljournal.SQLite})
		other, err := sql.Open("sqlite", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, other.Close()) })
		conn, err := other.Conn(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		say := func(text string) func() {
			return func() {
				require.Eventually(t, func() bool { _, err := conn.ExecContext(t.Context(), text); return err == nil },
					10*time.Second, time.Millisecond)
			}
		}
		test(t, outage{w, say("BEGIN EXCLUSIVE"), say("COMMIT")})
	})
}

func (o outage) short(c *sqljournal.Config) {
	c.BeginTimeout, c.Heartbeat = time.Second, 100*time.Millisecond
	c.Logger = slog.New(slog.DiscardHandler)
}

func TestNoWriteWaitsForADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	outages(t, func(t *testing.T, o outage) {
		t.Helper()
		j := o.journal("a", o.short)
		clean := begin(t, j, ldmigration.Old, "clean")
		dirty := begin(t, j, ldmigration.Old, "dirty")
		begin(t, j, ldmigration.Old, "open")
		o.stop()
		clean.End(cutover.IntentEnd{})
		dirty.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		_, err := j.Begin(t.Context(), write(ldmigration.Old, "1"))
		require.ErrorIs(t, err, cutover.ErrJournal)
		j.Mark(t.Context(), cutover.JournalMark{
			Flag: "flag", Records: []cutover.RecordKey{order("1")}, From: ldmigration.Old,
			Dirty: cutover.NotJournaled, Written: true, Late: true,
		})
		began := time.Now()
		for i := range 200 {
			_, err := j.Begin(t.Context(), write(ldmigration.Old, strconv.Itoa(i)))
			require.ErrorIs(t, err, cutover.ErrJournal)
		}
		assert.Less(t, time.Since(began), time.Second, "200 writes while the journal is known to be lost")

		o.start()
		eventually(t, func() bool {
			in, err := j.Begin(t.Context(), write(ldmigration.Old, "2"))
			if err != nil {
				return false
			}
			in.End(cutover.IntentEnd{})
			return true
		})
		eventually(t, func() bool {
			b, err := j.Backlog(t.Context(), "flag")
			return err == nil && b.Open == 1 && b.Dirty == 2
		})
		states := map[string]reconcile.State{}
		for _, e := range entries(t, j) {
			states[e.Record.Key] = e.State
		}
		assert.Equal(t, map[string]reconcile.State{
			"1": reconcile.Dirty, "dirty": reconcile.Dirty, "open": reconcile.Open,
		}, states)
		b, err := j.Backlog(t.Context(), "flag")
		require.NoError(t, err)
		require.Len(t, b.Gaps, 1)
		assert.True(t, b.Gaps[0].Marked)
		assert.False(t, b.Gaps[0].Suspected)
		assert.Equal(t, "a", b.Gaps[0].Instance)
		assert.False(t, b.Gaps[0].Until.Before(b.Gaps[0].Since))
	})
}

func TestNoBegunIntentIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	outages(t, func(t *testing.T, o outage) {
		t.Helper()
		j := o.journal("a", o.short)
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		want := map[string]bool{} // keys that were begun and ended dirty
		var all sync.WaitGroup
		for c := range 8 {
			all.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					key := fmt.Sprintf("%d %d", c, n)
					in, err := j.Begin(ctx, write(ldmigration.Old, key))
					if err != nil {
						_ = contextWait(ctx, time.Millisecond)
						continue
					}
					end := cutover.IntentEnd{}
					if n%5 == 0 {
						end.Dirty = cutover.SecondaryFailed
						mu.Lock()
						want[key] = true
						mu.Unlock()
					}
					in.End(end)
				}
			})
		}
		count := func() int { mu.Lock(); defer mu.Unlock(); return len(want) }
		for range 3 {
			before := count()
			eventually(t, func() bool { return count() > before+20 })
			o.stop()
			eventually(t, func() bool { return j.Down() != nil })
			o.start()
			eventually(t, func() bool { return j.Down() == nil })
		}
		stop()
		all.Wait()
		eventually(t, func() bool { b, err := j.Backlog(t.Context(), ""); return err == nil && b.Open == 0 })
		o.advance(time.Minute)
		eventually(t, func() bool { return j.Holds() == 0 })
		got := map[string]bool{}
		after := reconcile.Entry{}
		for {
			some, err := j.Entries(t.Context(), reconcile.Filter{After: after})
			require.NoError(t, err)
			for _, e := range some {
				got[e.Record.Key] = true
				after = e
			}
			if len(some) == 0 {
				break
			}
		}
		for key := range want {
			assert.True(t, got[key], "key %s was left dirty, and has no row", key)
		}
	})
}

func contextWait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func TestMarksAreBoundedWhileTheDatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	outages(t, func(t *testing.T, o outage) {
		t.Helper()
		const most = 2500
		j := o.journal("a", o.short, func(c *sqljournal.Config) { sqljournal.WithMarks(c, most) })
		begin(t, j, ldmigration.Old, "1").End(cutover.IntentEnd{})
		eventually(t, func() bool { return j.Holds() == 0 })
		o.stop()
		eventually(t, func() bool { return j.Down() != nil })
		mark := cutover.JournalMark{Flag: "flag", From: ldmigration.Old, Dirty: cutover.NotJournaled, Written: true}
		for i := range most + 10 {
			mark.Records = append(mark.Records, order(strconv.Itoa(i)))
		}
		j.Mark(t.Context(), mark)
		assert.LessOrEqual(t, j.Holds(), most)
		o.start()
		eventually(t, func() bool { return j.Holds() == 0 })
		eventually(t, func() bool {
			b, err := j.Backlog(t.Context(), "flag")
			return err == nil && b.Dirty == most && len(b.Gaps) == 1 && !b.Gaps[0].Marked
		})
	})
}
