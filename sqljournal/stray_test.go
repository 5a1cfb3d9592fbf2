package sqljournal_test

import (
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

// A statement that was given up may still take effect: its rows have an owner that does not know of
// them, or that is no more.
func TestRowsThatNobodyKnowsOfAreLeft(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		j := w.journal("a")
		in := begin(t, j, ldmigration.Old, "known")
		insert := `INSERT INTO {rows} (flag, kind, key, gen, open, origin, opened, dirty)
			SELECT flag, kind, 'stray', 1, open, origin, opened, 0 FROM {rows} WHERE key = 'known'`
		w.exec(insert)
		w.exec(`INSERT INTO {rows} (flag, kind, key, gen, open, origin, opened) VALUES ('flag', 'order', 'dead', 1, ',998w1,', 'old', 1)`)
		w.exec(`INSERT INTO {rows} (flag, kind, key, gen, open, origin, opened, dirty, since)
			VALUES ('flag', 'order', 'dead claim', 1, ',998c1,', 'old', 1, 1, 1)`)
		w.advance(time.Minute)
		eventually(t, func() bool { return len(entries(t, j)) == 3 })
		all := entries(t, j)
		assert.Equal(t, order("dead"), all[0].Record)
		assert.Equal(t, cutover.OwnerLost, all[0].Dirty)
		assert.Equal(t, reconcile.Dirty, all[0].State)
		assert.Equal(t, order("dead claim"), all[1].Record)
		assert.Equal(t, reconcile.Dirty, all[1].State)
		assert.Equal(t, order("known"), all[2].Record)
		assert.Equal(t, reconcile.Open, all[2].State)
		in.End(cutover.IntentEnd{})
	})
}

func TestARowThatATransactionHoldsDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	w := postgres(t) // SQLite has one writer
	a, b := w.journal("a"), w.journal("b", func(c *sqljournal.Config) { c.BeginTimeout = 500 * time.Millisecond })
	begin(t, b, ldmigration.Old, "0").End(cutover.IntentEnd{})
	in := beginJoin(t, a, "held")
	tx := begun(t, w)
	require.NoError(t, a.JoinIntent(t.Context(), in, tx))

	// b waits for the transaction as long as for the database, and then goes on without the journal.
	failed := make(chan error)
	go func() {
		_, err := b.Begin(t.Context(), write(ldmigration.Old, "held"))
		failed <- err
	}()
	for range 20 {
		began := time.Now()
		begin(t, b, ldmigration.Old, "other").End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		assert.Less(t, time.Since(began), 2*time.Second)
	}
	require.ErrorIs(t, <-failed, cutover.ErrJournal)
	require.NoError(t, b.Down(), "a row that is locked is no outage")
	b.Mark(t.Context(), cutover.JournalMark{
		Flag: "flag", Records: []cutover.RecordKey{order("held"), order("free")}, From: ldmigration.Old,
		Dirty: cutover.NotJournaled, Written: true,
	})
	eventually(t, func() bool {
		for _, e := range entries(t, b) {
			if e.Record == order("free") {
				return true
			}
		}
		return false
	})
	require.NoError(t, tx.Commit())
	in.End(cutover.IntentEnd{})
	eventually(t, func() bool {
		for _, e := range entries(t, b) {
			if e.Record == order("held") && e.State == reconcile.Dirty && e.Dirty == cutover.NotJournaled {
				return true
			}
		}
		return false
	})
}
