package journaltest

import (
	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
)

var endChecks = []Check{
	{"a write that did not end well leaves its record dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		for key, reason := range map[string]cutover.DirtyReason{
			"1": cutover.AuthoritativeFailed, "2": cutover.SecondaryFailed, "3": cutover.SecondaryLeftOut,
		} {
			w.begin(a, after, key).End(cutover.IntentEnd{Dirty: reason})
			w.dirty(b, key, reason)
			e, _ := w.entry(b, order(key))
			assert.Equal(w.tb, after, e.From)
		}
		for _, c := range w.claim(b, 3) {
			assert.True(w.tb, c.Written, "a write made it dirty")
		}
	}},
	{"a write that ends well does not make a dirty record clean", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		w.begin(a, before, "1").End(cutover.IntentEnd{})
		w.rests(a)
		w.dirty(a, "1", cutover.SecondaryFailed)
	}},
	{"a dirty record keeps the time at which it became so", func(w *world) {
		a := w.open("a")
		w.stain(a, before, "1")
		was, _ := w.entry(a, order("1"))
		w.pass(w.LateBound)
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.AuthoritativeFailed})
		w.dirty(a, "1", cutover.AuthoritativeFailed)
		is, _ := w.entry(a, order("1"))
		assert.Equal(w.tb, was.Since, is.Since)
	}},
	{"a record is not repaired before its late writes have landed", func(w *world) {
		a := w.open("a")
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryLate, Late: true})
		w.dirty(a, "1", cutover.SecondaryLate)
		assert.Empty(w.tb, w.due(a))
		w.Advance(w.LateBound / 2)
		assert.Empty(w.tb, w.due(a))
		w.pass(w.LateBound / 2)
		w.claim(a, 1)
	}},
	{"a later write does not shorten the wait for late writes", func(w *world) {
		a := w.open("a")
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryLate, Late: true})
		w.dirty(a, "1", cutover.SecondaryLate)
		w.begin(a, before, "1").End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		w.dirty(a, "1", cutover.SecondaryFailed)
		assert.Empty(w.tb, w.due(a))
	}},
}

var overlapChecks = []Check{
	{"a record that two processes write at once is dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		one := w.begin(a, before, "1")
		two := w.begin(b, before, "1")
		one.End(cutover.IntentEnd{})
		two.End(cutover.IntentEnd{})
		w.rests(a)
		w.dirty(a, "1", cutover.Overlapped)
		assert.True(w.tb, w.claim(a, 1)[0].Written)
	}},
	{"a record that two operations of a process write at once is dirty", func(w *world) {
		a := w.open("a")
		one := w.begin(a, before, "1")
		two := w.begin(a, before, "1")
		two.End(cutover.IntentEnd{})
		one.End(cutover.IntentEnd{})
		w.rests(a)
		w.dirty(a, "1", cutover.Overlapped)
	}},
	{"only the records that overlap are dirty", func(w *world) {
		a, b := w.open("a"), w.open("b")
		one := w.begin(a, before, "1", "2")
		two := w.begin(b, before, "2", "3")
		one.End(cutover.IntentEnd{})
		two.End(cutover.IntentEnd{})
		w.gone(a, "1", "3")
		w.dirty(a, "2", cutover.Overlapped)
	}},
	{"writes one after the other leave nothing", func(w *world) {
		a, b := w.open("a"), w.open("b")
		for range 3 {
			w.begin(a, before, "1").End(cutover.IntentEnd{})
			w.gone(b, "1")
			w.begin(b, before, "1").End(cutover.IntentEnd{})
			w.gone(a, "1")
		}
	}},
	{"a write that ends does not close the record for another one", func(w *world) { // H6
		a, b := w.open("a"), w.open("b")
		one := w.begin(a, before, "1")
		two := w.begin(b, before, "1")
		one.End(cutover.IntentEnd{})
		w.begin(a, before, "2").End(cutover.IntentEnd{})
		w.gone(b, "2")
		w.isOpen(a, "1")
		assert.Empty(w.tb, w.due(a))
		two.End(cutover.IntentEnd{})
		w.dirty(a, "1", cutover.Overlapped)
	}},
}
