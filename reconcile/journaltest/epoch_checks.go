package journaltest

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// epoch returns the epoch of the flag.
func (w *world) epoch(j reconcile.Journal) cutover.Epoch {
	w.tb.Helper()
	e, err := j.Epoch(w.ctx(), w.flag)
	require.NoError(w.tb, err, "epoch")
	return e
}

// quick is a write that is over.
func (w *world) quick(j reconcile.Journal, from origin, key string) {
	w.tb.Helper()
	w.begin(j, from, key).End(cutover.IntentEnd{})
}

var epochChecks = []Check{
	{"the first write makes the first epoch", func(w *world) {
		a, b := w.open("a"), w.open("b")
		assert.Zero(w.tb, w.epoch(a).Number)
		first := cutover.Epoch{Number: 1, From: after}
		in := w.begin(a, after, "1")
		assert.Equal(w.tb, first, in.Epoch())
		w.eventually("others see the epoch", func() bool { return w.epoch(b) == first })
		opposite := w.begin(b, before, "2")
		assert.Equal(w.tb, first, opposite.Epoch())
		in.End(cutover.IntentEnd{})
		opposite.End(cutover.IntentEnd{})
		w.rests(a)
		assert.Equal(w.tb, first, w.epoch(a))
	}},
	{"a direction turns when nothing is open or dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		refused := func(why string) {
			w.tb.Helper()
			_, err := b.Turn(w.ctx(), w.flag, 1, after)
			require.ErrorIs(w.tb, err, reconcile.ErrNotTurned, why)
			assert.Equal(w.tb, cutover.Epoch{Number: 1, From: before}, w.epoch(b))
		}
		refused("it is open")
		in.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		w.dirty(b, "1", cutover.SecondaryFailed)
		refused("it is dirty")
		c := w.claim(b, 1)[0]
		refused("it is claimed")
		w.release(b, reconcile.Release{Claim: c, Outcome: reconcile.Park})
		refused("it is parked")
		_, err := b.Unpark(w.ctx(), w.flag)
		require.NoError(w.tb, err)
		assert.True(w.tb, w.release(b, equal(w.claim(b, 1)[0])))
		second := cutover.Epoch{Number: 2, From: after}
		turned, err := b.Turn(w.ctx(), w.flag, 1, after)
		require.NoError(w.tb, err)
		assert.Equal(w.tb, second, turned)
		assert.Equal(w.tb, second, w.epoch(b))
		w.eventually("writes of others see the epoch", func() bool {
			in := w.begin(a, after, "1")
			defer in.End(cutover.IntentEnd{})
			return in.Epoch() == second
		})
	}},
	{"a direction turns only from the expected epoch", func(w *world) {
		a := w.open("a")
		w.quick(a, before, "1")
		w.gone(a, "1")
		for _, expected := range []int64{0, 2} {
			_, err := a.Turn(w.ctx(), w.flag, expected, after)
			require.ErrorIs(w.tb, err, reconcile.ErrNotTurned)
		}
		assert.Equal(w.tb, cutover.Epoch{Number: 1, From: before}, w.epoch(a))
	}},
	{"a turn to the direction that holds changes nothing", func(w *world) {
		a := w.open("a")
		in := w.begin(a, before, "1")
		same, err := a.Turn(w.ctx(), w.flag, 1, before)
		require.NoError(w.tb, err)
		assert.Equal(w.tb, cutover.Epoch{Number: 1, From: before}, same)
		in.End(cutover.IntentEnd{})
	}},
	{"a direction turns by itself when all writes have the other one", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "dirty")
		w.quick(a, before, "1")
		second := cutover.Epoch{Number: 2, From: after}
		w.eventually("the direction turns", func() bool {
			w.quick(b, after, "2")
			w.Advance(w.TurnAfter / 4)
			return w.epoch(b) == second
		})
		e, found := w.entry(b, order("dirty"))
		require.True(w.tb, found)
		assert.Equal(w.tb, before, e.From, "a record keeps its direction")
	}},
	{"a direction does not turn by itself while it is used, or when nothing is written", func(w *world) {
		a, b := w.open("a"), w.open("b")
		first := cutover.Epoch{Number: 1, From: before}
		for range 10 {
			w.quick(a, before, "1")
			w.quick(b, after, "2")
			w.Advance(w.TurnAfter / 5)
			assert.Equal(w.tb, first, w.epoch(a))
		}
		another := "another flag"
		write := w.write(before, "1")
		write.Flag = another
		w.begins(a, write).End(cutover.IntentEnd{})
		for range 3 {
			w.pass(w.TurnAfter)
			e, err := b.Epoch(w.ctx(), another)
			require.NoError(w.tb, err)
			assert.Equal(w.tb, first, e)
		}
	}},
}
