package cutovertest

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/gocutover/cutover"
)

// System is one of the two systems of a migration under [Exercise]: records of type R found by a K, written by a P.
type System[K comparable, P, R any] struct {
	// Read is the function that a reader is made of.
	Read func(context.Context, K) (R, error)
	// Write is the function that a writer is made of: it stores a whole record, in place of the one with the same key.
	Write func(context.Context, P) error
	// Delete is the function that a writer of deletes is made of. Without it in both systems nothing is deleted.
	Delete func(context.Context, K) error
	// List returns all that the system holds. It is called while nothing else runs.
	List func(context.Context) (map[K]R, error)
}

// Systems are a fresh pair: both are empty.
type Systems[K comparable, P, R any] struct {
	// Old and New are the two.
	Old, New System[K, P, R]
	// Backfill copies what the old system holds to the new one, so that both hold the same, whatever the new one held
	// before. The default writes the last payload of each record that the old system lists to the new one, and deletes
	// there what the old one does not list.
	Backfill func(context.Context) error
	// Close releases both, if there is anything to release.
	Close func() error
}

// Service is how the reads and writes under test are called, as your service calls them. Its functions return what the
// reader and the writers return.
type Service[K comparable, P, R any] struct {
	// Read reads a record.
	Read func(context.Context, K) (R, error)
	// Write writes a record.
	Write func(context.Context, P) error
	// Delete deletes a record; nil if the service never does.
	Delete func(context.Context, K) error
	// Close waits for what runs in the background, as [cutover.Cutover.Close] does; nil if nothing does.
	Close func(context.Context) error
}

// Migration is what [Exercise] needs to know of yours: the key K that records are found by, the payload P of a write and
// the result R of a read.
type Migration[K comparable, P, R any] struct {
	// Fresh makes a pair of empty systems. It is called for every script that is run.
	Fresh func() Systems[K, P, R]
	// Payload returns the nth payload to write, n from 0, and the same one whenever it is asked for that n. A few keys
	// should come again and again; see [Samples]. A later payload may depend on an earlier one, as a revision does.
	Payload func(n int) P
	// Key returns the key of a payload's record.
	Key func(P) K

	// Wire makes the operations under test, of the functions it gets and of no others: they are the systems' own with
	// faults around them. Use it to test the code that your service builds its reader and writer with; give that a logger
	// that discards, or it logs each move. The default builds a reader that compares by Equal, and writers, without any
	// option.
	Wire func(client cutover.FlagClient, old, new System[K, P, R]) (Service[K, P, R], error)
	// Want returns what a read returns after a write. The default is the payload itself, where P is R.
	Want func(P) R
	// Missing tells from a read's result that there is no such record. The default is that it returned an error or the
	// zero value.
	Missing func(R, error) bool
	// Equal tells whether two results are the same. The default is reflect.DeepEqual.
	Equal func(a, b R) bool
	// RequireBoth says that the writers were built so: a secondary's failure is an error of the write.
	RequireBoth bool
	// SecondaryInline says that Wire builds so. A secondary that ends its goroutine then ends its caller's, as documented,
	// and is left out.
	SecondaryInline bool

	// Seed varies the scripts. The same seed makes the same ones; the default is 1.
	Seed uint64
	// Rounds is how many scripts to make of each walk through the stages, with as many seeds. The default is 1.
	Rounds int
	// HangFor is how long a call that hangs does so at most. The default is 10 ms. Let it be longer than a secondary
	// timeout that is to be tested, and best in a synctest bubble.
	HangFor time.Duration
	// Script runs one script instead, as a failure tells it. The environment variable CUTOVERTEST_SCRIPT goes before it.
	Script string
}

// Samples returns payloads for a [Migration]: these in turn, and from the first one again. It panics without any.
func Samples[P any](payloads ...P) func(n int) P {
	if len(payloads) == 0 {
		panic("cutovertest: no samples")
	}
	return func(n int) P { return payloads[n%len(payloads)] }
}

// prepared returns m with its defaults, or everything that is missing.
func (m Migration[K, P, R]) prepared() (Migration[K, P, R], error) {
	err := errors.Join(
		missing(m.Fresh == nil, "Fresh"), missing(m.Payload == nil, "Payload"), missing(m.Key == nil, "Key"),
		missing(m.Want == nil && reflect.TypeFor[P]() != reflect.TypeFor[R](), "Want, as a payload is no result"),
	)
	if m.Want == nil {
		m.Want = func(payload P) R {
			result, _ := any(payload).(R)
			return result
		}
	}
	if m.Missing == nil {
		m.Missing = func(result R, err error) bool { return err != nil || reflect.ValueOf(&result).Elem().IsZero() }
	}
	if m.Equal == nil {
		m.Equal = func(a, b R) bool { return reflect.DeepEqual(a, b) }
	}
	if m.Wire == nil {
		m.Wire = m.wire
	}
	if m.Seed == 0 {
		m.Seed = 1
	}
	m.Rounds = max(m.Rounds, 1)
	if m.HangFor <= 0 {
		m.HangFor = 10 * time.Millisecond
	}
	return m, err
}

func missing(is bool, what string) error {
	if is {
		return errors.New("a migration needs " + what)
	}
	return nil
}

func (s System[K, P, R]) validate(name string) error {
	return errors.Join(
		missing(s.Read == nil, name+".Read"), missing(s.Write == nil, name+".Write"), missing(s.List == nil, name+".List"),
	)
}
