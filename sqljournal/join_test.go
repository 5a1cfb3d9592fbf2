package sqljournal_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

func beginJoin(t *testing.T, j *sqljournal.Journal, keys ...string) cutover.Intent {
	t.Helper()
	w := write(ldmigration.Old, keys...)
	w.Join = true
	in, err := j.Begin(t.Context(), w)
	require.NoError(t, err)
	return in
}

func begun(t *testing.T, w *world) *sql.Tx {
	t.Helper()
	tx, err := w.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func TestAnIntentJoinsATransaction(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a, b := w.journal("a"), w.journal("b")
		begin(t, a, ldmigration.Old, "0").End(cutover.IntentEnd{}) // the flag is told
		ran := a.Ran()
		in := beginJoin(t, a, "1")
		assert.Equal(t, ran, a.Ran(), "Begin makes nothing durable")
		require.ErrorIs(t, in.Check(), cutover.ErrNotJoined)
		tx := begun(t, w)
		require.NoError(t, a.JoinIntent(t.Context(), in, tx, order("2")))
		require.NoError(t, in.Check())
		require.NoError(t, tx.Commit())
		eventually(t, func() bool { return len(entries(t, b)) == 2 })
		in.End(cutover.IntentEnd{})
		eventually(t, func() bool { return len(entries(t, b)) == 0 && a.Holds() == 0 })
	})
}

func TestATransactionThatIsRolledBackLeavesAMark(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a, b := w.journal("a"), w.journal("b")
		in := beginJoin(t, a, "1")
		tx := begun(t, w)
		require.NoError(t, a.JoinIntent(t.Context(), in, tx))
		require.NoError(t, tx.Rollback())
		again := begun(t, w) // as a retry does
		require.NoError(t, a.JoinIntent(t.Context(), in, again))
		require.NoError(t, again.Rollback())
		in.End(cutover.IntentEnd{Dirty: cutover.AuthoritativeFailed})
		eventually(t, func() bool { all := entries(t, b); return len(all) == 1 && all[0].State == reconcile.Dirty })
		assert.Equal(t, cutover.AuthoritativeFailed, entries(t, b)[0].Dirty)
	})
}

func TestAnIntentThatWasNotJoinedIsDirty(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a := w.journal("a")
		in := beginJoin(t, a, "1")
		require.ErrorIs(t, in.Check(), cutover.ErrNotJoined)
		in.End(cutover.IntentEnd{})
		eventually(t, func() bool { all := entries(t, a); return len(all) == 1 && all[0].State == reconcile.Dirty })

		// A commit that fails without an error: the caller believes it, the journal does not.
		in = beginJoin(t, a, "2")
		tx := begun(t, w)
		require.NoError(t, a.JoinIntent(t.Context(), in, tx))
		require.NoError(t, tx.Rollback())
		in.End(cutover.IntentEnd{})
		eventually(t, func() bool { all := entries(t, a); return len(all) == 2 && all[1].State == reconcile.Dirty })
	})
}

func TestAJoinFindsTheOtherDirection(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a, b := w.journal("a"), w.journal("b")
		begin(t, b, ldmigration.New, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		eventually(t, func() bool { return b.Holds() == 0 })
		in := beginJoin(t, a, "1")
		tx := begun(t, w)
		require.ErrorIs(t, a.JoinIntent(t.Context(), in, tx), cutover.ErrUnsettled)
		require.NoError(t, tx.Rollback())
		require.ErrorIs(t, in.Check(), cutover.ErrNotJoined)
		in.End(cutover.IntentEnd{Dirty: cutover.AuthoritativeFailed})
		eventually(t, func() bool { return a.Holds() == 0 })

		// Now the flag is known to have two directions, so that Begin settles.
		settled := 0
		again := write(ldmigration.Old, "1")
		again.Join = true
		again.Settle = func(_ context.Context, _ cutover.RecordKey, _ ldmigration.Origin, permit func() error) error {
			settled++
			return permit()
		}
		w.advance(w.config.LateBound)
		durable, err := a.Begin(t.Context(), again)
		require.NoError(t, err)
		assert.Equal(t, 1, settled)
		require.NoError(t, durable.Check())
		durable.End(cutover.IntentEnd{})
		eventually(t, func() bool { return len(entries(t, b)) == 0 })
	})
}

func TestAWriteWithoutAnIntentJoinsNothing(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		require.NoError(t, w.journal("a").JoinTx(t.Context(), nil))
	})
}

func TestWritesOfOneProcessOverlapAcrossAJoin(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a := w.journal("a")
		joined := beginJoin(t, a, "1")
		durable := begin(t, a, ldmigration.Old, "1")
		tx := begun(t, w)
		require.NoError(t, a.JoinIntent(t.Context(), joined, tx))
		require.NoError(t, tx.Commit())
		durable.End(cutover.IntentEnd{})
		joined.End(cutover.IntentEnd{})
		eventually(t, func() bool { all := entries(t, a); return len(all) == 1 && all[0].State == reconcile.Dirty })
		assert.Equal(t, cutover.Overlapped, entries(t, a)[0].Dirty)
	})
}
