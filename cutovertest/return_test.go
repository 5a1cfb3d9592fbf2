package cutovertest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
)

// stuck is something of a service that waits until the test lets go of it.
type stuck struct{ free chan struct{} }

func (s stuck) wait() { <-s.free }

func TestExerciseTellsWhatNeverReturns(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		plant func(*shelfHarness, stuck)
		want  []string
	}{
		"a write": {
			plant: func(m *shelfHarness, s stuck) {
				wired(func(_ cutover.FlagClient, service *shelfService, _, _ shelfSystem) error {
					write, calls := service.Write, 0
					service.Write = func(ctx context.Context, it item) error {
						if calls++; calls == 3 {
							s.wait()
						}
						return write(ctx, it)
					}
					return nil
				})(m)
			},
			want: []string{
				"stage    off\nstep     write:1\n", "it has not returned after 5.01s, and is left running",
				"the goroutines that it waits for:\n  goroutine ", "[chan receive", "stuck.wait",
				"CUTOVERTEST_SCRIPT='write:0 read:0 write:0 read:0 write:1'", `found in "six stages, there and back", seed 1, at step 5`,
			},
		},
		"a read that waits for a goroutine": {
			plant: func(m *shelfHarness, s stuck) {
				wired(func(_ cutover.FlagClient, service *shelfService, _, _ shelfSystem) error {
					service.Read = func(context.Context, string) (item, error) {
						ended := make(chan struct{})
						go func() {
							defer close(ended)
							s.wait()
						}()
						<-ended
						return item{}, nil
					}
					return nil
				})(m)
			},
			want: []string{"step     read:0", "[chan receive", "created by ", "stuck.wait"},
		},
		"a call that outlives its operation": {
			plant: func(m *shelfHarness, s stuck) {
				began := make(chan struct{})
				wired(func(_ cutover.FlagClient, service *shelfService, old, _ shelfSystem) error {
					write := service.Write
					service.Write = func(ctx context.Context, it item) error {
						go func() { _ = old.Write(context.Background(), item{Key: "stuck"}) }()
						<-began
						return write(ctx, it)
					}
					return nil
				})(m)
				fresh := m.NewSystems
				m.NewSystems = func() shelfSystems {
					systems := fresh()
					put := systems.Old.Write
					systems.Old.Write = func(ctx context.Context, it item) error {
						if it.Key == "stuck" {
							close(began)
							s.wait()
						}
						return put(ctx, it)
					}
					return systems
				}
			},
			want: []string{"step     write:0", "it returned, but a call that it made has not ended, and is left running", "stuck.wait"},
		},
		"a backfill": {
			plant: func(m *shelfHarness, s stuck) {
				inBoth(func(systems *shelfSystems, _, _ *shelf) {
					systems.Backfill = func(context.Context) error { s.wait(); return nil }
				})(m)
			},
			want: []string{"step     backfill", "the backfill: it has not returned after 5s", "stuck.wait"},
		},
		"a listing": {
			plant: func(m *shelfHarness, s stuck) {
				inNew(func(after *shelf, system *shelfSystem) {
					system.List = func(ctx context.Context) (map[string]item, error) {
						if len(after.items) > 0 {
							s.wait()
						}
						return after.All(ctx)
					}
				})(m)
			},
			want: []string{"stage    dualwrite", "listing the new system: it has not returned after 5s", "stuck.wait"},
		},
		"a Close": {
			plant: func(m *shelfHarness, s stuck) {
				wired(func(_ cutover.FlagClient, service *shelfService, _, _ shelfSystem) error {
					service.Close = func(context.Context) error { s.wait(); return nil }
					return nil
				})(m)
			},
			want: []string{"exercise: closing the service: it has not returned after 10s", "stuck.wait"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stuck{make(chan struct{})}
				m := shelves()
				c.plant(&m, s)
				began := time.Now()
				got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
				assert.Less(t, time.Since(began), 12*time.Second)
				assert.Len(t, got.messages, 1)
				for _, want := range c.want {
					assert.Contains(t, got.String(), want)
				}
				close(s.free) // what was left ends now: the bubble must not keep it
			})
		})
	}
}

