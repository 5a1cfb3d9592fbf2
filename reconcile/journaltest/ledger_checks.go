package journaltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

var ledgerChecks = []Check{
	{"an empty journal has no backlog", func(w *world) {
		a := w.open("a")
		b := w.backlog(a)
		assert.Equal(w.tb, reconcile.Backlog{}, b)
		assert.True(w.tb, b.Equal())
		assert.Empty(w.tb, w.entries(a, reconcile.Filter{}))
		n, err := a.Unpark(w.ctx(), w.flag)
		require.NoError(w.tb, err)
		assert.Zero(w.tb, n)
	}},
	{"the backlog counts records and tells their age", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1", "2")
		for _, c := range w.claim(a, 2) {
			outcome := reconcile.Retry
			if c.Record.Key == "2" {
				outcome = reconcile.Park
			}
			w.release(a, reconcile.Release{Claim: c, Outcome: outcome})
		}
		w.Advance(20 * time.Second)
		w.stain(a, before, "3")
		in := w.begin(a, before, "4")
		w.Advance(10 * time.Second)
		w.begin(a, before, "5")
		b := w.backlog(a)
		assert.Equal(w.tb, 2, b.Dirty)
		assert.Equal(w.tb, 1, b.Parked)
		assert.Equal(w.tb, 2, b.Open)
		about(w, 30*time.Second, b.OldestDirty)
		about(w, 10*time.Second, b.OldestOpen)
		assert.False(w.tb, b.Empty())
		in.End(cutover.IntentEnd{})
		claimed := w.due(a)
		require.Len(w.tb, claimed, 2)
		w.gone(a, "4")
		b = w.backlog(a)
		assert.Equal(w.tb, 2, b.Dirty, "what is repaired may differ")
		assert.Equal(w.tb, 3, b.Open, "what is repaired is open")
	}},
	{"the backlog of all flags is their sum", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		write := w.write(after, "1", "2")
		write.Flag = "another flag"
		w.begins(a, write)
		all, err := a.Backlog(w.ctx(), "")
		require.NoError(w.tb, err)
		assert.Equal(w.tb, 1, all.Dirty)
		assert.Equal(w.tb, 2, all.Open)
		assert.Equal(w.tb, 0, w.backlog(a).Open)
		assert.Len(w.tb, w.entries(a, reconcile.Filter{}), 3)
		assert.Len(w.tb, w.entries(a, reconcile.Filter{Flag: "another flag"}), 2)
	}},
	{"entries are filtered by their state", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "dirty", "parked")
		for _, c := range w.claim(a, 2) {
			if c.Record.Key == "parked" {
				w.release(a, reconcile.Release{Claim: c, Outcome: reconcile.Park})
			} else {
				w.release(a, reconcile.Release{Claim: c, Outcome: reconcile.Retry})
			}
		}
		w.begin(a, after, "open")
		for _, state := range []reconcile.State{reconcile.Dirty, reconcile.Parked, reconcile.Open} {
			entries := w.entries(a, reconcile.Filter{Flag: w.flag, State: state})
			require.Len(w.tb, entries, 1, state)
			assert.Equal(w.tb, state.String(), entries[0].Record.Key)
			assert.Equal(w.tb, state, entries[0].State)
		}
	}},
	{"entries come in pages, in order", func(w *world) {
		const rows = 2500
		a := w.open("a")
		records := make([]cutover.RecordKey, 0, rows)
		for i := range rows {
			records = append(records, cutover.RecordKey{Kind: []string{"customer", "item", "order"}[i%3], Key: fmt.Sprintf("%05d", i)})
		}
		for some := range slices.Chunk(records, 500) {
			a.Mark(w.ctx(), cutover.JournalMark{Flag: w.flag, Records: some, From: before, Dirty: cutover.SeenDifferent})
		}
		w.eventually("all are dirty", func() bool { return w.backlog(a).Dirty == rows })
		slices.SortFunc(records, func(x, y cutover.RecordKey) int {
			if x.Kind != y.Kind {
				return compare(x.Kind, y.Kind)
			}
			return compare(x.Key, y.Key)
		})
		for _, limit := range []int{0, 700} {
			var listed []cutover.RecordKey
			filter := reconcile.Filter{Flag: w.flag, Limit: limit}
			for {
				page := w.entries(a, filter)
				if len(page) == 0 {
					break
				}
				for _, e := range page {
					listed = append(listed, e.Record)
				}
				filter.After = page[len(page)-1]
				if limit == 0 {
					limit = 1000
				}
				require.LessOrEqual(w.tb, len(page), limit)
			}
			require.Equal(w.tb, records, listed)
		}
	}},
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// about expects an age, and allows for the time that the test takes.
func about(w *world, expected, age time.Duration) {
	w.tb.Helper()
	assert.GreaterOrEqual(w.tb, age, expected-time.Second)
	assert.Less(w.tb, age, expected+2*w.Patience)
}

var restartChecks = []Check{
	{"a journal that is opened again sees all rows", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, after, "1")
		w.stain(b, after, "2")
		w.release(b, reconcile.Release{Claim: w.claim(b, 2)[1], Outcome: reconcile.Park, Reason: "a conflict"})
		require.NoError(w.tb, a.Close(w.ctx()))
		w.Crash(b)
		c := w.open("a")
		entries := w.entries(c, reconcile.Filter{Flag: w.flag})
		require.Len(w.tb, entries, 2)
		for _, e := range entries {
			assert.Equal(w.tb, cutover.SecondaryFailed, e.Dirty)
			assert.Equal(w.tb, after, e.From)
		}
		assert.Equal(w.tb, 1, w.backlog(c).Parked)
		assert.Equal(w.tb, cutover.Epoch{Number: 1, From: after}, w.epoch(c))
		w.pass(w.Lease)
		w.rests(c)
		w.pass(w.LateBound)
		assert.True(w.tb, w.release(c, equal(w.claim(c, 1)[0])))
	}},
	{"marks and ends are durable when a journal is closed", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		w.quick(a, before, "2")
		in.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		a.Mark(w.ctx(), cutover.JournalMark{Flag: w.flag, Records: orders("3"), From: before, Dirty: cutover.SeenDifferent})
		require.NoError(w.tb, a.Close(w.ctx()))
		backlog := w.backlog(b)
		assert.Equal(w.tb, 2, backlog.Dirty)
		assert.Zero(w.tb, backlog.Open)
		w.claim(b, 2)
	}},
	{"a closed journal is not used any more", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(a, 1)[0]
		in := w.begin(a, before, "2")
		require.NoError(w.tb, a.Close(w.ctx()))
		_, err := a.Begin(w.ctx(), w.write(before, "3"))
		require.ErrorIs(w.tb, err, cutover.ErrJournal)
		require.ErrorIs(w.tb, err, reconcile.ErrClosed)
		_, err = a.Claim(w.ctx(), reconcile.ClaimRequest{Flag: w.flag, Kinds: []string{"order"}, Limit: 1})
		require.ErrorIs(w.tb, err, reconcile.ErrClosed)
		require.Error(w.tb, in.Check())
		require.ErrorIs(w.tb, a.Held(c), reconcile.ErrClaimLost)
		w.rests(b)
		w.dirty(b, "1", cutover.SecondaryFailed)
		e, found := w.entry(b, order("2"))
		require.True(w.tb, found, "what was being written may differ")
		assert.NotEmpty(w.tb, e.Dirty)
		in.End(cutover.IntentEnd{})
	}},
}
