package cutovertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
)

// The planted bugs: what Exercise is there to find. Each changes one place of a migration in which
// nothing is wrong.
var plantedBugs = map[string]struct {
	plant func(*shelfHarness)
	want  []string // of the failure
}{
	"a new writer that drops a field": {
		plant: inNew(func(s *shelf, system *shelfSystem) {
			system.Write = func(ctx context.Context, it item) error {
				it.Count = 0
				return s.Put(ctx, it)
			}
		}),
		want: []string{
			"while writes go to both systems, the secondary holds what was written too", "stage    dualwrite",
			"payload  {Key:c Value:v5 Count:5}", "c: {Key:c Value:v5 Count:0} instead of {Key:c Value:v5 Count:5}",
			"CUTOVERTEST_SCRIPT='dualwrite write:5' go test -run '^TestCaught$/^of a kind$'", "seed 1",
		},
	},
	"a write that cannot be repeated": {
		plant: inNew(func(s *shelf, system *shelfSystem) {
			system.Write = func(ctx context.Context, it item) error {
				if before, err := s.Get(ctx, it.Key); err == nil && before.Value == it.Value {
					it.Count = before.Count + 1
				}
				return s.Put(ctx, it)
			}
		}),
		want: []string{"while writes go to both systems", "dualwrite write:5 write:5'"},
	},
	"an insert that refuses to be repeated": {
		plant: inNew(func(s *shelf, system *shelfSystem) {
			system.Write = func(ctx context.Context, it item) error {
				if before, err := s.Get(ctx, it.Key); err == nil && before == it {
					return errors.New("duplicate key")
				}
				return s.Put(ctx, it)
			}
		}),
		want: []string{"both systems take and find the same records", `the new system refused it: "duplicate key"`},
	},
	"a read that lags": {
		plant: inNew(func(s *shelf, system *shelfSystem) { system.Read = cutovertest.Stale(s.Get) }),
		want:  []string{"a read after a successful write returns what was written", "from the new system"},
	},
	"swapped read functions": {
		plant: wired(func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error {
			old.Read, new.Read = new.Read, old.Read
			swapped, err := wire(client, old, new)
			s.Read = swapped.Read
			return err
		}),
		want: []string{"the stage says which systems are asked", "a read that asks old alone", "old asked: false, new asked: true"},
	},
	"swapped write functions": {
		plant: wired(func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error {
			old.Write, new.Write = new.Write, old.Write
			swapped, err := wire(client, old, new)
			s.Write = swapped.Write
			return err
		}),
		want: []string{"the stage says which systems are asked", "a write that asks old alone"},
	},
	"systems that are swapped in every function": {
		plant: func(m *shelfHarness) {
			m.NewService = func(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
				return wire(client, new, old)
			}
		},
		want: []string{"the stage says which systems are asked"},
	},
	"a delete that goes past the writer": {
		plant: wired(func(_ cutover.FlagClient, s *shelfService, old, _ shelfSystem) error {
			s.Delete = old.Delete
			return nil
		}),
		want: []string{"every operation sends an op event", "step     delete:"},
	},
	"a delete that is not dual-written": {
		plant: wired(func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error {
			new.Delete = func(context.Context, string) error { return nil }
			half, err := wire(client, old, new)
			s.Delete = half.Delete
			return err
		}),
		want: []string{"the stage says which systems are asked", "a delete that asks old, then new", "old asked: true, new asked: false"},
	},
	"a new system that keeps what is deleted": {
		plant: inNew(func(_ *shelf, system *shelfSystem) {
			system.Delete = func(context.Context, string) error { return nil }
		}),
		want: []string{"instead of no record", "step     delete:"},
	},
	"a delete that leaves an empty record": {
		plant: inNew(func(s *shelf, system *shelfSystem) {
			system.Delete = func(_ context.Context, key string) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.items[key] = item{}
				return nil
			}
		}),
		want: []string{"{Key: Value: Count:0} instead of no record"},
	},
	"a backfill that leaves alone what is there": {
		plant: inBoth(func(s *shelfSystems, before, after *shelf) {
			s.Backfill = func(ctx context.Context) error {
				all, err := before.All(ctx)
				for key, it := range all {
					if _, missing := after.Get(ctx, key); missing != nil {
						err = errors.Join(err, after.Put(ctx, it))
					}
				}
				return err
			}
		}),
		want: []string{"after a backfill both systems hold the same"},
	},
	"no backfill": {
		plant: inBoth(func(s *shelfSystems, _, _ *shelf) {
			s.Backfill = func(context.Context) error { return nil }
		}),
		want: []string{"after a backfill both systems hold the same", "c: no record instead of {Key:c"},
	},
	"a service that fails when the secondary does": {
		plant: wired(func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error {
			c, err := cutover.New(client, "shelves").Logger(quiet).Build()
			if err != nil {
				return err
			}
			put, err := cutover.NewWriter(c, old.Write, new.Write).RequireBoth().Build()
			s.Write = func(ctx context.Context, it item) error { return put.Write(ctx, anybody, it) }
			return err
		}),
		want: []string{
			"a secondary's failure never reaches the caller", "the secondary fails", "@fails'", "a fault that cutovertest made",
		},
	},
	"a service that hides a refused write": {
		plant: wired(func(_ cutover.FlagClient, s *shelfService, _, _ shelfSystem) error {
			write := s.Write
			s.Write = func(ctx context.Context, it item) error {
				_ = write(ctx, it)
				return nil
			}
			return nil
		}),
		want: []string{"a write that the authoritative system refused is an error", "@refuses'"},
	},
	"a service that refuses what both systems take": {
		plant: wired(func(_ cutover.FlagClient, s *shelfService, _, _ shelfSystem) error {
			write := s.Write
			s.Write = func(ctx context.Context, it item) error { return errors.Join(write(ctx, it), errNoItem) }
			return nil
		}),
		want: []string{"what neither system was made to refuse succeeds", `the caller got the error "no such item"`},
	},
	"a service that writes to the secondary first": {
		plant: wired(func(client cutover.FlagClient, s *shelfService, _, new shelfSystem) error {
			write := s.Write
			s.Write = func(ctx context.Context, it item) error {
				if stage, _, _ := client.MigrationVariation("shelves", anybody, ldmigration.Off); stage == ldmigration.Shadow {
					_ = new.Write(ctx, it)
				}
				return write(ctx, it)
			}
			return nil
		}),
		want: []string{"in which order they are written to", "want     old, then new", "got      new first", "stage    shadow"},
	},
	"a service that remembers the stage": {
		plant: wired(func(_ cutover.FlagClient, s *shelfService, _, _ shelfSystem) error {
			pinned, read := cutover.Pin(context.Background()), s.Read
			s.Read = func(_ context.Context, key string) (item, error) { return read(pinned, key) }
			return nil
		}),
		want: []string{"the stage says which systems are asked", "after the move from"},
	},
	"a comparison that finds differences where there are none": {
		plant: wired(func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error {
			c, err := cutover.New(client, "shelves").Logger(quiet).Build()
			if err != nil {
				return err
			}
			differ := func(a, b item) bool { return a.Count != b.Count }
			get, err := cutover.NewReader(c, old.Read, new.Read).CompareFunc(differ).Build()
			s.Read = func(ctx context.Context, key string) (item, error) { return get.Read(ctx, anybody, key) }
			return err
		}),
		want: []string{"results that are equal compare as consistent"},
	},
	"a write that panics": {
		plant: inNew(func(_ *shelf, system *shelfSystem) {
			system.Write = func(context.Context, item) error { panic("out of shelves") }
		}),
		want: []string{"both systems take and find the same records", "the new system panicked"},
	},
}

