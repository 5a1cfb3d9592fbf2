package cutovertest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
)

// journaledShelves is a migration with a journal and without a fault.
func journaledShelves() shelfHarness {
	m := shelves()
	m.NewJournaledService = wireJournaled
	return m
}

// shelfPair is both systems as their records are repaired.
func shelfPair(old, new shelfSystem) reconcile.Pair[string, item] {
	system := func(s shelfSystem) reconcile.System[string, item] {
		return reconcile.System[string, item]{
			Get:    reconcile.NotFound(s.Read, errNoItem),
			Put:    func(ctx context.Context, _ string, it item) error { return s.Write(ctx, it) },
			Delete: s.Delete,
		}
	}
	return reconcile.Pair[string, item]{Old: system(old), New: system(new)}
}

// wireJournaled is how a service with a journal makes its operations.
func wireJournaled(client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem) (shelfService, error) {
	return wiring{pair: shelfPair(old, new)}.wire(client, journal, old, new)
}

// wiring is what services with a journal may have of their own.
type wiring struct {
	pair       reconcile.Pair[string, item]
	journal    func(reconcile.Journal) reconcile.Journal
	build      func(*cutover.Builder)
	records    func(item) string
	unrecorded bool
	write      func(*cutover.WriterBuilder[item])
	kinds      func(reconcile.RecordKind) []reconcile.RecordKind
}

func (w wiring) wire(client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem) (shelfService, error) {
	kind, err := reconcile.NewKind("item", w.pair)
	if err != nil {
		return shelfService{}, err
	}
	if w.journal != nil {
		journal = w.journal(journal)
	}
	b := cutover.New(client, "shelves").Logger(quiet).Journal(journal, kind)
	if w.build != nil {
		w.build(b)
	}
	c, err := b.Build()
	if err != nil {
		return shelfService{}, err
	}
	id := func(key string) string { return key }
	get, getErr := cutover.NewReader(c, old.Read, new.Read).CompareEqual().Records(cutover.Key(id)).Build()
	puts := cutover.NewWriter(c, old.Write, new.Write)
	switch {
	case w.unrecorded:
		puts.Unjournaled()
	case w.records != nil:
		puts.Records(cutover.Key(w.records))
	default:
		puts.Records(cutover.Key(byKey))
	}
	if w.write != nil {
		w.write(puts)
	}
	put, putErr := puts.Build()
	service := shelfService{
		Read:  func(ctx context.Context, key string) (item, error) { return get.Read(ctx, anybody, key) },
		Write: func(ctx context.Context, it item) error { return put.Write(ctx, anybody, it) },
		Close: c.Close, Kinds: []reconcile.RecordKind{kind},
	}
	if w.kinds != nil {
		service.Kinds = w.kinds(kind)
	}
	remove, removeErr := cutover.NewWriter(c, old.Delete, new.Delete).Records(cutover.Key(id)).Build()
	service.Delete = func(ctx context.Context, key string) error { return remove.Write(ctx, anybody, key) }
	return service, errors.Join(getErr, putErr, removeErr)
}

// wiredBy changes how the operations are made.
func wiredBy(change func(w *wiring)) func(*shelfHarness) {
	return func(m *shelfHarness) {
		m.NewJournaledService = func(
			client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem,
		) (shelfService, error) {
			w := wiring{pair: shelfPair(old, new)}
			change(&w)
			return w.wire(client, journal, old, new)
		}
	}
}

