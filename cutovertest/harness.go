package cutovertest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/reconcile"
)

// Harness is what [Exercise] needs to know of your service to drive it through a migration: how to
// make its two systems and its reads and writes, and what to write. K is the key that records are
// found by, P the payload of a write and R the result of a read. It has nothing to do with
// [cutover.Migration], which is the builder of the SDK's API.
type Harness[K comparable, P, R any] struct {
	// NewSystems makes a pair of empty systems. It is called for every script that is run.
	NewSystems func() Systems[K, P, R]
	// Payload returns the nth payload to write, n from 0, and the same one whenever it is asked for
	// that n. A few keys should come again and again; see [Samples]. A later payload may depend on
	// an earlier one, as a revision does.
	Payload func(n int) P
	// Key returns the key of a payload's record.
	Key func(P) K

	// NewService makes the operations under test, of the functions it gets and of no others: they
	// are the systems' own with faults around them. Use it to test the code that your service
	// builds its reader and writer with; give that a logger that discards, or it logs each move.
	// Give it a MaxBackground of 4 or more: with less, an operation may skip the secondary because
	// that of the operation before has only just ended. The default builds a reader that compares
	// by Equal, and writers that copy payloads by ClonePayload.
	NewService func(client cutover.FlagClient, old, new System[K, P, R]) (Service[K, P, R], error)
	// NewJournaledService makes the operations of a service with a journal, in place of NewService:
	// with [cutover.Builder.Journal] of the journal that it gets, writers that name their records,
	// and kinds made of the functions that it gets. It is called for every process of the service
	// that is started. All functions must pass on the context that they get. Do not give it a Breaker
	// of less than 3 failures: with less, an operation may skip the secondary because that of the
	// operation before failed.
	NewJournaledService func(
		client cutover.FlagClient, journal reconcile.Journal, old, new System[K, P, R],
	) (Service[K, P, R], error)
	// Journals makes the storage of the journals, of a service with a journal. The default is
	// [MemoryJournals] if there is a NewJournaledService, and otherwise none: set it without either
	// NewService to exercise the default service with a journal.
	Journals func() Journals
	// PayloadOf returns the payload that writes what a read returned, for the repair of the default
	// service. The default is the result itself, where P is R.
	PayloadOf func(R) P
	// ResultOf returns what a read returns after a write. The default is the payload itself, where
	// P is R.
	ResultOf func(P) R
	// NotFound tells from what a read returns that there is no such record. The default is that it
	// returned an error or the zero value.
	NotFound func(R, error) bool
	// Equal tells whether two results are the same. The default is [compare.Deep] without rules: nil
	// lists and maps equal empty ones, and times are the same whatever their location.
	Equal func(a, b R) bool
	// RequireBoth says that the writers were built so: a secondary's failure is an error of the
	// write.
	RequireBoth bool
	// RequireJournal says that the Cutover of NewJournaledService was built so: a write that the
	// journal cannot record is an error, and is not made.
	RequireJournal bool
	// SecondaryInline says that NewService builds so. A secondary that ends its goroutine then ends
	// its caller's, as documented, and is left out.
	SecondaryInline bool
	// PayloadsAreNotModified says that the writers were built so: no payload is changed after its use
	// then, and a function that changes the payload that it was given breaks a promise.
	PayloadsAreNotModified bool

	// ClonePayload returns a copy of a payload that shares nothing with it that could be changed.
	// The default copies exported fields and what pointers, slices, maps and interfaces lead to,
	// and leaves alone what has no exported fields.
	ClonePayload func(P) P
	// Scribble changes a payload as whoever shares it would notice. The default changes what the
	// default of ClonePayload copies. If a payload holds no pointer, slice, map or interface, there
	// is nothing to share: without Scribble the faults that change payloads are left out then.
	Scribble func(P)

	// Seed varies the scripts. The same seed makes the same ones; the default is 1.
	Seed uint64
	// Rounds is how many scripts to make of each walk through the stages, with as many seeds. The
	// default is 1.
	Rounds int
	// HangFor is how long a call that hangs does so at most. The default is 10 ms. Make it longer
	// than the secondary timeout of the service to see what becomes of a secondary that is late;
	// that is best in a synctest bubble.
	HangFor time.Duration
	// Patience is how long an operation may take, beyond what HangFor makes it hang, and a
	// backfill, a listing and a Close, before Exercise says that it never returns. The default is 5
	// s.
	Patience time.Duration
	// Script runs one script instead, as a failure tells it. The environment variable
	// CUTOVERTEST_SCRIPT goes before it. A script that does what no migration does, such as a move
	// to live without a backfill before, is refused.
	Script string
}

// System is one of the two systems under [Exercise]: records of type R found by a K, written by a
// P.
type System[K comparable, P, R any] struct {
	// Read is the function that a reader is made of.
	Read func(context.Context, K) (R, error)
	// Write is the function that a writer is made of: it stores a whole record, in place of the one
	// with the same key.
	Write func(context.Context, P) error
	// Delete is the function that a writer of deletes is made of. Without it in both systems
	// nothing is deleted.
	Delete func(context.Context, K) error
	// List returns all that the system holds. It is called while nothing else runs.
	List func(context.Context) (map[K]R, error)
}

