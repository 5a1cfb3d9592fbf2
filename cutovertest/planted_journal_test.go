package cutovertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
)

// The planted bugs of services with a journal: what nobody sees until a process crashes, or a
// secondary fails.
var plantedJournalBugs = map[string]struct {
	plant func(*shelfHarness)
	want  []string // of the failure
}{
	"a writer that does not name its records": {
		plant: wiredBy(func(w *wiring) { w.unrecorded = true }),
		want: []string{
			"the journal is told of a write to both systems before the second of its writes", "step     write:5",
			"got      none: the writer has no Records, or what is around the journal fails or loses them",
			"CUTOVERTEST_SCRIPT='dualwrite write:5' go test -run",
		},
	},
	"a writer that names other records": {
		plant: wiredBy(func(w *wiring) { w.records = func(it item) string { return it.Value } }),
		want: []string{
			"after a drain both systems hold the same",
			`journal  write:3@dies-between told it of "item v3"`,
			"CUTOVERTEST_SCRIPT='dualwrite write:3@dies-between drain'",
			"a: no record instead of {Key:a Value:v3 Count:3}",
		},
	},
	"a journal that forgets": {
		plant: journaledBy(func(j reconcile.Journal) reconcile.Journal { return cutovertest.Journal(j, cutovertest.Forget()) }),
		want: []string{
			"the journal is told of a write to both systems before the second of its writes",
			"fails or loses them",
		},
	},
	"a journal that cannot be reached": {
		plant: journaledBy(func(j reconcile.Journal) reconcile.Journal { return cutovertest.Journal(j, cutovertest.Fail(errDisk)) }),
		want: []string{
			"the journal is told of a write to both systems before the second of its writes",
			"fails or loses them",
		},
	},
	"a journal that forgets before the end": {
		plant: journaledBy(func(j reconcile.Journal) reconcile.Journal { return earlyJournal{j} }),
		want: []string{
			"after a drain both systems hold the same",
			"the new system holds",
			"CUTOVERTEST_SCRIPT='dualwrite write:3@dies-between drain'",
		},
	},
	"a journal that is not told how writes end": {
		plant: journaledBy(func(j reconcile.Journal) reconcile.Journal { return cleanJournal{j} }),
		want: []string{
			"after a drain both systems hold the same",
			"@refuses-after-all drain'",
		},
	},
	"a Put that does nothing": {
		plant: wiredBy(func(w *wiring) {
			w.pair.New.Put = func(context.Context, string, item) error { return nil }
		}),
		want: []string{
			"a drain makes every dirty record equal, and ends",
			"1 records are parked",
			`copying "item a" from the old system: record differs after it was written`,
		},
	},
	"a Put that drops a field": {
		plant: wiredBy(func(w *wiring) {
			put := w.pair.New.Put
			w.pair.New.Put = func(ctx context.Context, key string, it item) error { it.Count = 0; return put(ctx, key, it) }
		}),
		want: []string{
			"a drain makes every dirty record equal, and ends",
			"record differs after it was written",
			"a: {Key:a Value:v3 Count:0}",
		},
	},
	"a Put that fails": {
		plant: wiredBy(func(w *wiring) {
			w.pair.Old.Put = func(context.Context, string, item) error { return errDisk }
		}),
		want: []string{
			"a drain makes every dirty record equal, and ends",
			"writing to the old system: disk full",
		},
	},
	"a Delete that does nothing": {
		plant: wiredBy(func(w *wiring) {
			w.pair.New.Delete = func(context.Context, string) error { return nil }
		}),
		want: []string{
			"a drain makes every dirty record equal, and ends",
			"delete:4@dies-between drain'",
		},
	},
	"a repair in the wrong direction": {
		plant: wiredBy(func(w *wiring) { w.pair.Old, w.pair.New = w.pair.New, w.pair.Old }),
		want: []string{
			"a repair loses no write: the system that was written first keeps what it holds",
			"the old system holds\n",
			"@fails drain'",
		},
	},
	"a repair that takes all records for equal": {
		plant: wiredBy(func(w *wiring) { w.pair.Compare = compare.Func(func(_, _ item) bool { return true }) }),
		want: []string{
			"after a drain both systems hold the same",
		},
	},
	"a repair that finds no record": {
		plant: wiredBy(func(w *wiring) {
			w.pair.Old.Get = func(context.Context, string) (item, bool, error) { return item{}, false, nil }
		}),
		want: []string{
			"a drain makes every dirty record equal, and ends",
			"record differs after it was written",
		},
	},
	"a repair of other kinds": {
		plant: wiredBy(func(w *wiring) {
			w.kinds = func(reconcile.RecordKind) []reconcile.RecordKind {
				other, _ := reconcile.NewKind("shelf", w.pair)
				return []reconcile.RecordKind{other}
			}
		}),
		want: []string{
			"the service's Kinds are all kinds of record that its writers name",
			`no kind "item"`,
		},
	},
	"a journal that refuses writes": {
		plant: wiredBy(func(w *wiring) { w.build = func(b *cutover.Builder) { b.RequireJournal() } }),
		want: []string{
			"a journal's failure never reaches the caller", "the journal cannot be reached, and the secondary fails", "@unrecorded'",
		},
	},
	"a journal that refuses no writes": {
		plant: func(m *shelfHarness) { m.RequireJournal = true },
		want: []string{
			"a write that the journal cannot record is an error and is not made, as the harness says", "the old system was asked",
		},
	},
	"a service that hides what the journal refuses": {
		plant: func(m *shelfHarness) {
			m.RequireJournal = true
			afterwards(func(s *shelfService) {
				write := s.Write
				s.Write = func(ctx context.Context, it item) error {
					if err := write(ctx, it); !errors.Is(err, cutover.ErrJournal) {
						return err
					}
					return nil
				}
			})(m)
		},
		want: []string{"the journal cannot record", "@unrecorded'"},
	},
	"a service that starts once": {
		plant: func(m *shelfHarness) {
			m.Script = "dualwrite write:0@dies-between write:1"
			started := 0
			m.NewJournaledService = func(
				client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem,
			) (shelfService, error) {
				if started++; started > 2 { // the set-up is tried before
					return shelfService{}, errDisk
				}
				return wireJournaled(client, journal, old, new)
			}
		},
		want: []string{"the service starts again after a crash", "making the service: disk full"},
	},
	"a process beside which no other one can write": {
		plant: func(m *shelfHarness) {
			m.Script = "dualwrite write:0@overtaken"
			started := 0
			m.NewJournaledService = func(
				client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem,
			) (shelfService, error) {
				service, err := wireJournaled(client, journal, old, new)
				if started++; started > 2 {
					service.Write = func(context.Context, item) error { return errDisk }
				}
				return service, err
			}
		},
		want: []string{
			"what neither system was made to refuse succeeds",
			`the caller of the write that came in between got the error "payload 3 by another process: disk full"`,
		},
	},
	"a lease that never runs out": {
		plant: func(m *shelfHarness) {
			m.Script = "dualwrite write:0@dies-before drain"
			m.Journals = func() cutovertest.Journals {
				s := cutovertest.MemoryJournals()
				s.Lapse = func() {}
				return s
			}
		},
		want: []string{
			"a drain makes every dirty record equal, and ends", "it has not ended after 5s", `"item a" is open still: no reason`,
		},
	},
	"a breaker that opens at the first failure": {
		plant: wiredBy(func(w *wiring) { w.build = func(b *cutover.Builder) { b.Breaker(1, 1<<40) } }),
		want: []string{
			"the stage says which systems are asked",
		},
	},
}