func TestAMigrationWithAJournalInWhichNothingIsWrongPasses(t *testing.T) {
	t.Parallel()
	withBuilder := func(build func(*cutover.Builder)) func(*shelfHarness) {
		return func(m *shelfHarness) {
			m.HangFor = time.Minute
			wiredBy(func(w *wiring) { w.build = build })(m)
		}
	}
	withWriter := func(write func(*cutover.WriterBuilder[item])) func(*shelfHarness) {
		return wiredBy(func(w *wiring) { w.write = write })
	}
	variants := map[string]func(*shelfHarness){
		"by default":        func(m *shelfHarness) { m.NewJournaledService, m.Journals = nil, cutovertest.MemoryJournals },
		"of its own wiring": func(*shelfHarness) {},
		"in several rounds": func(m *shelfHarness) { m.Rounds = 5 },
		"with another seed": func(m *shelfHarness) { m.Seed = 4711 },
		"without deletes": func(m *shelfHarness) {
			inBoth(func(s *shelfSystems, _, _ *shelf) { s.Old.Delete, s.New.Delete = nil, nil })(m)
			m.NewJournaledService, m.Journals = nil, cutovertest.MemoryJournals
		},
		"with deletes that refuse what is not there": inBoth(func(s *shelfSystems, before, after *shelf) {
			s.Old.Delete, s.New.Delete = before.removeKnown, after.removeKnown
		}),
		"of the same few payloads": func(m *shelfHarness) {
			m.Payload = cutovertest.Samples(item{"a", "1", 1}, item{"a", "2", 1}, item{"b", "1", 1})
		},
		"with detached reads":            withBuilder(func(b *cutover.Builder) { b.ReadOrder(cutover.Detached) }),
		"with a short secondary timeout": withBuilder(func(b *cutover.Builder) { b.SecondaryTimeout(5 * time.Millisecond) }),
		"with secondaries inline": func(m *shelfHarness) {
			m.SecondaryInline = true
			wiredBy(func(w *wiring) { w.build = func(b *cutover.Builder) { b.SecondaryInline() } })(m)
		},
		"with secondaries that copy":         withWriter(func(b *cutover.WriterBuilder[item]) { b.SecondaryCopies() }),
		"with secondaries in the background": withWriter(func(b *cutover.WriterBuilder[item]) { b.SecondaryInBackground() }),
		"with copies in the background": withWriter(func(b *cutover.WriterBuilder[item]) {
			b.SecondaryCopies().SecondaryInBackground().SerializeBy(cutover.Key(byKey))
		}),
		"that requires its journal": func(m *shelfHarness) {
			m.RequireJournal = true
			wiredBy(func(w *wiring) { w.build = func(b *cutover.Builder) { b.RequireJournal() } })(m)
		},
		"with writers that require both": func(m *shelfHarness) {
			m.RequireBoth = true
			withWriter(func(b *cutover.WriterBuilder[item]) { b.RequireBoth().SerializeBy(cutover.Key(byKey)) })(m)
		},
	}
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := journaledShelves()
				change(&m)
				assert.True(t, cutovertest.Exercise(t, m))
			})
		})
	}
	t.Run("outside of a bubble", func(t *testing.T) {
		t.Parallel()
		cutovertest.Exercise(t, journaledShelves())
	})
}

// Every journal fault at every stage and move with two writes is to be met, and repaired, whatever
// the seed.
func TestExerciseKillsEverywhere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		m := journaledShelves()
		m.Seed = seed
		scripts, err := cutovertest.Scripts(m)
		require.NoError(t, err)
		met := map[string]bool{}
		for _, script := range scripts {
			stage, dirty := "off", false
			for word := range strings.FieldsSeq(script) {
				step, _, _ := strings.Cut(word, ">")
				verb, rest, _ := strings.Cut(step, ":")
				if _, fault, faulty := strings.Cut(rest, "@"); faulty {
					met[stage+" "+verb+"@"+fault] = true
					dirty = dirty || verb == "write"
					if to := movesTo(word); to != "" {
						met[stage+" "+verb+"@"+fault+">"+to] = true
					}
				}
				if to := movesTo(word); to != "" && word != "drain" {
					stage = to
				}
				if word == "drain" {
					met[stage+" drain"], dirty = true, false
				}
			}
			assert.False(t, dirty && strings.Contains(script, "@dies"), script)
		}
		stages := cutovertest.Stages()
		for i, stage := range stages {
			dual := stage != ldmigration.Off && stage != ldmigration.Complete
			for _, fault := range []string{"dies-before", "dies-between", "dies-after", "overtaken", "unrecorded"} {
				assert.Equal(t, dual, met[string(stage)+" write@"+fault], "%s at %s", fault, stage)
			}
			assert.True(t, met[string(stage)+" write@refuses-after-all"], stage)
			assert.True(t, !dual || met[string(stage)+" drain"], stage)
			for _, fault := range []string{"dies-before", "dies-between", "dies-after"} {
				assert.Equal(t, dual, met[string(stage)+" delete@"+fault], "%s at %s", fault, stage)
				assert.Equal(t, dual, i < 5 && met[string(stage)+" write@"+fault+">"+string(stages[min(i+1, 5)])], "%s on from %s", fault, stage)
				assert.Equal(t, dual, i > 0 && met[string(stage)+" write@"+fault+">"+string(stages[max(i-1, 0)])], "%s back from %s", fault, stage)
			}
		}
	}
}

