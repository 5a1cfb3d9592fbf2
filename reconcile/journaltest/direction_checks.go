package journaltest

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

var directionChecks = []Check{
	{"a write waits while its record is written in the other direction", func(w *world) { // H9
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		waiting := w.starts(b, w.write(after, "1"))
		w.waits(waiting)
		in.End(cutover.IntentEnd{})
		next := w.admitted(waiting)
		assert.Equal(w.tb, after, w.isOpen(a, "1").From)
		next.End(cutover.IntentEnd{})
		w.gone(a, "1")
	}},
	{"a write waits for another direction of its own process", func(w *world) {
		a := w.open("a")
		in := w.begin(a, before, "1")
		waiting := w.starts(a, w.write(after, "1"))
		w.waits(waiting)
		in.End(cutover.IntentEnd{})
		w.admitted(waiting).End(cutover.IntentEnd{})
		w.gone(a, "1")
	}},
	{"a write waits while its record is repaired in the other direction", func(w *world) { // H9
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(a, 1)[0]
		waiting := w.starts(b, w.write(after, "1"))
		w.waits(waiting)
		require.NoError(w.tb, a.Held(c))
		assert.True(w.tb, w.release(a, equal(c)))
		w.admitted(waiting).End(cutover.IntentEnd{})
		w.gone(a, "1")
	}},
	{"a write stops waiting when its context ends", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		why := errors.New("the caller left")
		ctx, cancel := context.WithTimeoutCause(w.ctx(), w.Patience/100, why)
		defer cancel()
		begun, err := b.Begin(ctx, w.write(after, "1"))
		require.ErrorIs(w.tb, err, why)
		require.NotErrorIs(w.tb, err, cutover.ErrJournal)
		assert.Nil(w.tb, begun)
		in.End(cutover.IntentEnd{})
		w.gone(a, "1")
	}},
	{"writes of one direction do not keep the other one waiting for ever", func(w *world) {
		a, b, c := w.open("a"), w.open("b"), w.open("c")
		first := w.begin(a, before, "1")
		turning := w.starts(b, w.write(after, "1"))
		w.waits(turning)
		second := w.starts(c, w.write(before, "1"))
		w.waits(second)
		ended := make(chan struct{})
		go func() { // it may be the first one to begin when the record is free
			defer close(ended)
			if <-second.done; second.err == nil {
				second.in.End(cutover.IntentEnd{})
			}
		}()
		first.End(cutover.IntentEnd{})
		w.admitted(turning).End(cutover.IntentEnd{})
		_, err := w.returns(second)
		require.NoError(w.tb, err)
		<-ended
		w.gone(a, "1")
	}},
	{"a write inside of another one does not wait for the other direction", func(w *world) {
		a, b := w.open("a"), w.open("b")
		outer := w.begin(a, before, "1")
		waiting := w.starts(b, w.write(after, "1"))
		w.waits(waiting)
		inner := w.begin(a, before, "1")
		waiting.cancel()
		_, err := w.returns(waiting)
		require.ErrorIs(w.tb, err, context.Canceled)
		inner.End(cutover.IntentEnd{})
		outer.End(cutover.IntentEnd{})
		w.rests(a)
	}},
	{"a write that stopped waiting holds nobody back for long", func(w *world) {
		a, b, c := w.open("a"), w.open("b"), w.open("c")
		first := w.begin(a, before, "1")
		waiting := w.starts(b, w.write(after, "1"))
		w.waits(waiting)
		waiting.cancel()
		_, err := w.returns(waiting)
		require.ErrorIs(w.tb, err, context.Canceled)
		w.pass(time.Second)
		second := w.begin(c, before, "1")
		first.End(cutover.IntentEnd{})
		second.End(cutover.IntentEnd{})
		w.rests(a)
	}},
	{"those who waited for a direction do not hold each other back", func(w *world) {
		a, b, c := w.open("a"), w.open("b"), w.open("c")
		w.stain(a, before, "1")
		claim := w.claim(a, 1)[0]
		turning := []*attempt{w.starts(b, w.settled("1")), w.starts(c, w.settled("1"))}
		for _, t := range turning {
			w.waits(t)
		}
		w.release(a, reconcile.Release{Claim: claim, Outcome: reconcile.Retry})
		for _, t := range turning {
			w.admitted(t).End(cutover.IntentEnd{})
		}
		w.rests(a)
	}},
}

// settled is a write in the other direction that settles at once.
func (w *world) settled(keys ...string) cutover.JournalWrite {
	write := w.write(after, keys...)
	write.Settle = func(_ context.Context, _ cutover.RecordKey, _ origin, permit func() error) error { return permit() }
	return write
}

var lateChecks = []Check{
	// What lands late is a write of a system that is authoritative for the write that waits.
	{"a write waits until late writes of the other direction have landed", func(w *world) { // H4, H9
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryLate, Late: true})
		w.dirty(a, "1", cutover.SecondaryLate)
		waiting := w.starts(b, w.settled("1"))
		w.waits(waiting)
		w.pass(w.LateBound)
		w.admitted(waiting).End(cutover.IntentEnd{})
		w.gone(a, "1")
	}},
	{"a write waits for late writes of a process that was lost", func(w *world) { // H8, H9
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1")
		w.Crash(a)
		w.pass(w.Lease)
		w.dirty(b, "1", cutover.OwnerLost)
		waiting := w.starts(b, w.settled("1"))
		w.waits(waiting)
		w.pass(w.LateBound)
		w.admitted(waiting).End(cutover.IntentEnd{})
		w.gone(b, "1")
	}},
	{"a write of the same direction does not wait for late writes", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryLate, Late: true})
		w.dirty(a, "1", cutover.SecondaryLate)
		w.begin(b, before, "1").End(cutover.IntentEnd{})
		w.rests(b)
		w.dirty(b, "1", cutover.SecondaryLate)
	}},
	{"a write of the other direction does not wait until a record is due", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		w.release(a, reconcile.Release{Claim: w.claim(a, 1)[0], Outcome: reconcile.Retry, After: time.Hour})
		w.pass(w.LateBound)
		w.begins(b, w.settled("1")).End(cutover.IntentEnd{})
		w.gone(b, "1")
	}},
}
