package cutover

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// walk goes through two values at once and gathers where they differ, until it has as many as it may. The path is
// written out only for a difference, so that values that agree cost no more than looking at them.
type walk struct {
	*rules
	most    int
	at      path
	found   []Difference
	visited map[visit]struct{}
}

// visit is a pair of references that was followed.
type visit struct {
	kind     reflect.Type
	old, new uintptr
	length   int
}

// maxDepth bounds how deep a value is followed: deeper than any record, and well within a goroutine's stack. What was not
// followed is told as a difference.
const maxDepth = 200

func (r *rules) differences(old, new any, most int) []Difference {
	w := walk{rules: r, most: most}
	w.compare(reflect.ValueOf(old), reflect.ValueOf(new))
	return w.found
}

// below compares one step further down.
func (w *walk) below(s step, old, new reflect.Value) {
	w.at = append(w.at, s)
	w.compare(old, new)
	w.at = w.at[:len(w.at)-1]
}

func (w *walk) compare(old, new reflect.Value) {
	if len(w.found) >= w.most || w.at.matchesAny(w.ignored) {
		return
	}
	if !old.IsValid() || !new.IsValid() || old.Type() != new.Type() {
		if old.IsValid() || new.IsValid() {
			w.differ(shownValue(old), shownValue(new))
		}
		return
	}
	if w.compareTimes(old, new) {
		return
	}
	switch old.Kind() {
	case reflect.Pointer, reflect.Interface:
		w.compareReferences(old, new)
	case reflect.Struct:
		for i := range old.NumField() {
			w.below(step{name: old.Type().Field(i).Name}, old.Field(i), new.Field(i))
		}
	case reflect.Map:
		w.compareMaps(old, new)
	case reflect.Slice, reflect.Array:
		w.compareLists(old, new)
	default:
		if !w.sameScalar(old, new) {
			w.differ(shownValue(old), shownValue(new))
		}
	}
}

func (w *walk) differ(old, new any) {
	w.found = append(w.found, Difference{Path: w.at.String(), Old: old, New: new})
}

// oneSided tells of a place that one side does not have.
func (w *walk) oneSided(s step, old, new any) {
	w.at = append(w.at, s)
	if len(w.found) < w.most && !w.at.matchesAny(w.ignored) {
		w.differ(old, new)
	}
	w.at = w.at[:len(w.at)-1]
}

// shownValue is a value as an interface; of an unexported field, which cannot be had, what fmt writes of it.
func shownValue(v reflect.Value) any {
	switch {
	case !v.IsValid():
		return nil
	case v.CanInterface():
		return v.Interface()
	default:
		return fmt.Sprintf("%v", v)
	}
}

var timeType = reflect.TypeFor[time.Time]()

// compareTimes reports whether these are times. One in an unexported field cannot be had, and is a struct like any other.
func (w *walk) compareTimes(old, new reflect.Value) bool {
	if old.Type() != timeType || !old.CanInterface() || !new.CanInterface() {
		return false
	}
	oldTime, _ := old.Interface().(time.Time)
	newTime, _ := new.Interface().(time.Time)
	if !w.sameTime(oldTime, newTime) {
		w.differ(oldTime, newTime)
	}
	return true
}

func (w *walk) compareReferences(old, new reflect.Value) {
	switch {
	case old.IsNil() && new.IsNil():
	case old.IsNil() || new.IsNil() || len(w.at) > maxDepth:
		w.differ(shownValue(old), shownValue(new))
	case old.Kind() == reflect.Pointer && w.seen(old, new):
	default:
		w.compare(old.Elem(), new.Elem())
	}
}

// seen reports whether these two were compared before, or are being compared now: a cycle leads back to them.
func (w *walk) seen(old, new reflect.Value) bool {
	v := visit{kind: old.Type(), old: old.Pointer(), new: new.Pointer()}
	if old.Kind() == reflect.Slice {
		v.length = old.Len()
	}
	if _, seen := w.visited[v]; seen || v.old == v.new {
		return true
	}
	if w.visited == nil {
		w.visited = make(map[visit]struct{})
	}
	w.visited[v] = struct{}{}
	return false
}

func (w *walk) compareMaps(old, new reflect.Value) {
	if old.Len() > 0 && new.Len() > 0 && w.seen(old, new) {
		return
	}
	if len(w.at) > maxDepth && old.Len()+new.Len() > 0 {
		w.differ(shownValue(old), shownValue(new))
		return
	}
	for _, key := range keysOf(old, new) {
		inOld, inNew, s := old.MapIndex(key.value), new.MapIndex(key.value), keyStep(key.name)
		switch {
		case inOld.IsValid() && inNew.IsValid():
			w.below(s, inOld, inNew)
		case inOld.IsValid():
			w.oneSided(s, shownValue(inOld), Missing)
		case inNew.IsValid():
			w.oneSided(s, Missing, shownValue(inNew))
		}
	}
}

type mapKey struct {
	name  string
	value reflect.Value
}

// keysOf are the keys of both maps, in an order of their own that is the same each time.
func keysOf(old, new reflect.Value) []mapKey {
	keys := make([]mapKey, 0, old.Len())
	for _, key := range old.MapKeys() {
		keys = append(keys, mapKey{keyName(key), key})
	}
	for _, key := range new.MapKeys() {
		if !old.MapIndex(key).IsValid() {
			keys = append(keys, mapKey{keyName(key), key})
		}
	}
	slices.SortFunc(keys, func(a, b mapKey) int { return strings.Compare(a.name, b.name) })
	return keys
}

func keyName(key reflect.Value) string {
	if key.Kind() == reflect.String {
		return key.String()
	}
	return fmt.Sprintf("%v", key)
}
