package reconcile

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/internal/keytext"
)

// System is one of the two systems, for one kind of record: how to get, put and delete the record
// of a key. All functions must be safe for concurrent use and honour their context. They can ask
// what they are called for by [cutover.CallFrom].
type System[K comparable, V any] struct {
	// Get returns the record, and false if there is none. It must read what was written last: not
	// a replica that may lag behind, nor a cache.
	Get func(ctx context.Context, key K) (value V, found bool, err error)
	// Put makes the record what value is, whether there is one or not. It replaces all of it.
	Put func(ctx context.Context, key K, value V) error
	// Delete deletes the record. It returns nil if there is none.
	Delete func(ctx context.Context, key K) error

	// GetMany returns those of many records that there are. It is optional, and makes the repair of
	// many records faster.
	GetMany func(ctx context.Context, keys []K) (map[K]V, error)
	// PutMany puts many records, each as Put does. It is optional.
	PutMany func(ctx context.Context, keys []K, values []V) error

	// Version returns the record with its version, in one snapshot. Versions rise in the order in
	// which the system committed the record's writes. A record that was deleted has the version of
	// its deletion. It is optional; see Apply.
	Version func(ctx context.Context, key K) (Versioned[V], error)
	// Apply puts or deletes the record unless the system has a version of it that is as new, and
	// reports whether it did. It keeps the version, also of a record that it deletes. It is
	// optional: if one system has Version and the other Apply, records are copied by these two from
	// the first to the second, and a copy that takes effect late does no harm.
	Apply func(ctx context.Context, key K, record Versioned[V]) (applied bool, err error)
}

// Versioned is a record with its version.
type Versioned[V any] struct {
	// Value is the record, the zero value if it was not found.
	Value V
	// Found is false if there is no such record.
	Found bool
	// Version is the version of the record or of its deletion.
	Version int64
}

// NotFound makes a [System.Get] of a function that reports a missing record by an error that
// [errors.Is] matches with one of the sentinels, such as [database/sql.ErrNoRows].
func NotFound[K comparable, V any](
	get func(context.Context, K) (V, error), sentinels ...error,
) func(context.Context, K) (V, bool, error) {
	return func(ctx context.Context, key K) (V, bool, error) {
		value, err := get(ctx, key)
		for _, sentinel := range sentinels {
			if errors.Is(err, sentinel) {
				var none V
				return none, false, nil
			}
		}
		return value, err == nil, err
	}
}

// Pair is both systems of one kind of record.
type Pair[K comparable, V any] struct {
	// Old and New are the two systems.
	Old, New System[K, V]
	// Compare says when two records are equal. It gets (old, new). The default is [compare.Deep]
	// without rules.
	Compare compare.Comparison[V]
	// DeleteUnwritten lets repair delete a record that the authoritative system does not have,
	// although no journaled write deleted it: a read saw that the systems differ. By default such a
	// record is parked, because it may be one that was never copied.
	DeleteUnwritten bool
	// Conflict reports whether an error of Put means that another record has a value that must be
	// unique, as when two records have exchanged an e-mail address. Repair then deletes the record
	// from the system that it copies to, and puts it again after the other one was repaired. By
	// default such a record is tried again, and parked in the end.
	Conflict func(err error) bool
}

// Kind is one kind of record, such as "order", in both systems. It is a [cutover.RecordKind], and
// safe for concurrent use.
type Kind[K comparable, V any] struct {
	name    string
	systems [2]System[K, V]
	pair    Pair[K, V]
}

// Errors of NewKind.
var (
	// ErrEmptyName is returned by NewKind for an empty name.
	ErrEmptyName = errors.New("name is empty")
	// ErrNilFunction is returned by NewKind for a system without Get, Put or Delete.
	ErrNilFunction = errors.New("function is nil")
	// ErrHalf is returned by NewKind if a system has Apply and the other one no Version.
	ErrHalf = errors.New("has no counterpart in the other system")
)

// NewKind returns a kind of record. The name is kept in the journal with the keys: do not change it
// while the journal holds records. K must be a type that can be kept as text: a string, an integer,
// a boolean, a type with MarshalText and UnmarshalText, or a struct or array of these.
//
// The error joins all that is wrong; the kind is non-nil if and only if the error is nil.
func NewKind[K comparable, V any](name string, pair Pair[K, V]) (*Kind[K, V], error) {
	errs := []error{keytext.Check(reflect.TypeFor[K]())}
	if name == "" {
		errs = append(errs, ErrEmptyName)
	}
	for _, s := range []struct {
		which       string
		this, other System[K, V]
	}{{"old", pair.Old, pair.New}, {"new", pair.New, pair.Old}} {
		for _, f := range []struct {
			name  string
			isNil bool
		}{{"Get", s.this.Get == nil}, {"Put", s.this.Put == nil}, {"Delete", s.this.Delete == nil}} {
			if f.isNil {
				errs = append(errs, fmt.Errorf("%s of the %s system: %w", f.name, s.which, ErrNilFunction))
			}
		}
		if s.this.Apply != nil && s.other.Version == nil {
			errs = append(errs, fmt.Errorf("%s system: Apply %w: Version", s.which, ErrHalf))
		}
	}
	if reflect.ValueOf(&pair.Compare).Elem().IsZero() {
		pair.Compare = compare.Deep[V]()
	}
	errs = append(errs, pair.Compare.Err())
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("describing records of kind %q: %w", name, err)
	}
	return &Kind[K, V]{name: name, systems: [2]System[K, V]{pair.Old, pair.New}, pair: pair}, nil
}

// Name returns the kind's name.
func (k *Kind[K, V]) Name() string { return k.name }

// side is the index of a system.
type side int

func sideOf(origin ldmigration.Origin) side {
	if origin == ldmigration.New {
		return 1
	}
	return 0
}

func (s side) other() side { return 1 - s }

func (s side) origin() ldmigration.Origin {
	if s == 1 {
		return ldmigration.New
	}
	return ldmigration.Old
}

// Copy reads a record from a system now, and puts it into the other one or deletes it there,
// without a comparison. It calls permit right before that.
func (k *Kind[K, V]) Copy(ctx context.Context, key string, from ldmigration.Origin, permit func() error) error {
	decoded, err := keytext.Decode[K](key)
	if err != nil {
		return err
	}
	c := k.copying(ctx, sideOf(from), permit)
	got, err := c.read(decoded)
	if err != nil {
		return err
	}
	return c.write(decoded, got)
}

var _ cutover.RecordKind = (*Kind[string, any])(nil)