func journaledBy(wrap func(reconcile.Journal) reconcile.Journal) func(*shelfHarness) {
	return wiredBy(func(w *wiring) { w.journal = wrap })
}

// afterwards changes the operations that were made.
func afterwards(change func(s *shelfService)) func(*shelfHarness) {
	return func(m *shelfHarness) {
		m.NewJournaledService = func(
			client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem,
		) (shelfService, error) {
			service, err := wiring{
				pair: shelfPair(old, new), build: func(b *cutover.Builder) { b.RequireJournal() },
			}.wire(client, journal, old, new)
			change(&service)
			return service, err
		}
	}
}

// earlyJournal ends every intent as soon as it began.
type earlyJournal struct{ reconcile.Journal }

func (j earlyJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	intent, err := j.Journal.Begin(ctx, w)
	if err == nil {
		intent.End(cutover.IntentEnd{})
	}
	return uselessIntent{intent}, err
}

type uselessIntent struct{ cutover.Intent }

func (uselessIntent) Check() error          { return nil }
func (uselessIntent) End(cutover.IntentEnd) {}

// cleanJournal takes every end for a clean one.
type cleanJournal struct{ reconcile.Journal }

func (j cleanJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	intent, err := j.Journal.Begin(ctx, w)
	return cleanIntent{intent}, err
}

type cleanIntent struct{ cutover.Intent }

func (c cleanIntent) End(cutover.IntentEnd) { c.Intent.End(cutover.IntentEnd{}) }

func TestExerciseFindsPlantedBugsOfAJournal(t *testing.T) {
	t.Parallel()
	for name, bug := range plantedJournalBugs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := journaledShelves()
				bug.plant(&m)
				got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
				assert.Len(t, got.messages, 1)
				for _, want := range bug.want {
					assert.Contains(t, got.String(), want)
				}
			})
		})
	}
}
