package sqljournal_test

import (
	"context"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

func order(key string) cutover.RecordKey { return cutover.RecordKey{Kind: "order", Key: key} }

func write(from ldmigration.Origin, keys ...string) cutover.JournalWrite {
	w := cutover.JournalWrite{Flag: "flag", From: from}
	for _, k := range keys {
		w.Records = append(w.Records, order(k))
	}
	return w
}

func begin(tb testing.TB, j *sqljournal.Journal, from ldmigration.Origin, keys ...string) cutover.Intent {
	tb.Helper()
	in, err := j.Begin(tb.Context(), write(from, keys...))
	require.NoError(tb, err)
	require.NoError(tb, in.Check())
	return in
}

func entries(tb testing.TB, j *sqljournal.Journal) []reconcile.Entry {
	tb.Helper()
	all, err := j.Entries(tb.Context(), reconcile.Filter{Flag: "flag"})
	require.NoError(tb, err)
	return all
}

func eventually(tb testing.TB, holds func() bool) {
	tb.Helper()
	require.Eventually(tb, holds, 30*time.Second, 2*time.Millisecond)
}

func TestACleanWriteLeavesNoRow(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a, b := w.journal("a"), w.journal("b")
		in := begin(t, a, ldmigration.Old, "1", "2")
		assert.Equal(t, cutover.Epoch{Number: 1, From: ldmigration.Old}, in.Epoch())
		require.Len(t, entries(t, b), 2)
		assert.Equal(t, reconcile.Open, entries(t, b)[0].State)
		in.End(cutover.IntentEnd{})
		eventually(t, func() bool { return len(entries(t, b)) == 0 })
		eventually(t, func() bool { return a.Holds() == 0 })
	})
}

func TestTwoProcessesOverlap(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a, b := w.journal("a"), w.journal("b")
		in := begin(t, a, ldmigration.Old, "1")
		also := begin(t, b, ldmigration.Old, "1")
		in.End(cutover.IntentEnd{})
		also.End(cutover.IntentEnd{})
		eventually(t, func() bool { return entries(t, b)[0].State == reconcile.Dirty })
		assert.Equal(t, cutover.Overlapped, entries(t, b)[0].Dirty)
		c, err := b.Claim(t.Context(), reconcile.ClaimRequest{Flag: "flag", Kinds: []string{"order"}, Limit: 5})
		require.NoError(t, err)
		require.Len(t, c, 1)
		require.NoError(t, b.Held(c[0]))
		gone, err := b.Release(t.Context(), []reconcile.Release{{Claim: c[0], Outcome: reconcile.Equal}})
		require.NoError(t, err)
		assert.Equal(t, []bool{true}, gone)
		assert.Empty(t, entries(t, a))
	})
}

func TestTheOtherDirectionSettlesFirst(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		a, b := w.journal("a"), w.journal("b")
		begin(t, a, ldmigration.Old, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		eventually(t, func() bool { return entries(t, b)[0].State == reconcile.Dirty })
		settled := 0
		w2 := write(ldmigration.New, "1")
		w2.Settle = func(_ context.Context, record cutover.RecordKey, from ldmigration.Origin, permit func() error) error {
			settled++
			assert.Equal(t, ldmigration.Old, from)
			assert.Equal(t, order("1"), record)
			return permit()
		}
		in, err := b.Begin(t.Context(), w2)
		require.NoError(t, err)
		assert.Equal(t, 1, settled)
		in.End(cutover.IntentEnd{})
		eventually(t, func() bool { return len(entries(t, b)) == 0 })
	})
}
