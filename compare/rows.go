package compare

import (
	"fmt"
	"reflect"
	"slices"
)

// Rows compares lists by the keys of their rows, whatever their order. Rows of one key are compared
// by the given comparison; a row on one side only differs from [Missing]. Where a key stands more
// than once on a side, its rows are compared in their order. Each [Difference] has the key in Row,
// and a Path that begins with the key in brackets: `["o-1"].Total`. Comparisons within the row that
// are made of Rows themselves add to the path, and Row is that of the outer list.
//
// [Comparison.Without] leaves out rows. If key is nil, or the comparison has an error, so has the
// result. For a type of keys that is or holds a pointer or a channel, Err returns
// [ErrComparesIdentity]. Keys that do not equal themselves, as NaN, count as one key. If K is an
// interface and holds a key that has no ==, the answer is [Undecided]. Time and memory grow with
// the length of the lists.
func Rows[E any, K comparable](key func(E) K, row Comparison[E]) Comparison[[]E] {
	if key == nil {
		return Comparison[[]E]{err: fmt.Errorf("Rows: the key is nil: %w", ErrNoComparison)}
	}
	if err := row.Err(); err != nil {
		return Comparison[[]E]{err: fmt.Errorf("Rows: %w", err)}
	}
	if err := checkKey(reflect.TypeFor[K]()); err != nil {
		return Comparison[[]E]{err: fmt.Errorf("Rows: the key: %w", err)}
	}
	rows := rowsBy[E, K]{key: key, row: row}
	return Comparison[[]E]{
		compare: rows.compare,
		explain: rows.explain,
		hasRows: true,
	}
}

type rowsBy[E any, K comparable] struct {
	key func(E) K
	row Comparison[E]
}

func (r rowsBy[E, K]) compare(old, new []E, skip skipFunc) Answer {
	if skip == nil && len(old) != len(new) {
		return Different
	}
	oldKeys, newKeys, usable := r.keys(old, new)
	if !usable {
		return Undecided
	}
	all := Same
	eachRow(oldKeys, newKeys, func(key K, i, j int) bool {
		one := Different
		if i >= 0 && j >= 0 {
			one = r.row.Compare(old[i], new[j])
		}
		if one != Same && skip != nil && skip(key) {
			return true
		}
		if one != Same && all != Different {
			all = one
		}
		return one != Different
	})
	return all
}

func (r rowsBy[E, K]) explain(old, new []E, skip skipFunc) (all []Difference) {
	oldKeys, newKeys, usable := r.keys(old, new)
	if !usable {
		return nil
	}
	eachRow(oldKeys, newKeys, func(key K, i, j int) bool {
		var found []Difference
		switch {
		case j < 0:
			found = []Difference{{Old: old[i], New: Missing}}
		case i < 0:
			found = []Difference{{Old: Missing, New: new[j]}}
		case r.row.Compare(old[i], new[j]) == Different:
			if found = r.row.Explain(old[i], new[j]); len(found) == 0 {
				found = []Difference{{Old: old[i], New: new[j]}}
			}
		}
		if len(found) == 0 || skip != nil && skip(key) {
			return true
		}
		at := path{rowStep(reflect.ValueOf(key))}.String()
		for _, d := range found {
			d.Row, d.Path = key, joined(at, d.Path)
			all = append(all, d)
		}
		return len(all) < maxDifferences
	})
	return all[:min(len(all), maxDifferences)]
}

// eachRow calls visit for each pair of rows with one key, with noRow for a row that is not there,
// until it returns false: in the order of the old list, then what only the new one has.
func eachRow[K comparable](oldKeys, newKeys []K, visit func(key K, i, j int) bool) {
	if slices.EqualFunc(oldKeys, newKeys, sameKey) {
		for i, key := range oldKeys {
			if !visit(key, i, i) {
				return
			}
		}
		return
	}
	queue := queueOf(newKeys)
	for i, key := range oldKeys {
		if !visit(key, i, queue.take(key)) {
			return
		}
	}
	for j, key := range newKeys {
		if !queue.taken[j] && !visit(key, noRow, j) {
			return
		}
	}
}

// keys returns the keys of both lists, and whether all of them have ==.
func (r rowsBy[E, K]) keys(old, new []E) (oldKeys, newKeys []K, usable bool) {
	oldKeys, newKeys = keysOf(old, r.key), keysOf(new, r.key)
	if _, interfaces := identityIn(reflect.TypeFor[K](), "", true); interfaces == nil {
		return oldKeys, newKeys, true
	}
	for _, key := range slices.Concat(oldKeys, newKeys) {
		if !reflect.ValueOf(&key).Elem().Comparable() {
			return nil, nil, false
		}
	}
	return oldKeys, newKeys, true
}

func keysOf[E, K any](rows []E, key func(E) K) []K {
	keys := make([]K, len(rows))
	for i := range rows {
		keys[i] = key(rows[i])
	}
	return keys
}
