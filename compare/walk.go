package compare

import "reflect"

// walk goes through two values at once, counts where they differ, and writes it down if it is to
// explain.
type walk struct {
	*rules
	memory
	explain bool
	most    int // differences to be found

	path    path
	at      place
	hidden  bool // below an unexported field
	inBytes bool // in a list of bytes
	depth   int
	steps   int

	found       int
	gaveUp      int // places that were not looked at
	differences []Difference
}

const (
	// maxDepth bounds how deep values are followed: deeper than any record, and well within a
	// goroutine's stack.
	maxDepth = 10_000
	// maxSteps bounds the work: less than a second.
	maxSteps = 1 << 22
)

// compare returns what the rules say of two values, which must be addressable.
func (r *rules) compare(old, new reflect.Value) Answer {
	w := walk{rules: r, most: 1, at: r.root()}
	w.compare(old, new)
	return w.answer()
}

// explain returns where two values differ.
func (r *rules) explain(old, new reflect.Value) []Difference {
	w := walk{rules: r, most: maxDifferences, at: r.root(), explain: true}
	w.compare(old, new)
	if w.found == 0 && w.gaveUp > 0 && r.compare(old, new) == Different {
		w.differ(old, new) // known, but not where
	}
	return w.differences
}

func (w *walk) answer() Answer {
	switch {
	case w.found > 0:
		return Different
	case w.gaveUp > 0:
		return Undecided
	default:
		return Same
	}
}

// done reports whether nothing more is to be found.
func (w *walk) done() bool { return w.found >= w.most || w.steps > maxSteps }

// spend counts a step, and reports whether it may be taken.
func (w *walk) spend() bool {
	w.steps++
	if w.steps > maxSteps {
		w.gaveUp++
		return false
	}
	return true
}

// compare compares what stands at the current place.
func (w *walk) compare(old, new reflect.Value) {
	if w.found >= w.most {
		return
	}
	var says here
	if w.at.alive != "" {
		if says = w.here(w.at); says.ignored {
			return
		}
	}
	if !w.spend() {
		return
	}
	if w.depth >= maxDepth {
		w.gaveUp++
		return
	}
	w.depth++
	w.compareValues(old, new, says)
	w.depth--
}

func (w *walk) compareValues(old, new reflect.Value, says here) {
	for {
		if u := w.usingHere(old, new); u != nil {
			w.differUnless(u.same(old, new), old, new)
			return
		}
		if !old.IsValid() || !new.IsValid() {
			w.differUnless(!old.IsValid() && !new.IsValid(), old, new)
			return
		}
		if old.Kind() != reflect.Interface || new.Kind() != reflect.Interface {
			break
		}
		old, new = old.Elem(), new.Elem()
	}
	if old.Type() != new.Type() {
		w.differ(old, new)
		return
	}
	if isBasic(old) && len(w.using) == 0 {
		w.differUnless(w.sameScalar(old, new), old, new)
		return
	}
	p := w.planOf(old.Type())
	switch {
	case p.time:
		w.differUnless(w.sameTime(timeOf(old), timeOf(new)), old, new)
	case p.number:
		w.compareNumbers(old, new)
	case p.equal != nil:
		w.differUnless(callEqual(p, old, new), old, new)
	default:
		w.compareParts(old, new, p, says)
	}
}

// compareNumbers compares two numbers of documents. Long ones cost more than a step.
func (w *walk) compareNumbers(old, new reflect.Value) {
	w.steps += min(old.Len(), new.Len()) / 50
	switch w.sameNumber(old.String(), new.String()) {
	case Different:
		w.differ(old, new)
	case Undecided:
		w.gaveUp++
	case Same:
	}
}

// callEqual calls a type's own method, but for functions and channels that are nil.
func callEqual(p *plan, old, new reflect.Value) bool {
	if k := old.Kind(); (k == reflect.Func || k == reflect.Chan) && (old.IsNil() || new.IsNil()) {
		return old.IsNil() && new.IsNil()
	}
	return p.equal(old, new)
}

