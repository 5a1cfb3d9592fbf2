package cutover

import (
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"

	"github.com/gocutover/cutover/internal/keytext"
)

// KeyFunc returns the keys of the records that a payload is about. Make one with [Key],
// [OptionalKey] or [Keys]. The zero value is invalid: Build returns an error for it.
type KeyFunc[P any] struct {
	of     func(P) recordKey
	all    func(P) []recordKey // nil if of is not
	add    func(payload P, kind string, records []RecordKey) ([]RecordKey, error)
	kind   string
	err    error
	asText error // why the keys cannot be kept as text, or nil
}

// Err returns [ErrNilFunction] for the zero value and for a nil function, [ErrIdentityKey] for keys
// that are pointers or channels, and otherwise nil. Build returns this error too.
func (k KeyFunc[P]) Err() error {
	if k.err == nil && !k.given() {
		return ErrNilFunction
	}
	return k.err
}

// Of returns the same KeyFunc for records of a kind, as [WriterBuilder.Records] needs it if the
// [Cutover] has several kinds. Elsewhere the kind has no effect.
func (k KeyFunc[P]) Of(kind string) KeyFunc[P] {
	k.kind = kind
	return k
}

func (k KeyFunc[P]) given() bool { return k.of != nil || k.all != nil }

// ErrIdentityKey is the error of a [KeyFunc] whose keys are pointers or channels. These are
// compared by identity, and so do not identify a record.
var ErrIdentityKey = errors.New("compared by identity")

// keyFunc returns a KeyFunc with an error for a type that cannot be the key of a record.
func keyFunc[P, K any](isNil bool, of KeyFunc[P]) KeyFunc[P] {
	if isNil {
		return KeyFunc[P]{}
	}
	switch key := reflect.TypeFor[K](); key.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return KeyFunc[P]{err: fmt.Errorf("keys of type %v: %w", key, ErrIdentityKey)}
	default:
		of.asText = keytext.Check(key)
		return of
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
	return keyFunc[P, K](key == nil, KeyFunc[P]{
		of: func(payload P) recordKey { return keyOf(key(payload)) },
		add: func(payload P, kind string, records []RecordKey) ([]RecordKey, error) {
			return addRecord(records, kind, key(payload))
		},
	})
}

// OptionalKey is like [Key] for payloads that may have no key, such as an order whose id the
// database makes. The function then returns false, and the operation waits for no other.
func OptionalKey[P any, K comparable](key func(P) (K, bool)) KeyFunc[P] {
	return keyFunc[P, K](key == nil, KeyFunc[P]{
		of: func(payload P) recordKey {
			if k, ok := key(payload); ok {
				return keyOf(k)
			}
			return recordKey{}
		},
		add: func(payload P, kind string, records []RecordKey) ([]RecordKey, error) {
			if k, ok := key(payload); ok {
				return addRecord(records, kind, k)
			}
			return records, nil
		},
	})
}

// Keys is like [Key] for payloads that are about several records, such as a transfer between two
// accounts, or none.
func Keys[P any, K comparable](keys func(P) []K) KeyFunc[P] {
	return keyFunc[P, K](keys == nil, KeyFunc[P]{
		all: func(payload P) []recordKey {
			given := keys(payload)
			all := make([]recordKey, len(given))
			for i, key := range given {
				all[i] = keyOf(key)
			}
			return all
		},
		add: func(payload P, kind string, records []RecordKey) (_ []RecordKey, err error) {
			for _, key := range keys(payload) {
				if records, err = addRecord(records, kind, key); err != nil {
					return records, err
				}
			}
			return records, nil
		},
	})
}

// addRecord adds a record to those that the journal is told.
func addRecord[K any](records []RecordKey, kind string, key K) ([]RecordKey, error) {
	text, ok := any(key).(string) // which does not allocate
	if !ok {
		var err error
		if text, err = keytext.Encode(key); err != nil {
			return records, fmt.Errorf("%w: key of kind %q: %w", ErrJournal, kind, err)
		}
	}
	return append(records, RecordKey{Kind: kind, Key: text}), nil
}

// each calls do for every key of a payload.
func (k *KeyFunc[P]) each(payload P, do func(recordKey)) {
	if k.all != nil {
		for _, key := range k.all(payload) {
			do(key)
		}
	} else if key := k.of(payload); key.hash != 0 {
		do(key)
	}
}

// hashes returns the hashes of a payload's keys, in order and each once.
func (k *KeyFunc[P]) hashes(payload P, into []uint64) []uint64 {
	if k.all == nil {
		if key := k.of(payload); key.hash != 0 {
			into = append(into, key.hash)
		}
		return into
	}
	for _, key := range k.all(payload) {
		into = append(into, key.hash)
	}
	slices.Sort(into)
	return slices.Compact(into)
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