func TestExerciseFindsPlantedBugs(t *testing.T) {
	t.Parallel()
	for name, bug := range plantedBugs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := shelves()
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

func inNew(change func(*shelf, *shelfSystem)) func(*shelfHarness) {
	return inBoth(func(s *shelfSystems, _, after *shelf) { change(after, &s.New) })
}

func inBoth(change func(systems *shelfSystems, before, after *shelf)) func(*shelfHarness) {
	return func(m *shelfHarness) {
		m.NewSystems = func() shelfSystems {
			before, after := newShelf(), newShelf()
			systems := shelfSystems{Old: before.system(), New: after.system()}
			change(&systems, before, after)
			return systems
		}
	}
}

// wired changes the operations: by what a service may get wrong when it builds its reader and
// writers.
func wired(change func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error) func(*shelfHarness) {
	return func(m *shelfHarness) {
		m.NewService = func(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
			service, err := wire(client, old, new)
			if err != nil {
				return service, err
			}
			return service, change(client, &service, old, new)
		}
	}
}

var anybody = ldcontext.New("anybody")

// wire is how a service makes its operations.
func wire(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
	c, err := cutover.New(client, "shelves").Logger(quiet).Build()
	if err != nil {
		return shelfService{}, err
	}
	get, getErr := cutover.NewReader(c, old.Read, new.Read).CompareEqual().Build()
	put, putErr := cutover.NewWriter(c, old.Write, new.Write).Build()
	remove, removeErr := cutover.NewWriter(c, old.Delete, new.Delete).Build()
	return shelfService{
		Read:   func(ctx context.Context, key string) (item, error) { return get.Read(ctx, anybody, key) },
		Write:  func(ctx context.Context, it item) error { return put.Write(ctx, anybody, it) },
		Delete: func(ctx context.Context, key string) error { return remove.Write(ctx, anybody, key) },
		Close:  c.Close,
	}, errors.Join(getErr, putErr, removeErr)
}
