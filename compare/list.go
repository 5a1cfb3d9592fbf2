package compare

import "reflect"

// longList is the length from which on lists of simple elements are worth remembering.
const longList = 64

func (w *walk) compareSlices(old, new reflect.Value, says here) {
	if old.Len() == 0 && new.Len() == 0 {
		return
	}
	if old.Len() < longList && w.planOf(old.Type().Elem()).simple {
		w.compareLists(old, new, says)
		return
	}
	visit, first := w.enter(pair{
		t: old.Type(), old: old.UnsafePointer(), new: new.UnsafePointer(), oldLen: old.Len(), newLen: new.Len(), at: w.at,
	})
	if first {
		w.compareLists(old, new, says)
		w.leave(visit)
	}
}

func (w *walk) compareLists(old, new reflect.Value, says here) {
	outer := w.inBytes
	w.inBytes = old.Type().Elem().Kind() == reflect.Uint8
	defer func() { w.inBytes = outer }()
	switch {
	case says.keyedBy != "":
		w.compareKeyed(old, new, says.keyedBy)
	case says.unordered:
		w.compareUnordered(old, new)
	default:
		w.compareInOrder(old, new)
	}
}

// block is how many elements are compared at once where the same bytes mean the same.
const block = 512

func (w *walk) compareInOrder(old, new reflect.Value) {
	both := min(old.Len(), new.Len())
	if w.decidedByLength(old.Len(), new.Len()) {
		return
	}
	flat := w.planOf(old.Type().Elem()).flat && both > 0 && old.Index(0).CanAddr() && new.Index(0).CanAddr()
	for i := 0; i < both && !w.done(); i++ {
		if n := min(block, both-i); flat && i%block == 0 && sameMemory(old, new, i, n) {
			i += n - 1
			continue
		}
		w.below(elementStep(i), old.Index(i), new.Index(i))
	}
	for i := both; i < old.Len() && !w.done(); i++ {
		w.oneSided(elementStep(i), old.Index(i), reflect.Value{})
	}
	for i := both; i < new.Len() && !w.done(); i++ {
		w.oneSided(elementStep(i), reflect.Value{}, new.Index(i))
	}
}

// decidedByLength reports whether two lists or maps differ for they are not of one length. No
// element may be ignored then, and nobody may ask where they differ.
func (w *walk) decidedByLength(old, new int) bool {
	if w.explain || w.at.alive != "" || old == new {
		return false
	}
	w.found++
	return true
}