// compareParts compares two values of one type that has no equality of its own.
func (w *walk) compareParts(old, new reflect.Value, p *plan, says here) {
	switch old.Kind() {
	case reflect.Pointer:
		w.comparePointers(old, new)
	case reflect.Struct:
		w.compareStructs(old, new, p)
	case reflect.Map:
		w.compareMaps(old, new)
	case reflect.Slice:
		w.compareSlices(old, new, says)
	case reflect.Array:
		w.compareLists(old, new, says)
	case reflect.Uint8:
		w.differUnless(old.Uint() == new.Uint() || !w.inBytes && w.sameScalar(old, new), old, new)
	default:
		w.differUnless(w.sameScalar(old, new), old, new)
	}
}

func (w *walk) comparePointers(old, new reflect.Value) {
	switch {
	case old.IsNil() || new.IsNil():
		w.differUnless(old.IsNil() && new.IsNil(), old, new)
	case w.planOf(old.Type().Elem()).simple:
		w.compare(old.Elem(), new.Elem())
	default:
		visit, first := w.enter(pair{t: old.Type(), old: old.UnsafePointer(), new: new.UnsafePointer(), at: w.at})
		if first {
			w.compare(old.Elem(), new.Elem())
			w.leave(visit)
		}
	}
}

func (w *walk) compareStructs(old, new reflect.Value, p *plan) {
	if p.hides {
		old, new = addressable(old), addressable(new)
	}
	hidden := w.hidden
	for _, f := range p.fields {
		w.hidden = hidden || f.hides
		w.below(step{name: f.name}, f.of(old), f.of(new))
	}
	w.hidden = hidden
}

// below compares one step further down.
func (w *walk) below(s step, old, new reflect.Value) {
	at := w.enterStep(s)
	w.compare(old, new)
	w.leaveStep(at)
}

func (w *walk) enterStep(s step) (from place) {
	from = w.at
	w.at = w.next(from, s)
	if w.explain {
		w.path = append(w.path, s)
	}
	return from
}

func (w *walk) leaveStep(from place) {
	if w.explain {
		w.path = w.path[:len(w.path)-1]
	}
	w.at = from
}

// try says whether two values agree one step further down, and tells nothing.
func (w *walk) try(s step, old, new reflect.Value) Answer {
	found, most, explain, gaveUp := w.found, w.most, w.explain, w.gaveUp
	w.found, w.most, w.explain, w.gaveUp = 0, 1, false, 0
	w.below(s, old, new)
	answer := w.answer()
	w.found, w.most, w.explain, w.gaveUp = found, most, explain, gaveUp
	return answer
}

// oneSided tells of a place that one side does not have: there the value is invalid.
func (w *walk) oneSided(s step, old, new reflect.Value) {
	at := w.enterStep(s)
	if !w.done() && !w.here(w.at).ignored && w.spend() {
		w.found++
		if w.explain {
			w.tell(w.shownOr(old, Missing), w.shownOr(new, Missing))
		}
	}
	w.leaveStep(at)
}

func (w *walk) differUnless(same bool, old, new reflect.Value) {
	if !same {
		w.differ(old, new)
	}
}

// differ tells that what stands at the current place differs.
func (w *walk) differ(old, new reflect.Value) {
	w.found++
	if w.explain {
		w.tell(w.shownOr(old, nil), w.shownOr(new, nil))
	}
}

func (w *walk) tell(old, new any) {
	w.differences = append(w.differences, Difference{Path: w.path.String(), Old: old, New: new})
}

// shownOr is a value as it is shown, or something else for one that is not there.
func (w *walk) shownOr(v reflect.Value, absent any) any {
	switch {
	case !v.IsValid():
		return absent
	case w.hidden:
		return textOf(v)
	default:
		return v.Interface()
	}
}
