package cutovertest

import (
	"reflect"
	"time"
)

// scribble changes everything that whoever has a plain copy of the value would see changed, and
// that copied copies: all exported fields, elements and values that its pointers, slices, maps and
// interfaces lead to.
func scribble[T any](value T) {
	s := scribbling{}
	s.below(reflect.ValueOf(&value).Elem())
}

// scribbling knows the places that were changed, so that each is changed once, and cycles end.
type scribbling map[pointee]bool

// below changes what a value leads to, and not the value itself.
func (s scribbling) below(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !opaque(v.Type().Elem()) && s.first(pointee{v.Pointer(), 1, v.Type()}) {
			s.over(v.Elem())
		}
	case reflect.Slice:
		if v.Len() > 0 && s.first(pointee{v.Pointer(), v.Len(), v.Type()}) {
			for i := range v.Len() {
				s.over(v.Index(i))
			}
		}
	case reflect.Map:
		if v.Len() > 0 && s.first(pointee{v.Pointer(), v.Len(), v.Type()}) {
			s.overMap(v)
		}
	case reflect.Interface:
		s.below(v.Elem())
	case reflect.Array:
		for i := range v.Len() {
			s.below(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				s.below(v.Field(i))
			}
		}
	default:
	}
}

func (s scribbling) first(place pointee) bool {
	known := s[place]
	s[place] = true
	return !known
}

// overMap changes all values of a map. They cannot be changed in place.
func (s scribbling) overMap(m reflect.Value) {
	for _, key := range m.MapKeys() {
		held := m.MapIndex(key)
		if !held.IsValid() {
			continue // a key that is not equal to itself
		}
		value := reflect.New(m.Type().Elem()).Elem()
		value.Set(held)
		s.over(value)
		m.SetMapIndex(key, value)
	}
}

// over changes a value that can be set, and what it leads to.
func (s scribbling) over(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(^v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(v.Uint() ^ 1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(-v.Float() - 1)
	case reflect.Complex64, reflect.Complex128:
		v.SetComplex(-v.Complex() - 1)
	case reflect.String:
		v.SetString(v.String() + scribbled)
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		value := reflect.New(v.Elem().Type()).Elem()
		value.Set(v.Elem())
		s.over(value)
		v.Set(value)
	case reflect.Array:
		for i := range v.Len() {
			s.over(v.Index(i))
		}
	case reflect.Struct:
		s.overStruct(v)
	default:
		s.below(v)
	}
}

func (s scribbling) overStruct(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		at, _ := v.Interface().(time.Time)
		v.Set(reflect.ValueOf(at.Add(time.Hour)))
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			s.over(v.Field(i))
		}
	}
}

// scribbled is at the end of each text that was changed.
const scribbled = " (changed by cutovertest)"
