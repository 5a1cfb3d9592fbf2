package compare

import (
	"math"
	"reflect"
	"unsafe"
)

// memory knows the pairs of references that are being compared, so that cycles end, and those that
// were compared, so that what several places share is not compared again for each.
//
// A pair is remembered together with the patterns that may apply below it, for under others it may
// compare otherwise. A pair that leads back to one being compared is the same only if that one is:
// it is on probation until that one is left.
type memory struct {
	marks     map[pair]mark
	probation []pair
	level     int // how many pairs are being compared
	relies    int // the lowest level that what was found the same relies on
}

// pair is an old and a new pointer, map or list.
type pair struct {
	t              reflect.Type
	old, new       unsafe.Pointer
	oldLen, newLen int
	at             place
}

type mark struct {
	differs bool
	relies  int // for a pair that is being compared its own level; for one on probation that of another
}

// proved is the level of what relies on no pair that is being compared.
const proved = math.MaxInt

// visit is a pair that is being compared, and the state of the walk when that began.
type visit struct {
	pair                                           pair
	level, relies, probation, steps, found, gaveUp int
}

// fewSteps is the cost up to which a pair is compared again rather than remembered.
const fewSteps = 16

// enter begins with a pair, and reports whether it is to be compared now.
func (w *walk) enter(p pair) (visit, bool) {
	m, known := w.marks[p]
	switch {
	case known && !m.differs:
		w.relies = min(w.relies, m.relies)
		return visit{}, false
	case known && !w.explain:
		w.found++
		return visit{}, false
	}
	if w.marks == nil {
		w.marks, w.relies = make(map[pair]mark), proved
	}
	w.level++
	v := visit{
		pair: p, level: w.level, relies: w.relies, probation: len(w.probation),
		steps: w.steps, found: w.found, gaveUp: w.gaveUp,
	}
	w.marks[p] = mark{relies: w.level}
	w.relies = proved
	return v, true
}

// leave ends with a pair, and remembers what was found.
func (w *walk) leave(v visit) {
	w.level--
	relies := w.relies
	w.relies = v.relies
	few := w.steps-v.steps < fewSteps
	switch {
	case w.found > v.found:
		w.forget(v.probation)
		w.remember(v.pair, mark{differs: true}, few)
	case w.gaveUp > v.gaveUp || w.steps > maxSteps:
		w.forget(v.probation)
		delete(w.marks, v.pair)
	case relies >= v.level:
		for _, p := range w.probation[v.probation:] {
			w.marks[p] = mark{relies: proved}
		}
		w.probation = w.probation[:v.probation]
		w.remember(v.pair, mark{relies: proved}, few)
	default:
		w.relies = min(v.relies, relies)
		w.remember(v.pair, mark{relies: relies}, few)
		if !few {
			w.probation = append(w.probation, v.pair)
		}
	}
}

func (w *walk) remember(p pair, m mark, few bool) {
	if few {
		delete(w.marks, p)
	} else {
		w.marks[p] = m
	}
}

// forget drops the pairs that went on probation since.
func (w *walk) forget(since int) {
	for _, p := range w.probation[since:] {
		delete(w.marks, p)
	}
	w.probation = w.probation[:since]
}
