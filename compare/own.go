package compare

import (
	"math/big"
	"reflect"
	"time"
)

// using is a function that was given for a type.
type using struct {
	t    reflect.Type
	same func(old, new reflect.Value) bool
}

func usingOf[T any](same func(old, new T) bool) using {
	return using{t: reflect.TypeFor[T](), same: func(old, new reflect.Value) bool {
		a, _ := old.Interface().(T)
		b, _ := new.Interface().(T)
		return same(a, b)
	}}
}

func (u *using) takes(t reflect.Type) bool {
	return t == u.t || u.t.Kind() == reflect.Interface && t.Implements(u.t)
}

// usingFor returns the first function that takes values of both types, or nil.
func (r *rules) usingFor(old, new reflect.Type) *using {
	for i := range r.using {
		if u := &r.using[i]; u.takes(old) && u.takes(new) {
			return u
		}
	}
	return nil
}

// usingHere is usingFor two values, of which neither is nil.
func (r *rules) usingHere(old, new reflect.Value) *using {
	if len(r.using) == 0 || !old.IsValid() || !new.IsValid() || refersToNil(old) || refersToNil(new) {
		return nil
	}
	if old.Type() == new.Type() {
		return r.planOf(old.Type()).using
	}
	return r.usingFor(old.Type(), new.Type())
}

// refersToNil reports whether a value is a nil pointer or interface, or an interface with the
// former.
func refersToNil(v reflect.Value) bool {
	v = dynamic(v)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// equalMethod returns a type's own equality: its method Equal, or that of a pointer to it.
func equalMethod(t reflect.Type) func(old, new reflect.Value) bool {
	switch t {
	case reflect.TypeFor[big.Int]():
		return byCmp[*big.Int]
	case reflect.TypeFor[big.Rat]():
		return byCmp[*big.Rat]
	case reflect.TypeFor[big.Float]():
		return byCmp[*big.Float]
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil // what they refer to is asked
	}
	if m, ok := t.MethodByName("Equal"); ok {
		if !saysWhetherEqual(m.Type) || !t.AssignableTo(m.Type.In(1)) || mayBePromoted(t, m) {
			return nil
		}
		return func(old, new reflect.Value) bool {
			return m.Func.Call([]reflect.Value{old, new})[0].Bool()
		}
	}
	pointer := reflect.PointerTo(t)
	m, ok := pointer.MethodByName("Equal")
	switch {
	case !ok || !saysWhetherEqual(m.Type) || mayBePromoted(t, m):
		return nil
	case pointer.AssignableTo(m.Type.In(1)):
		return func(old, new reflect.Value) bool {
			return m.Func.Call([]reflect.Value{addressable(old).Addr(), addressable(new).Addr()})[0].Bool()
		}
	case t.AssignableTo(m.Type.In(1)):
		return func(old, new reflect.Value) bool {
			return m.Func.Call([]reflect.Value{addressable(old).Addr(), new})[0].Bool()
		}
	default:
		return nil
	}
}

// byCmp compares numbers of math/big: how they are kept in memory means nothing.
func byCmp[N interface{ Cmp(other N) int }](old, new reflect.Value) bool {
	a, _ := addressable(old).Addr().Interface().(N)
	b, _ := addressable(new).Addr().Interface().(N)
	return a.Cmp(b) == 0
}

// mayBePromoted reports whether a struct may have a method from an embedded field that has the same
// one. Such a method knows nothing of the other fields, and panics if what is embedded is nil.
func mayBePromoted(t reflect.Type, method reflect.Method) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		embedded := f.Type
		if k := embedded.Kind(); k != reflect.Pointer && k != reflect.Interface {
			embedded = reflect.PointerTo(embedded)
		}
		m, ok := embedded.MethodByName("Equal")
		if ok && m.Type.NumIn() > 0 && m.Type.In(m.Type.NumIn()-1) == method.Type.In(1) {
			return true
		}
	}
	return false
}

// saysWhetherEqual reports whether a method takes one more value and returns a bool.
func saysWhetherEqual(method reflect.Type) bool {
	return method.NumIn() == 2 && !method.IsVariadic() && method.NumOut() == 1 && method.Out(0) == boolType
}

// timeOf returns a value whose type is time.Time, or is defined as it.
func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *(*time.Time)(v.Addr().UnsafePointer())
	}
	t, _ := v.Convert(timeType).Interface().(time.Time)
	return t
}
