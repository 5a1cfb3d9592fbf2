package cutover

import (
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
)

// KeyFunc returns the key of the record that a payload is about. Make one with [Key] or
// [OptionalKey]. The zero value is invalid: Build returns an error for it.
type KeyFunc[P any] struct {
	of  func(P) recordKey
	err error
}

// Err returns [ErrNilFunction] for the zero value and for a nil function, [ErrIdentityKey] for keys
// that are pointers or channels, and otherwise nil. Build returns this error too.
func (k KeyFunc[P]) Err() error {
	if k.err == nil && k.of == nil {
		return ErrNilFunction
	}
	return k.err
}

// ErrIdentityKey is the error of a [KeyFunc] whose keys are pointers or channels. These are
// compared by identity, and so do not identify a record.
var ErrIdentityKey = errors.New("compared by identity")

// keyFunc returns a KeyFunc with an error for a type that cannot be the key of a record.
func keyFunc[P, K any](isNil bool, of func(P) recordKey) KeyFunc[P] {
	if isNil {
		return KeyFunc[P]{}
	}
	switch key := reflect.TypeFor[K](); key.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return KeyFunc[P]{err: fmt.Errorf("keys of type %v: %w", key, ErrIdentityKey)}
	default:
		return KeyFunc[P]{of: of}
	}
}

// recordKey is the key of a record. The zero value means that there is none.
type recordKey struct {
	hash uint64 // equal for equal keys of one type; zero only for none
	key  any    // as the user's function returned it
}

// Key returns a KeyFunc for a function that returns a comparable key. All writers and readers of a
// [Cutover] share its keys: functions for the same record must return equal keys of the same type,
// such as the id of an order. Records of different kinds with equal keys wait for each other.
func Key[P any, K comparable](key func(P) K) KeyFunc[P] {
	return keyFunc[P, K](key == nil, func(payload P) recordKey { return keyOf(key(payload)) })
}

// OptionalKey is like [Key] for payloads that may have no key, such as an order whose id the
// database makes. The function then returns false, and the operation waits for no other.
func OptionalKey[P any, K comparable](key func(P) (K, bool)) KeyFunc[P] {
	return keyFunc[P, K](key == nil, func(payload P) recordKey {
		if k, ok := key(payload); ok {
			return keyOf(k)
		}
		return recordKey{}
	})
}

// keyOf hashes the dynamic type and value of a key, so that the key of a row, which is an any, has
// the hash of the payload's key. All keys that do not equal themselves, such as NaN, count as one
// key.
func keyOf(key any) recordKey {
	if key != key { //nolint:gocritic // true for NaN
		return recordKey{hash: 1, key: key}
	}
	return recordKey{hash: max(maphash.Comparable(keySeed, key), 1), key: key}
}

var keySeed = maphash.MakeSeed()

// text returns the key as observers show it.
func (k recordKey) text() string {
	if s, ok := k.key.(string); ok {
		return s
	}
	return fmt.Sprint(k.key)
}
