package journaltest

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

var leaseChecks = []Check{
	{"what a process was writing when it was lost is dirty", func(w *world) { // H1
		a, b := w.open("a"), w.open("b")
		w.begin(a, after, "1")
		w.isOpen(b, "1")
		w.Crash(a)
		assert.Empty(w.tb, w.due(b))
		w.isOpen(b, "1")
		w.pass(w.Lease)
		w.dirty(b, "1", cutover.OwnerLost)
		assert.Empty(w.tb, w.due(b), "its writes may land late")
		w.pass(w.LateBound)
		c := w.claim(b, 1)[0]
		assert.True(w.tb, c.Written)
		assert.Equal(w.tb, after, c.From)
		assert.True(w.tb, w.release(b, equal(c)))
	}},
	{"what a process was repairing when it was lost is repaired by another", func(w *world) { // H8
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		lost := w.claim(a, 1)[0]
		w.Pause(a)
		w.pass(w.Lease)
		require.ErrorIs(w.tb, a.Held(lost), reconcile.ErrClaimLost)
		w.rests(b)
		assert.Empty(w.tb, w.due(b), "its writes may land late")
		w.pass(w.LateBound)
		c := w.claim(b, 1)[0]
		for _, outcome := range []reconcile.Outcome{reconcile.Equal, reconcile.Retry, reconcile.Park} {
			assert.False(w.tb, w.release(a, reconcile.Release{Claim: lost, Outcome: outcome, After: time.Hour}))
		}
		require.NoError(w.tb, b.Held(c))
		assert.True(w.tb, w.release(b, equal(c)))
	}},
	{"a process that others overlap is lost alone", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1")
		in := w.begin(b, before, "1")
		w.Crash(a)
		w.pass(w.Lease)
		w.eventually("the lost process is noticed", func() bool { e, _ := w.entry(b, order("1")); return e.Dirty == cutover.OwnerLost })
		require.NoError(w.tb, in.Check())
		w.isOpen(b, "1")
		in.End(cutover.IntentEnd{})
		w.dirty(b, "1", cutover.OwnerLost)
	}},
	{"a process keeps its lease while it lives", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		w.stain(b, before, "2")
		c := w.claim(b, 1)[0]
		for range 6 {
			w.Advance(w.Lease / 2)
			require.NoError(w.tb, in.Check())
			require.NoError(w.tb, b.Held(c))
		}
		in.End(cutover.IntentEnd{})
		w.gone(b, "1")
		assert.True(w.tb, w.release(b, equal(c)))
	}},
	{"a write whose lease ran out is told, and leaves its record dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		w.Pause(a)
		require.NoError(w.tb, in.Check())
		w.pass(w.Lease)
		require.ErrorIs(w.tb, in.Check(), cutover.ErrLeaseLost)
		in.End(cutover.IntentEnd{})
		w.dirty(b, "1", cutover.OwnerLost)
		assert.Empty(w.tb, w.due(b), "its writes may land late")
		w.Resume(a)
		require.ErrorIs(w.tb, in.Check(), cutover.ErrLeaseLost)
	}},
	{"a write that goes on after its record was repaired makes it dirty again", func(w *world) { // H4
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, after, "1")
		w.Pause(a)
		w.pass(w.Lease)
		w.dirty(b, "1", cutover.OwnerLost)
		w.pass(w.LateBound)
		assert.True(w.tb, w.release(b, equal(w.claim(b, 1)[0])))
		w.gone(b, "1")
		in.End(cutover.IntentEnd{})
		w.dirty(b, "1", cutover.OwnerLost)
		assert.Empty(w.tb, w.due(b), "its writes may land late")
		w.pass(w.LateBound)
		c := w.claim(b, 1)[0]
		assert.True(w.tb, c.Written)
		assert.Equal(w.tb, after, c.From)
	}},
	{"a lost write that ends during a repair keeps its record", func(w *world) { // H3, H7
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		w.Pause(a)
		w.pass(w.Lease)
		w.dirty(b, "1", cutover.OwnerLost)
		w.pass(w.LateBound)
		c := w.claim(b, 1)[0]
		in.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		w.eventually("the end is seen", func() bool { e, _ := w.entry(b, order("1")); return e.Dirty == cutover.SecondaryFailed })
		assert.False(w.tb, w.release(b, equal(c)))
		w.dirty(b, "1", cutover.SecondaryFailed)
	}},
	{"a process that lost its lease goes on with another one", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1")
		w.Pause(a)
		w.pass(w.Lease)
		w.dirty(b, "1", cutover.OwnerLost)
		w.Resume(a)
		w.eventually("writes begin again", func() bool {
			in, err := a.Begin(w.ctx(), w.write(before, "2"))
			if err != nil {
				return false
			}
			defer in.End(cutover.IntentEnd{})
			return in.Check() == nil
		})
		w.Advance(w.Lease / 2)
		w.Advance(w.Lease)
		in := w.begin(a, before, "3")
		w.Advance(w.Lease)
		require.NoError(w.tb, in.Check())
		in.End(cutover.IntentEnd{})
		w.gone(b, "3")
	}},
}

var gapChecks = []Check{
	{"a process that was lost leaves a suspected gap", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1").End(cutover.IntentEnd{})
		w.gone(b, "1")
		assert.True(w.tb, w.backlog(b).Equal())
		w.Crash(a)
		w.pass(w.Lease)
		w.eventually("there is a gap", func() bool { return len(w.backlog(b).Gaps) > 0 })
		backlog := w.backlog(b)
		assert.True(w.tb, backlog.Empty())
		assert.False(w.tb, backlog.Equal())
		require.Len(w.tb, backlog.Gaps, 1)
		g := backlog.Gaps[0]
		assert.Equal(w.tb, w.flag, g.Flag)
		assert.Equal(w.tb, "a", g.Instance)
		assert.True(w.tb, g.Suspected)
		assert.False(w.tb, g.Until.Before(g.Since), "it ends at %v, before it begins at %v", g.Until, g.Since)
		another, err := b.Backlog(w.ctx(), "another flag")
		require.NoError(w.tb, err)
		assert.Empty(w.tb, another.Gaps)
		all, err := b.Backlog(w.ctx(), "")
		require.NoError(w.tb, err)
		assert.Len(w.tb, all.Gaps, 1)

		require.NoError(w.tb, b.CloseGaps(w.ctx(), "another flag", g.Until.Add(time.Minute)))
		require.NoError(w.tb, b.CloseGaps(w.ctx(), w.flag, g.Until.Add(-time.Minute)))
		assert.Len(w.tb, w.backlog(b).Gaps, 1)
		require.NoError(w.tb, b.CloseGaps(w.ctx(), w.flag, g.Until.Add(time.Minute)))
		assert.Empty(w.tb, w.backlog(b).Gaps)
	}},
	{"a process that was closed leaves no gap", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.begin(a, before, "1").End(cutover.IntentEnd{})
		w.gone(b, "1")
		require.NoError(w.tb, a.Close(w.ctx()))
		c := w.open("c")
		w.begin(c, before, "2").End(cutover.IntentEnd{})
		w.Crash(c)
		w.pass(w.Lease)
		w.eventually("lost processes are noticed", func() bool { return len(w.backlog(b).Gaps) > 0 })
		gaps := w.backlog(b).Gaps
		require.Len(w.tb, gaps, 1)
		assert.Equal(w.tb, "c", gaps[0].Instance)
	}},
}
