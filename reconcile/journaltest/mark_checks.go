package journaltest

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

var markChecks = []Check{
	{"a mark makes records dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.mark(a, cutover.JournalMark{Records: orders("1", "2"), From: after, Dirty: cutover.SeenDifferent})
		for _, c := range w.claim(b, 2) {
			assert.Equal(w.tb, after, c.From)
			assert.Equal(w.tb, cutover.SeenDifferent, c.Dirty)
			assert.False(w.tb, c.Written, "it was only seen to differ")
		}
	}},
	{"a record that was written stays so when it is marked as seen", func(w *world) {
		a := w.open("a")
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.SeenDifferent})
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.NotJournaled, Written: true})
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.SeenDifferent})
		assert.True(w.tb, w.claim(a, 1)[0].Written)
	}},
	{"a mark changes neither the direction of a dirty record nor its time", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		was, _ := w.entry(a, order("1"))
		w.pass(0)
		w.mark(a, cutover.JournalMark{Records: orders("1"), From: after, Dirty: cutover.SeenDifferent})
		is, _ := w.entry(a, order("1"))
		assert.Equal(w.tb, before, is.From)
		assert.Equal(w.tb, was.Since, is.Since)
	}},
	{"writes of both directions without the journal leave a record unclear", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		w.mark(a, cutover.JournalMark{Records: orders("1"), From: after, Dirty: cutover.NotJournaled, Written: true})
		c := w.claim(a, 1)[0]
		assert.True(w.tb, c.Unclear, "nobody knows which system is right")
		assert.Equal(w.tb, before, c.From)
		w.release(a, reconcile.Release{Claim: c, Outcome: reconcile.Retry})
		w.begin(a, after, "1").End(cutover.IntentEnd{}) // settles nothing: that could undo the other one
		c = w.claim(a, 1)[0]
		assert.True(w.tb, c.Unclear, "an end never cleans")
		assert.True(w.tb, w.release(a, equal(c)))
	}},
	{"a write that had an intent leaves no record unclear by a mark", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		for _, why := range []cutover.DirtyReason{cutover.AuthoritativeFailed, cutover.LateLanding, cutover.OwnerLost} {
			w.mark(a, cutover.JournalMark{Records: orders("1"), From: after, Dirty: why, Written: true})
		}
		c := w.claim(a, 1)[0]
		assert.False(w.tb, c.Unclear, "the row's direction came after it")
		assert.Equal(w.tb, before, c.From)
	}},
	{"a write decides the direction of a record that was only seen to differ", func(w *world) {
		a := w.open("a")
		w.mark(a, cutover.JournalMark{Records: orders("1"), From: before, Dirty: cutover.SeenDifferent})
		w.mark(a, cutover.JournalMark{Records: orders("1"), From: after, Dirty: cutover.NotJournaled, Written: true})
		c := w.claim(a, 1)[0]
		assert.False(w.tb, c.Unclear)
		assert.Equal(w.tb, after, c.From)
	}},
	{"a late write decides the direction of a record that was only seen to differ", func(w *world) {
		a := w.open("a")
		seen := cutover.JournalMark{Flag: w.flag, Records: orders("1", "2"), From: before, Dirty: cutover.SeenDifferent}
		w.mark(a, seen)
		w.mark(a, cutover.JournalMark{Records: orders("1"), From: after, Dirty: cutover.LateLanding, Written: true})
		w.mark(a, cutover.JournalMark{Records: orders("2"), From: after, Dirty: cutover.OwnerLost, Written: true})
		a.Mark(w.ctx(), cutover.JournalMark{
			Flag: w.flag, Records: orders("3"), From: before, Dirty: cutover.SeenDifferent,
		})
		w.mark(a, cutover.JournalMark{Records: orders("3"), From: after, Dirty: cutover.LateLanding, Written: true})
		for _, c := range w.claim(a, 3) {
			assert.False(w.tb, c.Unclear)
			assert.True(w.tb, c.Written)
			assert.Equal(w.tb, after, c.From, c.Record)
		}
	}},
	{"a mark that is made during a repair is not lost", func(w *world) { // H7
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(b, 1)[0]
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.LateLanding, Written: true})
		assert.False(w.tb, w.release(b, equal(c)))
		w.dirty(a, "1", cutover.LateLanding)
		again := w.claim(b, 1)[0]
		assert.Greater(w.tb, again.Generation, c.Generation)
		assert.True(w.tb, w.release(b, equal(again)))
	}},
	{"a mark that is made during a write is not lost", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		w.mark(b, cutover.JournalMark{Records: orders("1"), Dirty: cutover.SeenDifferent})
		in.End(cutover.IntentEnd{})
		w.dirty(b, "1", cutover.SeenDifferent)
	}},
	{"a late mark holds back repair", func(w *world) {
		a := w.open("a")
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.NotJournaled, Written: true, Late: true})
		w.dirty(a, "1", cutover.NotJournaled)
		assert.Empty(w.tb, w.due(a))
		w.pass(w.LateBound)
		w.claim(a, 1)
	}},
	{"a mark does not let a parked record be claimed", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		w.release(a, reconcile.Release{Claim: w.claim(a, 1)[0], Outcome: reconcile.Park, Reason: "a conflict"})
		w.mark(a, cutover.JournalMark{Records: orders("1"), Dirty: cutover.SeenDifferent})
		assert.Empty(w.tb, w.due(a))
		e, found := w.entry(a, order("1"))
		require.True(w.tb, found)
		assert.Equal(w.tb, reconcile.Parked, e.State)
	}},
}
