package journaltest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

type origin = ldmigration.Origin

// settling is what a write was asked to settle.
type settling struct {
	record cutover.RecordKey
	from   origin
	permit func() error
	answer chan error
}

// settles is a write in the other direction. The test answers what it is asked to settle.
func (w *world) settles(keys ...string) (cutover.JournalWrite, <-chan settling) {
	asked := make(chan settling)
	write := w.write(after, keys...)
	write.Settle = func(ctx context.Context, record cutover.RecordKey, from origin, permit func() error) error {
		s := settling{record, from, permit, make(chan error)}
		select {
		case asked <- s:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case err := <-s.answer:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return write, asked
}

// asked waits until something is to be settled.
func (w *world) asked(asked <-chan settling) settling {
	w.tb.Helper()
	var s settling
	w.eventually("the write settles", func() bool {
		select {
		case s = <-asked:
			return true
		default:
			return false
		}
	})
	return s
}

var settleChecks = []Check{
	{"a record that the other direction left dirty is settled first", func(w *world) { // H9
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "2")
		write, asked := w.settles("1", "2", "3")
		beginning := w.starts(b, write)
		s := w.asked(asked)
		assert.Equal(w.tb, order("2"), s.record)
		assert.Equal(w.tb, before, s.from)
		require.NoError(w.tb, s.permit())
		assert.Equal(w.tb, before, w.isOpen(a, "2").From)
		assert.Empty(w.tb, w.due(a), "nobody else repairs it")
		w.begin(b, after, "4").End(cutover.IntentEnd{})
		s.answer <- nil
		in := w.admitted(beginning)
		e := w.isOpen(a, "2")
		assert.Equal(w.tb, after, e.From)
		assert.Empty(w.tb, e.Dirty)
		in.End(cutover.IntentEnd{})
		w.gone(a, "1", "2", "3", "4")
	}},
	{"nobody else writes a record while it is settled", func(w *world) {
		a, b, c := w.open("a"), w.open("b"), w.open("c")
		w.stain(a, before, "1")
		write, asked := w.settles("1")
		first := w.starts(b, write)
		s := w.asked(asked)
		same, opposite := w.starts(c, w.write(after, "1")), w.starts(a, w.write(before, "1"))
		w.waits(same)
		w.waits(opposite)
		opposite.cancel()
		s.answer <- nil
		w.admitted(first).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		w.pass(0)
		w.admitted(same).End(cutover.IntentEnd{})
		w.rests(a)
	}},
	{"a record that is not settled is not written, and stays dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "2")
		write, asked := w.settles("1", "2", "3")
		why := errors.New("the old system is down")
		failing := w.starts(b, write)
		w.asked(asked).answer <- why
		_, err := w.returns(failing)
		require.ErrorIs(w.tb, err, cutover.ErrUnsettled)
		require.ErrorIs(w.tb, err, why)
		w.gone(a, "1", "3")
		w.dirty(a, "2", cutover.SecondaryFailed)
		e, _ := w.entry(a, order("2"))
		assert.Equal(w.tb, before, e.From)
		w.pass(w.LateBound)
		again := w.starts(b, write)
		w.asked(asked).answer <- nil
		w.admitted(again).End(cutover.IntentEnd{})
		w.gone(a, "1", "2", "3")
	}},
	{"a record that was only seen to differ is not settled", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.mark(a, cutover.JournalMark{Records: orders("1"), From: before, Dirty: cutover.SeenDifferent})
		in := w.begin(b, after, "1")
		e := w.isOpen(a, "1")
		assert.Equal(w.tb, after, e.From)
		assert.Equal(w.tb, cutover.SeenDifferent, e.Dirty)
		in.End(cutover.IntentEnd{})
		w.dirty(a, "1", cutover.SeenDifferent)
		assert.Equal(w.tb, after, w.claim(a, 1)[0].From)
	}},
	{"a parked record is settled like another", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		w.release(a, reconcile.Release{Claim: w.claim(a, 1)[0], Outcome: reconcile.Park})
		w.begins(b, w.settled("1")).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		w.dirty(b, "1", cutover.SecondaryFailed)
		assert.Zero(w.tb, w.claim(b, 1)[0].Attempts)
	}},
	{"a mark that is made while a record is settled is not lost", func(w *world) { // H7
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		var times atomic.Int32
		write, asked := w.settles("1")
		ask := write.Settle
		write.Settle = func(ctx context.Context, r cutover.RecordKey, from origin, permit func() error) error {
			if times.Add(1) > 1 {
				return permit()
			}
			return ask(ctx, r, from, permit)
		}
		beginning := w.starts(b, write)
		s := w.asked(asked)
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.LateLanding, Written: true})
		s.answer <- nil
		w.admitted(beginning).End(cutover.IntentEnd{})
		w.rests(a)
		if times.Load() == 1 {
			w.dirty(a, "1", cutover.LateLanding)
		} else {
			w.gone(a, "1")
		}
	}},
	{"a process that lost its lease does not settle", func(w *world) {
		a, b, c := w.open("a"), w.open("b"), w.open("c")
		w.stain(a, before, "1")
		write, asked := w.settles("1")
		beginning := w.starts(b, write)
		s := w.asked(asked)
		w.Pause(b)
		w.pass(w.Lease)
		require.ErrorIs(w.tb, s.permit(), cutover.ErrLeaseLost)
		w.dirty(c, "1", cutover.OwnerLost)
		s.answer <- nil
		_, err := w.returns(beginning)
		require.Error(w.tb, err)
		e, _ := w.entry(c, order("1"))
		assert.Equal(w.tb, before, e.From)
		assert.Equal(w.tb, reconcile.Dirty, e.State)
		assert.Empty(w.tb, w.due(c), "its writes may land late")
	}},
}
