package compare

import (
	"reflect"
	"slices"
)

// compareUnordered finds for each old element a new one that is the same.
func (w *walk) compareUnordered(old, new reflect.Value) {
	olds, news := w.keptElements(old), w.keptElements(new)
	if !w.explain && len(olds) != len(news) {
		w.found++
		return
	}
	same := func(i, j int) Answer { return w.try(elementStep(i), old.Index(i), new.Index(j)) }
	if w.sameInOrder(olds, news, same) {
		return
	}
	var leftOld, leftNew []int
	for _, g := range w.alike(old, olds, new, news) {
		if w.done() {
			return
		}
		if !w.explain && len(g.olds) != len(g.news) {
			w.found++
			return
		}
		left, leftOfNew, answer := w.match(len(g.olds), len(g.news), func(i, j int) Answer {
			return same(g.olds[i], g.news[j])
		})
		switch {
		case answer == Undecided:
			w.gaveUp++
		case answer == Different && !w.explain:
			w.found++
			return
		}
		for _, i := range left {
			leftOld = append(leftOld, g.olds[i])
		}
		for _, j := range leftOfNew {
			leftNew = append(leftNew, g.news[j])
		}
	}
	slices.Sort(leftOld)
	slices.Sort(leftNew)
	for _, i := range leftOld {
		w.oneSided(elementStep(i), old.Index(i), reflect.Value{})
	}
	for _, j := range leftNew {
		w.oneSided(elementStep(j), reflect.Value{}, new.Index(j))
	}
}

// keptElements are the elements that are not ignored.
func (w *walk) keptElements(list reflect.Value) (kept []int) {
	for i := range list.Len() {
		if w.at.alive == "" || !w.here(w.next(w.at, elementStep(i))).ignored {
			kept = append(kept, i)
		}
	}
	return kept
}

// sameInOrder reports whether two lists are the same as they stand, which is most often so.
func (w *walk) sameInOrder(olds, news []int, same func(i, j int) Answer) bool {
	if len(olds) != len(news) {
		return false
	}
	for k := range olds {
		if same(olds[k], news[k]) != Same {
			return false
		}
	}
	return true
}

// group is old and new elements that may be the same. Elements of two groups differ.
type group struct{ olds, news []int }

// alike divides elements into groups, by a hash that is the same for those that may be the same.
func (w *walk) alike(old reflect.Value, olds []int, new reflect.Value, news []int) []*group {
	if w.indexMatters(w.at) {
		return []*group{{olds, news}}
	}
	var all []*group
	known := make(map[uint64]*group)
	of := func(element reflect.Value, i int) *group {
		sum := w.hashOf(element, w.next(w.at, elementStep(i)))
		g := known[sum]
		if g == nil {
			g = &group{}
			known[sum] = g
			all = append(all, g)
		}
		return g
	}
	for _, i := range olds {
		g := of(old.Index(i), i)
		g.olds = append(g.olds, i)
	}
	for _, j := range news {
		g := of(new.Index(j), j)
		g.news = append(g.news, j)
	}
	return all
}