// Out of a bubble, one that waits for a lock is told too.
func TestExerciseTellsOfAServiceThatWaitsForALock(t *testing.T) {
	t.Parallel()
	var lock sync.Mutex
	m := shelves()
	m.Patience = 300 * time.Millisecond
	open, fresh := 0, m.NewSystems
	m.NewSystems = func() shelfSystems {
		systems := fresh()
		open++
		systems.Close = func() error { open--; return nil }
		return systems
	}
	wired(func(_ cutover.FlagClient, service *shelfService, _, _ shelfSystem) error {
		write := service.Write
		service.Write = func(ctx context.Context, it item) error {
			if it.Count == 1 {
				lock.Lock()
				defer lock.Unlock()
			}
			return write(ctx, it)
		}
		return nil
	})(&m)
	m.Script = "write:0 write:1"
	lock.Lock()
	defer lock.Unlock()
	got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
	assert.Contains(t, got.String(), "an operation returns, and its calls end")
	assert.Contains(t, got.String(), "step     write:1")
	assert.Contains(t, got.String(), "sync.(*Mutex).Lock")
	assert.Equal(t, 1, open, "the systems are in use still")
}

// What the engine does with a write of a key within a write of that key is its own: it waits, or it
// says so. Exercise tells either, and ends.
func TestExerciseEndsOnAWriteWithinAWriteOfTheSameKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := shelves()
		m.NewService = func(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
			service, err := wire(client, old, new)
			c, buildErr := cutover.New(client, "shelves").Logger(quiet).Build()
			if err := errors.Join(err, buildErr); err != nil {
				return service, err
			}
			var put *cutover.Writer[item]
			put, err = cutover.NewWriter(c, func(inner context.Context, it item) error {
				if it.Count == 1 {
					return put.Write(ctx, anybody, item{Key: it.Key})
				}
				return old.Write(inner, it)
			}, new.Write).SerializeBy(cutover.Key(byKey)).Build()
			service.Write = func(ctx context.Context, it item) error { return put.Write(ctx, anybody, it) }
			return service, err
		}
		m.Script = "write:0 write:1"
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
		assert.Contains(t, got.String(), "step     write:1")
		cancel()
		synctest.Wait()
	})
}

// A panic is cut down, but not to what never returns, and not for longer than everything returns.
func TestShrinkingEndsOnWhatNeverReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{})}
		made, left := 0, atomic.Int32{}
		m := shelves()
		m.Patience = time.Second
		wired(func(_ cutover.FlagClient, service *shelfService, _, _ shelfSystem) error {
			made++
			tries, write := made-2, service.Write // after the survey and the walk
			service.Write = func(ctx context.Context, it item) error {
				switch {
				case tries > 0:
					left.Add(1)
					s.wait()
				case it.Count == 5:
					panic("out of shelves")
				}
				return write(ctx, it)
			}
			return nil
		})(&m)
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
		assert.Contains(t, got.String(), "got      panic: out of shelves")
		assert.Contains(t, got.String(), "step     write:5")
		assert.Contains(t, got.String(), "cut down to")
		assert.EqualValues(t, 1, left.Load())
		close(s.free)
	})
}

func TestStacksAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{})}
		var deep func(n int)
		deep = func(n int) {
			if n > 0 {
				deep(n - 1)
				return
			}
			s.wait()
		}
		m := shelves()
		wired(func(_ cutover.FlagClient, service *shelfService, _, _ shelfSystem) error {
			service.Write = func(context.Context, item) error {
				for range 20 {
					go deep(100)
				}
				deep(100)
				return nil
			}
			return nil
		})(&m)
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
		assert.Less(t, strings.Count(got.String(), "\n"), 220)
		assert.Contains(t, got.String(), "lines more")
		assert.Contains(t, got.String(), "and 15 goroutines more")
		close(s.free)
	})
}
