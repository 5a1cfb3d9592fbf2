package cutovertest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
)

// A journal that cannot be reached keeps no write from its caller. What was written meanwhile is
// marked as soon as the journal works again.
func ExampleJournal() {
	var down cutovertest.Switch
	journal := cutovertest.Journal(reconcile.NewMemory(reconcile.MemoryConfig{LateBound: 1}), down.Fault())
	legacy, modern := store{}, store{}
	kind, _ := reconcile.NewKind("pair", reconcile.Pair[string, string]{Old: legacy.system(), New: modern.system()})
	c, _ := cutover.New(cutovertest.NewClient(ldmigration.DualWrite), "to-modern").Logger(quiet).Journal(journal, kind).Build()
	full := cutovertest.First(1, cutovertest.Fail(errors.New("disk full")))
	put, _ := cutover.NewWriter(c, legacy.Put, cutovertest.Write(modern.Put, full)).
		Records(cutover.Key(func(p pair) string { return p.Key })).Build()

	down.Set(cutovertest.Fail(errors.New("no connection")))
	fmt.Println(put.Write(context.Background(), ldcontext.NewWithKind("tenant", "acme"), pair{"a", "1"}))
	fmt.Println(legacy, modern)

	down.Set()
	repair, _ := reconcile.NewRepair(journal, "to-modern", reconcile.RepairConfig{}, kind)
	fmt.Println(repair.Drain(context.Background()))
	fmt.Println(legacy, modern)
	// Output:
	// <nil>
	// map[a:1] map[]
	// <nil>
	// map[a:1] map[a:1]
}

// system is how a repair uses the store.
func (s store) system() reconcile.System[string, string] {
	return reconcile.System[string, string]{
		Get: func(_ context.Context, key string) (string, bool, error) {
			value, found := s[key]
			return value, found, nil
		},
		Put:    func(ctx context.Context, key, value string) error { return s.Put(ctx, pair{key, value}) },
		Delete: func(_ context.Context, key string) error { delete(s, key); return nil },
	}
}

// A journal whose intents are lost for some records.
func ExampleForget() {
	lossy := cutovertest.When(func(call cutovertest.JournalCall) bool {
		return call.Method == "Begin" && call.Records[0].Key == "b"
	}, cutovertest.Forget())
	journal := cutovertest.Journal(reconcile.NewMemory(reconcile.MemoryConfig{}), lossy)
	for _, key := range strings.Fields("a b") {
		_, err := journal.Begin(context.Background(), cutover.JournalWrite{
			Flag: "to-modern", From: ldmigration.Old, Records: []cutover.RecordKey{{Kind: "pair", Key: key}},
		})
		backlog, _ := journal.Backlog(context.Background(), "to-modern")
		fmt.Println(err, backlog.Open)
	}
	// Output:
	// <nil> 1
	// <nil> 1
}

// The service of this migration names the records that its writer writes, and says how they are
// repaired.
func ExampleExercise_journal() {
	type system = cutovertest.System[string, pair, string]
	type service = cutovertest.Service[string, pair, string]
	newSystem := func() system {
		s := store{}
		return system{Read: s.Get, Write: s.Put, List: s.All, Delete: s.system().Delete}
	}
	repairable := func(s system) reconcile.System[string, string] {
		return reconcile.System[string, string]{
			Get: func(ctx context.Context, key string) (string, bool, error) {
				value, err := s.Read(ctx, key)
				return value, value != "", err
			},
			Put:    func(ctx context.Context, key, value string) error { return s.Write(ctx, pair{key, value}) },
			Delete: s.Delete,
		}
	}
	user := ldcontext.New("anybody")
	passed := cutovertest.Exercise(t, cutovertest.Harness[string, pair, string]{
		NewSystems: func() cutovertest.Systems[string, pair, string] {
			return cutovertest.Systems[string, pair, string]{Old: newSystem(), New: newSystem()}
		},
		Payload:  cutovertest.Samples(pair{"a", "1"}, pair{"b", "2"}, pair{"a", "3"}),
		Key:      func(p pair) string { return p.Key },
		ResultOf: func(p pair) string { return p.Value },
		NewJournaledService: func(client cutover.FlagClient, journal reconcile.Journal, old, new system) (service, error) {
			kind, err := reconcile.NewKind("pair", reconcile.Pair[string, string]{Old: repairable(old), New: repairable(new)})
			if err != nil {
				return service{}, err
			}
			c, err := cutover.New(client, "to-modern").Logger(quiet).Journal(journal, kind).Build()
			if err != nil {
				return service{}, err
			}
			get, getErr := cutover.NewReader(c, old.Read, new.Read).CompareEqual().Build()
			put, putErr := cutover.NewWriter(c, old.Write, new.Write).
				Records(cutover.Key(func(p pair) string { return p.Key })).Build()
			return service{
				Read:  func(ctx context.Context, key string) (string, error) { return get.Read(ctx, user, key) },
				Write: func(ctx context.Context, p pair) error { return put.Write(ctx, user, p) },
				Close: c.Close,
				Kinds: []reconcile.RecordKind{kind},
			}, errors.Join(getErr, putErr)
		},
	})
	fmt.Println(passed)
	// Output: true
}
