package compare

import (
	"errors"
	"fmt"
	"reflect"
)

// ErrComparesIdentity is the error of [Equal] and [ByValue] for a type that is or holds a pointer,
// a channel or an interface: there == does not compare content.
var ErrComparesIdentity = errors.New("== compares identity, not content: use Deep, or By for the part that matters")

// ErrNotComparable is the error of [ByValue] for a type that == does not compare at all.
var ErrNotComparable = errors.New("== is not defined: use Deep, or By for the part that matters")

// Equal compares with ==. Two floats that are NaN differ, as they do for ==. For a type that is or
// holds a pointer, a channel or an interface, Err returns [ErrComparesIdentity]: so it does for
// [time.Time], which holds a pointer to its location. Comparing allocates nothing.
func Equal[T comparable]() Comparison[T] {
	if err := checkByValue(reflect.TypeFor[T]()); err != nil {
		return Comparison[T]{err: err}
	}
	return Func(func(old, new T) bool { return old == new })
}

// ByValue is [Equal] for a type parameter that is not known to be comparable. For a type that has
// no ==, Err returns [ErrNotComparable]. Comparing allocates nothing.
func ByValue[R any]() Comparison[R] {
	if err := checkByValue(reflect.TypeFor[R]()); err != nil {
		return Comparison[R]{err: err}
	}
	return Func(func(old, new R) bool { return any(old) == any(new) })
}

// checkByValue returns an error unless == of the type compares content.
func checkByValue(t reflect.Type) error {
	if !t.Comparable() {
		return fmt.Errorf("%v: %w", t, ErrNotComparable)
	}
	return checkIdentity(t, true)
}

// checkKey returns an error if == of the type compares identity. An interface is fine as a key.
func checkKey(t reflect.Type) error {
	return checkIdentity(t, false)
}

func checkIdentity(t reflect.Type, interfaces bool) error {
	place, holds := identityIn(t, "", interfaces)
	switch {
	case holds == nil:
		return nil
	case place == "":
		return fmt.Errorf("%v: %w", t, ErrComparesIdentity)
	default:
		return fmt.Errorf("%v holds %v in %s: %w", t, holds, place, ErrComparesIdentity)
	}
}

// identityIn returns the first type in t, and its place, of which == compares identity.
func identityIn(t reflect.Type, place string, interfaces bool) (string, reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return place, t
	case reflect.Interface:
		if interfaces {
			return place, t
		}
	case reflect.Array:
		return identityIn(t.Elem(), place+"[*]", interfaces)
	case reflect.Struct:
		for i := range t.NumField() {
			field, name := t.Field(i), t.Field(i).Name
			if place != "" {
				name = place + "." + name
			}
			if found, holds := identityIn(field.Type, name, interfaces); holds != nil {
				return found, holds
			}
		}
	default:
	}
	return "", nil
}