// Each fault harms a service whose journal does not do its work, and no other: a fault that never
// happens would find nothing.
func TestEachFaultHarmsWhoseJournalDoesNotDoItsWork(t *testing.T) {
	t.Parallel()
	early := func(j reconcile.Journal) reconcile.Journal { return earlyJournal{j} }
	clean := func(j reconcile.Journal) reconcile.Journal { return cleanJournal{j} }
	deaf := func(j reconcile.Journal) reconcile.Journal { return markless{earlyJournal{j}} }
	unmarked := func(j reconcile.Journal) reconcile.Journal { return markless{j} }
	cases := map[string]struct {
		journal func(reconcile.Journal) reconcile.Journal
		hangFor time.Duration
		want    string // of what the new system holds
	}{
		"dualwrite write:0@dies-between drain":                {journal: early, want: "a: no record instead of {Key:a Value:v0 Count:0}"},
		"dualwrite write:0 delete:0@dies-between drain":       {journal: early, want: "a: {Key:a Value:v0 Count:0} instead of no record"},
		"dualwrite write:0 write:3@dies-between>shadow drain": {journal: early, want: "a: {Key:a Value:v0 Count:0} instead of {Key:a Value:v3 Count:3}"},
		"dualwrite write:0@overtaken drain":                   {journal: early, want: "a: {Key:a Value:v0 Count:0} instead of {Key:a Value:v3 Count:3}"},
		"dualwrite write:0@fails drain":                       {journal: clean, want: "a: no record instead of {Key:a Value:v0 Count:0}"},
		"dualwrite write:0@sticks drain":                      {journal: deaf, hangFor: time.Minute, want: "a: no record instead of {Key:a Value:v0 Count:0}"},
		"dualwrite write:0@overtaken drain ":                  {journal: deaf, hangFor: time.Minute, want: "a: {Key:a Value:v0 Count:0} instead of {Key:a Value:v3 Count:3}"},
		"dualwrite write:0@refuses-after-all drain":           {journal: clean, want: "a: no record instead of {Key:a Value:v0 Count:0}"},
		"dualwrite write:0@unrecorded drain":                  {journal: unmarked, want: "a: no record instead of {Key:a Value:v0 Count:0}"},
	}
	for script, c := range cases {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := journaledShelves()
				m.Script = script
				m.HangFor = c.hangFor
				w := func(w *wiring) {
					w.build = func(b *cutover.Builder) { b.SecondaryTimeout(time.Second) }
				}
				wiredBy(w)(&m)
				assert.True(t, cutovertest.Exercise(t, m))

				wiredBy(func(bad *wiring) { w(bad); bad.journal = c.journal })(&m)
				got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
				assert.Contains(t, got.String(), "after a drain both systems hold the same")
				assert.Contains(t, got.String(), "the new system holds\n    "+c.want)
			})
		})
	}
}

// markless loses marks.
type markless struct{ reconcile.Journal }

func (markless) Mark(context.Context, cutover.JournalMark) {}

func TestAWriteOfTheOtherDirectionAfterACrashIsNotLost(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"dualwrite backfill shadow write:0@dies-between>live read:0 write:3 drain read:3",
		"dualwrite backfill shadow write:0 write:0@dies-before>live write:3 drain read:3",
		"dualwrite backfill shadow live write:0@dies-between>shadow read:0 write:3 drain read:3",
		"dualwrite backfill shadow live write:0@dies-between>shadow write:3@refuses read:3 drain",
		"dualwrite backfill shadow live rampdown write:0@dies-between>complete write:3 drain off read:3",
		"dualwrite write:0@dies-between>off write:3 drain read:3",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := journaledShelves()
				m.Script = script
				assert.True(t, cutovertest.Exercise(t, m))
			})
		})
	}
}

