package compare_test

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unsafe"
)

// reference compares as Deep does under rules, in the most naive way: without any memory, by paths
// that are written out, and by trying all orders of a list.
type reference struct {
	ignored, unordered map[string]bool // paths without indexes: Lines[].ID
	keyedBy            map[string]string
	timesWithin        time.Duration
	numbersWithin      float64
	exportedOnly       bool
	using              bool // leaves are compared by their Value
	steps              int  // left; beyond them all is the same
	// visited, if not nil, has the pairs that need not be looked at again: for values with cycles,
	// and right only without rules.
	visited map[visited]bool
}

type visited struct {
	t              reflect.Type
	old, new       unsafe.Pointer
	oldLen, newLen int
}

func (r *reference) wasVisited(old, new reflect.Value) bool {
	v := visited{t: old.Type()}
	switch old.Kind() {
	case reflect.Slice:
		v.oldLen, v.newLen = old.Len(), new.Len()
	case reflect.Pointer, reflect.Map:
	default:
		return false
	}
	v.old, v.new = old.UnsafePointer(), new.UnsafePointer()
	was := r.visited[v]
	if r.visited != nil {
		r.visited[v] = true
	}
	return was
}

func (r *reference) same(old, new reflect.Value, at []string) bool {
	if r.steps--; r.steps < 0 || r.ignored[pathOf(at)] {
		return true
	}
	if !old.IsValid() || !new.IsValid() {
		return old.IsValid() == new.IsValid()
	}
	if old.Type() != new.Type() {
		return false
	}
	old, new = open(old), open(new)
	if r.wasVisited(old, new) {
		return true
	}
	if old.Kind() == reflect.Interface {
		return r.same(old.Elem(), new.Elem(), at)
	}
	switch a := old.Interface().(type) {
	case time.Time:
		b := new.Interface().(time.Time)
		return a.Equal(b) || a.Sub(b).Abs() <= r.timesWithin
	case rounded:
		return a.Equal(new.Interface().(rounded))
	case pointerEqual:
		b := new.Interface().(pointerEqual)
		return a.Equal(&b)
	case leaf:
		if r.using {
			return a.Value == new.Interface().(leaf).Value
		}
	}
	switch old.Kind() {
	case reflect.Pointer:
		if old.IsNil() || new.IsNil() {
			return old.IsNil() == new.IsNil()
		}
		return r.same(old.Elem(), new.Elem(), at)
	case reflect.Struct:
		for i := range old.NumField() {
			f := old.Type().Field(i)
			if f.Name == "_" || r.exportedOnly && !f.IsExported() && hasExported(old.Type()) {
				continue
			}
			if !r.same(old.Field(i), new.Field(i), append(at[:len(at):len(at)], f.Name)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		return r.sameLists(old, new, at)
	case reflect.Map:
		return r.sameMaps(old, new, at)
	default:
		return r.sameScalar(old, new)
	}
}

func hasExported(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return true
		}
	}
	return false
}

// open makes a value of an unexported field usable.
func open(v reflect.Value) reflect.Value {
	if v.CanInterface() {
		c := reflect.New(v.Type()).Elem() // so that its fields have an address
		c.Set(v)
		return c
	}
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

func (r *reference) sameLists(old, new reflect.Value, at []string) bool {
	below := slices.Concat(at, []string{"[]"})
	if r.ignored[pathOf(below)] {
		return true
	}
	element := func(i, j int) bool { return r.same(old.Index(i), new.Index(j), below) }
	if old.Type().Elem().Kind() == reflect.Uint8 {
		element = func(i, j int) bool { return old.Index(i).Uint() == new.Index(j).Uint() }
	}
	if field := r.keyedBy[pathOf(at)]; field != "" {
		return r.sameKeyed(old, new, field, element)
	}
	if old.Len() != new.Len() {
		return false
	}
	if r.unordered[pathOf(at)] {
		return someOrder(old.Len(), element)
	}
	for i := range old.Len() {
		if !element(i, i) {
			return false
		}
	}
	return true
}

// sameKeyed pairs what has the same key, in its order.
func (r *reference) sameKeyed(old, new reflect.Value, field string, element func(i, j int) bool) bool {
	if old.Len() != new.Len() {
		return false
	}
	taken := map[int]bool{}
	for i := range old.Len() {
		found := false
		for j := 0; j < new.Len() && !found; j++ {
			if !taken[j] && old.Index(i).FieldByName(field).String() == new.Index(j).FieldByName(field).String() {
				taken[j], found = true, true
				if !element(i, j) {
					return false
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// someOrder tries all orders.
func someOrder(n int, same func(i, j int) bool) bool {
	taken := make([]bool, n)
	var from func(i int) bool
	from = func(i int) bool {
		if i == n {
			return true
		}
		for j := range n {
			if !taken[j] && same(i, j) {
				taken[j] = true
				if from(i + 1) {
					return true
				}
				taken[j] = false
			}
		}
		return false
	}
	return from(0)
}

func (r *reference) sameMaps(old, new reflect.Value, at []string) bool {
	if numbers, ok := old.Interface().(map[float64]int); ok {
		return r.sameNumberMaps(numbers, new.Interface().(map[float64]int))
	}
	for _, k := range append(old.MapKeys(), new.MapKeys()...) {
		below := slices.Concat(at, []string{"[]"})
		if r.ignored[pathOf(below)] {
			continue
		}
		a, b := old.MapIndex(k), new.MapIndex(k)
		if !a.IsValid() || !b.IsValid() || !r.same(a, b, below) {
			return false
		}
	}
	return true
}

// sameNumberMaps tries all orders of what is under NaN.
func (r *reference) sameNumberMaps(old, new map[float64]int) bool {
	if len(old) != len(new) {
		return false
	}
	var oldOdd, newOdd []int
	for k, v := range old {
		other, found := new[k]
		switch {
		case math.IsNaN(k):
			oldOdd = append(oldOdd, v)
		case !found || !r.sameScalar(reflect.ValueOf(v), reflect.ValueOf(other)):
			return false
		}
	}
	for k, v := range new {
		if math.IsNaN(k) {
			newOdd = append(newOdd, v)
		}
	}
	return len(oldOdd) == len(newOdd) && someOrder(len(oldOdd), func(i, j int) bool {
		return r.sameScalar(reflect.ValueOf(oldOdd[i]), reflect.ValueOf(newOdd[j]))
	})
}

func (r *reference) sameScalar(old, new reflect.Value) bool {
	switch {
	case old.CanInt():
		return math.Abs(float64(old.Int()-new.Int())) <= r.numbersWithin // small ones alone are generated
	case old.CanUint():
		return math.Abs(float64(old.Uint())-float64(new.Uint())) <= r.numbersWithin
	case old.CanFloat():
		return r.sameFloat(old.Float(), new.Float())
	case old.CanComplex():
		a, b := old.Complex(), new.Complex()
		return r.sameFloat(real(a), real(b)) && r.sameFloat(imag(a), imag(b))
	case old.Kind() == reflect.Func:
		return old.IsNil() && new.IsNil()
	case old.Kind() == reflect.String:
		return old.String() == new.String()
	case old.Kind() == reflect.Bool:
		return old.Bool() == new.Bool()
	default:
		panic("not generated: " + old.Kind().String() + strconv.Itoa(r.steps))
	}
}

func (r *reference) sameFloat(a, b float64) bool {
	return sameFloat(a, b) || math.Abs(a-b) <= r.numbersWithin
}

func pathOf(at []string) string {
	text := ""
	for _, s := range at {
		if s == "[]" || text == "" {
			text += s
		} else {
			text += "." + s
		}
	}
	return text
}
