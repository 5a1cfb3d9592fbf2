package cutover

import "reflect"

func (w *walk) compareLists(old, new reflect.Value) {
	if old.Kind() == reflect.Slice && old.Len() == new.Len() && old.Len() > 0 && w.seen(old, new) {
		return
	}
	if len(w.at) > maxDepth && old.Len()+new.Len() > 0 {
		w.differ(shownValue(old), shownValue(new))
		return
	}
	if w.at.matchesAny(w.unordered) {
		w.compareSets(old, new)
		return
	}
	for i := range max(old.Len(), new.Len()) {
		s := step{kind: anIndex, n: i}
		switch {
		case i >= old.Len():
			w.oneSided(s, Missing, shownValue(new.Index(i)))
		case i >= new.Len():
			w.oneSided(s, shownValue(old.Index(i)), Missing)
		default:
			w.below(s, old.Index(i), new.Index(i))
		}
	}
}

// compareSets finds for each old element a new one that is equal and not yet taken.
func (w *walk) compareSets(old, new reflect.Value) {
	taken := make([]bool, new.Len())
	for i := range old.Len() {
		s := step{kind: anIndex, n: i}
		if j := w.indexOfEqual(s, old.Index(i), new, taken); j >= 0 {
			taken[j] = true
		} else {
			w.oneSided(s, shownValue(old.Index(i)), Missing)
		}
	}
	for j := range new.Len() {
		if !taken[j] {
			w.oneSided(step{kind: anIndex, n: j}, Missing, shownValue(new.Index(j)))
		}
	}
}

func (w *walk) indexOfEqual(s step, element, in reflect.Value, taken []bool) int {
	for j := range in.Len() {
		if taken[j] {
			continue
		}
		one := walk{rules: w.rules, most: 1, at: append(w.at[:len(w.at):len(w.at)], s)}
		if one.compare(element, in.Index(j)); len(one.found) == 0 {
			return j
		}
	}
	return -1
}

// sameScalar compares two values of one type that hold no others.
func (w *walk) sameScalar(old, new reflect.Value) bool {
	switch old.Kind() {
	case reflect.Bool:
		return old.Bool() == new.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return old.Int() == new.Int() || w.numbersBy > 0 && w.sameFloat(float64(old.Int()), float64(new.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return old.Uint() == new.Uint() || w.numbersBy > 0 && w.sameFloat(float64(old.Uint()), float64(new.Uint()))
	case reflect.Float32, reflect.Float64:
		return w.sameFloat(old.Float(), new.Float())
	case reflect.Complex64, reflect.Complex128:
		a, b := old.Complex(), new.Complex()
		return w.sameFloat(real(a), real(b)) && w.sameFloat(imag(a), imag(b))
	case reflect.String:
		return old.String() == new.String()
	case reflect.Func:
		return old.IsNil() && new.IsNil()
	case reflect.Chan, reflect.UnsafePointer:
		return old.Pointer() == new.Pointer()
	default:
		return false
	}
}
