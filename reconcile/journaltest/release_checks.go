package journaltest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

var releaseChecks = []Check{
	{"a record that was repaired leaves the journal", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		c := w.claim(a, 1)[0]
		assert.True(w.tb, w.release(a, equal(c)))
		assert.Equal(w.tb, reconcile.Backlog{}, w.backlog(a))
		require.ErrorIs(w.tb, a.Held(c), reconcile.ErrClaimLost)
	}},
	{"a record that was written since it was claimed stays dirty, and is due at once", func(w *world) { // H3
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(b, 1)[0]
		w.begin(a, before, "1").End(cutover.IntentEnd{})
		w.eventually("the write is seen", func() bool { e, _ := w.entry(b, order("1")); return e.Dirty == cutover.Overlapped })
		assert.False(w.tb, w.release(b, equal(c)))
		again := w.claim(b, 1)[0]
		assert.Greater(w.tb, again.Generation, c.Generation)
		assert.Zero(w.tb, again.Attempts)
		assert.True(w.tb, w.release(b, equal(again)))
	}},
	{"a repair does not shorten the wait for late writes", func(w *world) { // H4
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(b, 1)[0]
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryLate, Late: true})
		w.eventually("the write is seen", func() bool { e, _ := w.entry(b, order("1")); return e.Dirty == cutover.SecondaryLate })
		assert.False(w.tb, w.release(b, equal(c)))
		assert.Empty(w.tb, w.due(b))
		w.pass(w.LateBound)
		w.claim(b, 1)
	}},
	{"a repair that failed is tried again after a while", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		c := w.claim(a, 1)[0]
		retry := reconcile.Release{Claim: c, Outcome: reconcile.Retry, After: time.Hour, Reason: "system is down"}
		assert.False(w.tb, w.release(a, retry))
		e, _ := w.entry(a, order("1"))
		assert.Equal(w.tb, reconcile.Dirty, e.State)
		assert.Equal(w.tb, 1, e.Attempts)
		assert.Equal(w.tb, "system is down", e.Reason)
		w.Advance(time.Hour / 2)
		assert.Empty(w.tb, w.due(a))
		w.pass(time.Hour / 2)
		assert.Equal(w.tb, 1, w.claim(a, 1)[0].Attempts)
	}},
	{"a repair waits until its own late write has landed", func(w *world) { // H4
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1", "2")
		for i, c := range w.claim(a, 2) {
			outcome := []reconcile.Outcome{reconcile.Retry, reconcile.Park}[i]
			assert.False(w.tb, w.release(a, reconcile.Release{Claim: c, Outcome: outcome, Late: true}))
		}
		_, err := b.Unpark(w.ctx(), w.flag)
		require.NoError(w.tb, err)
		assert.Empty(w.tb, w.due(a))
		waiting := w.starts(b, w.settled("1"))
		w.waits(waiting)
		w.pass(w.LateBound)
		w.admitted(waiting).End(cutover.IntentEnd{})
		assert.Len(w.tb, w.due(a), 1)
	}},
	{"a parked record is not claimed until it is unparked", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1", "2", "3")
		for _, c := range w.claim(a, 3) {
			assert.False(w.tb, w.release(a, reconcile.Release{Claim: c, Outcome: reconcile.Park, Reason: "a conflict"}))
		}
		w.pass(24 * time.Hour)
		assert.Empty(w.tb, w.due(b))
		e, _ := w.entry(b, order("1"))
		assert.Equal(w.tb, reconcile.Parked, e.State)
		assert.Equal(w.tb, "a conflict", e.Reason)
		assert.Equal(w.tb, 1, e.Attempts)
		for _, step := range []struct{ named, unparked []string }{{[]string{"1", "9"}, []string{"1"}}, {nil, []string{"2", "3"}}, {nil, nil}} {
			n, err := b.Unpark(w.ctx(), w.flag, orders(step.named...)...)
			require.NoError(w.tb, err)
			assert.Equal(w.tb, len(step.unparked), n)
			var claimed []string
			for _, c := range w.due(a) {
				assert.Zero(w.tb, c.Attempts)
				claimed = append(claimed, c.Record.Key)
			}
			assert.ElementsMatch(w.tb, step.unparked, claimed)
		}
	}},
	{"a write does not unpark its record", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		w.release(a, reconcile.Release{Claim: w.claim(a, 1)[0], Outcome: reconcile.Park})
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		w.rests(a)
		assert.Empty(w.tb, w.due(a))
		assert.Equal(w.tb, 1, w.backlog(a).Parked)
	}},
	{"a claim is released once", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		first := w.claim(a, 1)[0]
		w.release(a, reconcile.Release{Claim: first, Outcome: reconcile.Retry})
		second := w.claim(b, 1)[0]
		assert.False(w.tb, w.release(a, equal(first)))
		assert.False(w.tb, w.release(a, reconcile.Release{Claim: first, Outcome: reconcile.Park}))
		require.ErrorIs(w.tb, a.Held(first), reconcile.ErrClaimLost)
		require.NoError(w.tb, b.Held(second))
		assert.True(w.tb, w.release(b, equal(second)))
		assert.False(w.tb, w.release(b, equal(second)))
	}},
	{"claims are released together", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1", "2", "3")
		claims := w.claim(a, 3)
		w.mark(a, cutover.JournalMark{Records: []cutover.RecordKey{claims[1].Record}, Dirty: cutover.SeenDifferent})
		gone, err := a.Release(w.ctx(), []reconcile.Release{equal(claims[0]), equal(claims[1]), {Claim: claims[2], Outcome: reconcile.Park}})
		require.NoError(w.tb, err)
		assert.Equal(w.tb, []bool{true, false, false}, gone)
		b := w.backlog(a)
		assert.Equal(w.tb, 1, b.Dirty)
		assert.Equal(w.tb, 1, b.Parked)
	}},
}
