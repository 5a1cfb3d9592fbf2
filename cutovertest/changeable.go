package cutovertest

import (
	"reflect"
	"time"
)

// changeable reports whether a value of a type can be changed by whoever has a plain copy of it:
// through a pointer, a slice, a map or an interface.
func changeable(t reflect.Type) bool { return anyChangeable(t, map[reflect.Type]bool{}) }

func anyChangeable(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == reflect.TypeFor[time.Time]() {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	case reflect.Array:
		return anyChangeable(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() && anyChangeable(t.Field(i).Type, seen) {
				return true
			}
		}
	default:
	}
	return false
}

// opaque reports whether a struct has nothing that this package can copy or change: no exported
// field. Times are values, and known.
func opaque(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return false
		}
	}
	return t.NumField() > 0
}

// pointee is a place that a pointer, slice or map leads to.
type pointee struct {
	at  uintptr
	len int
	t   reflect.Type
}

// copied is a deep copy of exported fields, of what pointers, slices and maps lead to, and of what
// interfaces hold. What is opaque is shared.
func copied[T any](value T) T {
	c := copying{}
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(c.copy(reflect.ValueOf(&value).Elem()))
	result, _ := out.Interface().(T)
	return result
}

// copying knows the copies made so far, so that what leads to one place still does, and cycles end.
type copying map[pointee]reflect.Value

func (c copying) copy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || opaque(v.Type().Elem()) {
			return v
		}
		return c.once(pointee{v.Pointer(), 1, v.Type()}, func() reflect.Value {
			return reflect.New(v.Type().Elem()).Convert(v.Type())
		}, func(out reflect.Value) { out.Elem().Set(c.copy(v.Elem())) })
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		return c.once(pointee{v.Pointer(), v.Len(), v.Type()}, func() reflect.Value {
			return reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		}, func(out reflect.Value) { c.elements(v, out) })
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		return c.once(pointee{v.Pointer(), v.Len(), v.Type()}, func() reflect.Value {
			return reflect.MakeMapWithSize(v.Type(), v.Len())
		}, func(out reflect.Value) {
			for each := v.MapRange(); each.Next(); {
				out.SetMapIndex(each.Key(), c.copy(each.Value()))
			}
		})
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		out.Set(c.copy(v.Elem()))
		return out
	case reflect.Array, reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		c.elements(v, out)
		return out
	default:
		return v
	}
}

// once makes the copy of a place the first time that something leads there.
func (c copying) once(place pointee, empty func() reflect.Value, fill func(reflect.Value)) reflect.Value {
	if out, made := c[place]; made {
		return out
	}
	out := empty()
	c[place] = out
	fill(out)
	return out
}

// elements copies the elements of a slice or array, or the exported fields of a struct.
func (c copying) elements(from, to reflect.Value) {
	if from.Kind() != reflect.Struct {
		for i := range from.Len() {
			to.Index(i).Set(c.copy(from.Index(i)))
		}
		return
	}
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() {
			to.Field(i).Set(c.copy(from.Field(i)))
		}
	}
}
