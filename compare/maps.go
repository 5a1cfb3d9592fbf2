package compare

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

func (w *walk) compareMaps(old, new reflect.Value) {
	if old.Len() == 0 && new.Len() == 0 || w.decidedByLength(old.Len(), new.Len()) {
		return
	}
	visit, first := w.enter(pair{t: old.Type(), old: old.UnsafePointer(), new: new.UnsafePointer(), at: w.at})
	if !first {
		return
	}
	if w.explain {
		w.explainMaps(old, new)
	} else {
		w.compareEntries(old, new)
	}
	w.leave(visit)
}

// compareEntries compares maps in no order, and so without sorting their keys.
func (w *walk) compareEntries(old, new reflect.Value) {
	key, value := reflect.New(old.Type().Key()).Elem(), reflect.New(old.Type().Elem()).Elem()
	found := 0
	for entries := old.MapRange(); entries.Next() && !w.done(); {
		key.SetIterKey(entries)
		value.SetIterValue(entries)
		if other := new.MapIndex(key); other.IsValid() {
			found++
			w.below(keyStep(key), value, other)
		} else if old.MapIndex(key).IsValid() {
			w.oneSided(keyStep(key), value, other)
		}
	}
	if found == old.Len() && found == new.Len() {
		return
	}
	for entries := new.MapRange(); entries.Next() && !w.done(); {
		key.SetIterKey(entries)
		if !old.MapIndex(key).IsValid() && new.MapIndex(key).IsValid() {
			w.oneSided(keyStep(key), reflect.Value{}, entries.Value())
		}
	}
	w.compareOddEntries(old, new)
}

// explainMaps goes through the keys of both maps in an order that is the same each time.
func (w *walk) explainMaps(old, new reflect.Value) {
	for _, key := range sortedKeys(old, new) {
		inOld, inNew := old.MapIndex(key), new.MapIndex(key)
		if inOld.IsValid() && inNew.IsValid() {
			w.below(keyStep(key), inOld, inNew)
		} else {
			w.oneSided(keyStep(key), inOld, inNew)
		}
	}
	w.compareOddEntries(old, new)
}

// sortedKeys are the keys of both maps that equal themselves.
func sortedKeys(old, new reflect.Value) []reflect.Value {
	type named struct {
		text  string
		value reflect.Value
	}
	var keys []named
	for _, key := range old.MapKeys() {
		if old.MapIndex(key).IsValid() {
			keys = append(keys, named{keyText(key), key})
		}
	}
	for _, key := range new.MapKeys() {
		if !old.MapIndex(key).IsValid() && new.MapIndex(key).IsValid() {
			keys = append(keys, named{keyText(key), key})
		}
	}
	slices.SortFunc(keys, func(a, b named) int {
		return cmp.Or(strings.Compare(a.text, b.text), strings.Compare(typeText(a.value), typeText(b.value)))
	})
	values := make([]reflect.Value, len(keys))
	for i, key := range keys {
		values[i] = key.value
	}
	return values
}

func typeText(key reflect.Value) string {
	if key = dynamic(key); !key.IsValid() {
		return ""
	}
	return key.Type().String()
}

// entry is one of a map, under a key that does not equal itself.
type entry struct{ key, value reflect.Value }

// compareOddEntries finds for each entry that cannot be looked up one of the other side.
func (w *walk) compareOddEntries(old, new reflect.Value) {
	olds, news := w.oddEntries(old), w.oddEntries(new)
	if w.done() || len(olds)+len(news) == 0 {
		return
	}
	leftOld, leftNew, answer := w.match(len(olds), len(news), func(i, j int) Answer {
		same := w.sameKeys(olds[i].key, news[j].key)
		if same != Same {
			return same
		}
		return w.try(keyStep(olds[i].key), olds[i].value, news[j].value)
	})
	if answer == Undecided {
		w.gaveUp++
		return
	}
	for _, i := range leftOld {
		w.oneSided(keyStep(olds[i].key), olds[i].value, reflect.Value{})
	}
	for _, j := range leftNew {
		w.oneSided(keyStep(news[j].key), reflect.Value{}, news[j].value)
	}
}

// oddEntries are those whose keys do not equal themselves, and that are not ignored.
func (w *walk) oddEntries(m reflect.Value) (odd []entry) {
	for entries := m.MapRange(); entries.Next(); {
		if key := entries.Key(); !m.MapIndex(key).IsValid() && !w.here(w.next(w.at, keyStep(key))).ignored {
			odd = append(odd, entry{key, entries.Value()})
		}
	}
	return odd
}

// sameKeys compares keys exactly: no pattern leads into them.
func (w *walk) sameKeys(old, new reflect.Value) Answer {
	at := w.at
	w.at = place{}
	answer := w.try(keyStep(old), old, new)
	w.at = at
	return answer
}