// Systems are the old and the new system. Both are empty at first.
type Systems[K comparable, P, R any] struct {
	// Old and New are the two.
	Old, New System[K, P, R]
	// Backfill copies what the old system holds to the new one, so that both hold the same,
	// whatever the new one held before. The default writes the last payload of each record that the
	// old system lists to the new one, and deletes there what the old one does not list.
	Backfill func(context.Context) error
	// Close releases both, if there is anything to release. It is not called while an operation
	// that never returned may still use them.
	Close func() error
}

// Service is how the reads and writes under test are called, as your service calls them. Its
// functions return what the reader and the writers return.
type Service[K comparable, P, R any] struct {
	// Read reads a record.
	Read func(context.Context, K) (R, error)
	// Write writes a record.
	Write func(context.Context, P) error
	// Delete deletes a record; nil if the service never does.
	Delete func(context.Context, K) error
	// Kinds are the kinds of record that the service gave its [cutover.Builder.Journal]; nil if it
	// has none.
	Kinds []reconcile.RecordKind
	// Close waits for what runs in the background, as [cutover.Cutover.Close] does; nil if nothing
	// does. It is not called after an operation that never returned.
	Close func(context.Context) error
}

// Samples returns payloads for a [Harness]: these in turn, and from the first one again. It panics
// without any.
func Samples[P any](payloads ...P) func(n int) P {
	if len(payloads) == 0 {
		panic("cutovertest: no samples")
	}
	return func(n int) P { return payloads[n%len(payloads)] }
}

// withDefaults returns m with its defaults, or everything that is missing.
func (m Harness[K, P, R]) withDefaults() (Harness[K, P, R], error) {
	err := errors.Join(
		missing(m.NewSystems == nil, "NewSystems"), missing(m.Payload == nil, "Payload"), missing(m.Key == nil, "Key"),
		missing(m.ResultOf == nil && reflect.TypeFor[P]() != reflect.TypeFor[R](), "ResultOf, as P is not R"),
		m.setJournal(),
	)
	if m.ResultOf == nil {
		m.ResultOf = func(payload P) R {
			result, _ := any(payload).(R)
			return result
		}
	}
	if m.NotFound == nil {
		m.NotFound = func(result R, err error) bool { return err != nil || reflect.ValueOf(&result).Elem().IsZero() }
	}
	if m.Equal == nil {
		deep := compare.Deep[R]()
		m.Equal = func(a, b R) bool { return deep.Compare(a, b) == compare.Same }
	}
	if m.ClonePayload == nil {
		m.ClonePayload = copied[P]
	}
	if m.Scribble == nil && changeable(reflect.TypeFor[P]()) {
		m.Scribble = scribble[P]
	}
	if m.NewService == nil {
		m.NewService = m.defaultService
	}
	if m.journaled() && m.NewJournaledService == nil {
		m.NewJournaledService = m.defaultJournaledService
	}
	if m.Seed == 0 {
		m.Seed = 1
	}
	m.Rounds = max(m.Rounds, 1)
	if m.HangFor <= 0 {
		m.HangFor = 10 * time.Millisecond
	}
	if m.Patience <= 0 {
		m.Patience = 5 * time.Second
	}
	if err == nil {
		err = m.checkClone()
	}
	return m, err
}

// setJournal sets the defaults of what a journal needs.
func (m *Harness[K, P, R]) setJournal() error {
	switch {
	case m.NewJournaledService != nil:
		if m.Journals == nil {
			m.Journals = MemoryJournals
		}
		return nil
	case m.Journals == nil:
		return nil
	case m.NewService != nil:
		return missing(true, "NewJournaledService in place of NewService, as it has Journals")
	}
	if m.PayloadOf == nil {
		if reflect.TypeFor[P]() != reflect.TypeFor[R]() {
			return missing(true, "PayloadOf, as it has Journals and P is not R")
		}
		m.PayloadOf = func(result R) P {
			payload, _ := any(result).(P)
			return payload
		}
	}
	return nil
}

func (m *Harness[K, P, R]) journaled() bool { return m.Journals != nil }

// newModel is the model of a service that has written nothing.
func (m *Harness[K, P, R]) newModel(table map[ldmigration.Stage]plans) *model[K] {
	model := newModel[K](table)
	if m.journaled() {
		model.withJournal(m.overtaker, m.RequireJournal)
	}
	return model
}

// overtaker returns the next payload of the same record that writes something else.
func (m *Harness[K, P, R]) overtaker(n int) (int, bool) {
	payload := m.Payload(n)
	for next := n + 1; next <= n+100; next++ {
		if other := m.Payload(next); m.Key(other) == m.Key(payload) && !m.Equal(m.ResultOf(other), m.ResultOf(payload)) {
			return next, true
		}
	}
	return 0, false
}

// checkClone returns an error if a payload changes when its copy does: the faults that change
// payloads would then change what the test compares with.
func (m Harness[K, P, R]) checkClone() error {
	if m.Scribble == nil {
		return nil
	}
	payload := m.Payload(0)
	before := shown(m.ResultOf(payload))
	m.Scribble(m.ClonePayload(payload))
	if after := shown(m.ResultOf(payload)); after != before {
		return fmt.Errorf("the harness needs another ClonePayload: Scribble of a copy changed %s to %s", before, after)
	}
	return nil
}

func missing(is bool, what string) error {
	if is {
		return errors.New("the harness needs " + what)
	}
	return nil
}

func (s System[K, P, R]) validate(name string) error {
	return errors.Join(
		missing(s.Read == nil, name+".Read"), missing(s.Write == nil, name+".Write"), missing(s.List == nil, name+".List"),
	)
}