func TestAScriptThatNoServiceWithAJournalFollowsIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script, want string
		without      bool // a journal
	}{
		"a drain without a journal": {"dualwrite drain", "a drain, or a fault that needs one, needs a service with a journal", true},
		"a crash without a journal": {"dualwrite write:0@dies-between", "needs a service with a journal", true},
		"a read that dies":          {"dualwrite read:0@dies-between", "no read has this fault", false},
		"a delete that is overtaken": {
			"dualwrite write:0 delete:0@overtaken", "no delete has this fault", false,
		},
		"a crash with one write": {"write:0@dies-between", "a write at off asks old alone: there is no secondary for the fault", false},
		"a crash in a delete of nothing": {
			"dualwrite delete:0@dies-between", "the process is killed in a delete of a record that is not there", false,
		},
		"a drain of what only a backfill copies": {
			"write:0 shadow read:0 drain", `step 4, "drain": a drain at shadow of records that differ since before writes went to both systems`, false,
		},
		"a move before a drain": {
			"dualwrite backfill shadow write:0@fails live", "a drain, and a backfill, must come before the move from shadow to live", false,
		},
		"a write to one system before a drain": {
			"dualwrite backfill shadow write:0@loses-answer live complete", "a drain must come before the move from live to complete", false,
		},
		"a write that nobody can record over one that nobody has repaired": {
			"dualwrite backfill shadow write:0@dies-between>live write:3@unrecorded", "of a record that is to be copied from the other system: drain before", false,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := journaledShelves()
			if c.without {
				m = shelves()
			}
			m.Script = c.script
			got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
			assert.Contains(t, got.String(), "exercise: script: ")
			assert.Contains(t, got.String(), c.want)
		})
	}
	t.Run("a record of one payload that is overtaken", func(t *testing.T) {
		t.Parallel()
		m := journaledShelves()
		m.Payload = cutovertest.Samples(item{"a", "1", 1}, item{"b", "1", 1})
		m.Script = "dualwrite write:0@overtaken"
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
		assert.Contains(t, got.String(), "no later payload of the record can overtake payload 0")
		m.Script = ""
		assert.True(t, cutovertest.Exercise(t, m))
	})
}

func TestAHarnessWithAJournalIsRefusedWithWhatIsMissing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*shelfHarness)
		want   string
	}{
		"a service of no kinds": {
			wiredBy(func(w *wiring) { w.kinds = func(reconcile.RecordKind) []reconcile.RecordKind { return nil } }), "needs Service.Kinds",
		},
		"a service without a journal": {
			func(m *shelfHarness) {
				m.NewService, m.NewJournaledService, m.Journals = wire, nil, cutovertest.MemoryJournals
			},
			"needs NewJournaledService in place of NewService, as it has Journals",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := journaledShelves()
			c.change(&m)
			got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
			assert.Contains(t, got.String(), c.want)
		})
	}
	got := catch(func(tb *caughtTest) {
		cutovertest.Exercise(tb, cutovertest.Harness[string, item, string]{Journals: cutovertest.MemoryJournals})
	})
	assert.Contains(t, got.String(), "needs PayloadOf, as it has Journals and P is not R")
}

func TestAServiceThatCallsNoSecondaryCannotBeKilledThere(t *testing.T) {
	t.Parallel()
	m := journaledShelves()
	m.Script = "dualwrite write:0@dies-between"
	m.NewJournaledService = func(
		client cutover.FlagClient, journal reconcile.Journal, old, new shelfSystem,
	) (shelfService, error) {
		new.Write = old.Write
		return wireJournaled(client, journal, old, new)
	}
	got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
	assert.Contains(t, got.String(), "no such call came, at which the process was to be killed")
}

func TestShrinkingWithAJournalTriesNothingUnlawful(t *testing.T) {
	t.Parallel()
	for name, bug := range plantedJournalBugs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := journaledShelves()
				bug.plant(&m)
				if m.Script != "" {
					return
				}
				tried, err := cutovertest.Tried(t.Context(), m)
				require.NoError(t, err)
				for _, script := range tried {
					require.NoError(t, cutovertest.Lawful(m, script))
				}
			})
		})
	}
}
