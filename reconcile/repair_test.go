package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/reconcile"
)

// bed is a repair with its journal and stores, in a bubble.
type bed struct {
	*stores
	*process
	kind *reconcile.Kind[string, string]
	seen []reconcile.Repaired
	mu   sync.Mutex
}

func repairing(t *testing.T, config reconcile.RepairConfig, pair func(*stores, *reconcile.Pair[string, string]), do func(*testing.T, *bed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStores()
		p := reconcile.Pair[string, string]{Old: s.system(oldOne), New: s.system(newOne)}
		if pair != nil {
			pair(s, &p)
		}
		kind, err := reconcile.NewKind("order", p)
		require.NoError(t, err)
		b := &bed{stores: s, process: &process{journal: reconcile.NewMemory(reconcile.MemoryConfig{})}, kind: kind}
		config.Logger = quiet
		observe := config.Observe
		config.Observe = func(ctx context.Context, r reconcile.Repaired) {
			b.mu.Lock()
			b.seen = append(b.seen, r)
			b.mu.Unlock()
			if observe != nil {
				observe(ctx, r)
			}
		}
		b.repair, err = reconcile.NewRepair(b.journal, flagKey, config, kind)
		require.NoError(t, err)
		do(t, b)
	})
}

func TestRepairCopiesWhatTheAuthoritativeSystemHas(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{Workers: 1}, nil, func(t *testing.T, b *bed) {
		b.data = [2]map[string]string{
			{"missing": "a", "stale": "b", "equal": "c"},
			{"stale": "old", "equal": "c", "deleted": "d"},
		}
		for _, key := range []string{"missing", "stale", "equal", "deleted", "nowhere"} {
			b.mark(key, true)
		}
		b.drained(t, b.process)
		assert.Equal(t, map[string]string{"missing": "a", "stale": "b", "equal": "c"}, b.data[1])
		f := b.repair.Figures()
		f.PerSecond = 0
		assert.Equal(t, reconcile.Figures{Claimed: 5, Cleared: 5, Wrote: 3, Deleted: 1}, f)
		status, err := b.repair.Status(t.Context())
		require.NoError(t, err)
		assert.True(t, status.Equal())
	})
}

func TestRepairTriesAgainLaterAndLaterAndParksInTheEnd(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{Workers: 1, Attempts: 4, Backoff: time.Second, MaxBackoff: 3 * time.Second}, nil,
		func(t *testing.T, b *bed) {
			b.data[0]["1"] = "a"
			down := errors.New("down")
			var tries []time.Duration
			began := time.Now()
			b.before = func(_ context.Context, c storeCall) error {
				if c.what == "get" {
					tries = append(tries, time.Since(began))
					return down
				}
				return nil
			}
			b.mark("1", true)
			require.ErrorIs(t, b.repair.Drain(t.Context()), reconcile.ErrParked)
			require.Len(t, tries, 4)
			for i, wait := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
				assert.InDelta(t, wait+300*time.Millisecond, tries[i+1]-tries[i], float64(300*time.Millisecond), "and a poll")
			}
			assert.Equal(t, reconcile.Park, b.seen[3].Outcome)
			require.ErrorIs(t, b.seen[3].Err, down)
			backlog, err := b.journal.Backlog(t.Context(), flagKey)
			require.NoError(t, err)
			assert.Equal(t, 1, backlog.Parked)
			assert.Zero(t, backlog.Dirty)

			b.before = nil
			n, err := b.journal.Unpark(t.Context(), flagKey)
			require.NoError(t, err)
			assert.Equal(t, 1, n)
			b.drained(t, b.process)
		})
}

func TestOneBadRecordDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	for name, many := range map[string]bool{"one by one": false, "many at once": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repairing(t, reconcile.RepairConfig{Attempts: 1}, func(s *stores, p *reconcile.Pair[string, string]) {
				if many {
					s.manyAtOnce(p)
				}
			}, func(t *testing.T, b *bed) {
				for i := range 30 {
					key := strconv.Itoa(i)
					b.data[0][key] = "value"
					b.mark(key, true)
				}
				b.before = func(_ context.Context, c storeCall) error {
					switch {
					case c.what == "get" && c.key == "7":
						panic("seven")
					case c.what == "put" && c.key == "8":
						return errors.New("eight")
					}
					return nil
				}
				require.ErrorIs(t, b.repair.Drain(t.Context()), reconcile.ErrParked)
				assert.Equal(t, 2, b.differ())
				assert.Equal(t, uint64(28), b.repair.Figures().Cleared)
				var fault *cutover.PanicError
				entries, err := b.journal.Entries(t.Context(), reconcile.Filter{Flag: flagKey, State: reconcile.Parked})
				require.NoError(t, err)
				require.Len(t, entries, 2)
				for _, r := range b.seen {
					if r.Record.Key == "7" {
						require.ErrorAs(t, r.Err, &fault)
						assert.Equal(t, "seven", fault.Value)
					}
				}
			})
		})
	}
}

// manyAtOnce gives the systems calls for many records.
func (s *stores) manyAtOnce(p *reconcile.Pair[string, string]) {
	for _, system := range []*reconcile.System[string, string]{&p.Old, &p.New} {
		get, put := system.Get, system.Put
		system.GetMany = func(ctx context.Context, keys []string) (map[string]string, error) {
			found := make(map[string]string)
			for _, key := range keys {
				value, ok, err := get(ctx, key)
				if err != nil {
					return nil, err
				}
				if ok {
					found[key] = value
				}
			}
			return found, nil
		}
		system.PutMany = func(ctx context.Context, keys, values []string) error {
			for i, key := range keys {
				if err := put(ctx, key, values[i]); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

func TestManyRecordsAreCopiedWithFewCalls(t *testing.T) {
	t.Parallel()
	var gets, puts atomic.Int32
	repairing(t, reconcile.RepairConfig{Workers: 1, Batch: 50}, func(s *stores, p *reconcile.Pair[string, string]) {
		s.manyAtOnce(p)
		for _, system := range []*reconcile.System[string, string]{&p.Old, &p.New} {
			get, put := system.GetMany, system.PutMany
			system.GetMany = func(ctx context.Context, keys []string) (map[string]string, error) {
				gets.Add(1)
				return get(ctx, keys)
			}
			system.PutMany = func(ctx context.Context, keys, values []string) error {
				puts.Add(1)
				return put(ctx, keys, values)
			}
		}
	}, func(t *testing.T, b *bed) {
		for i := range 100 {
			key := strconv.Itoa(i)
			if i%10 != 0 {
				b.data[0][key] = "value"
			} else {
				b.data[1][key] = "gone"
			}
			b.mark(key, true)
		}
		b.drained(t, b.process)
		assert.Equal(t, int32(8), gets.Load(), "two batches, each read and read back, from two systems")
		assert.Equal(t, int32(2), puts.Load())
		assert.Equal(t, uint64(10), b.repair.Figures().Deleted)
	})
}

// A record that differs still after it was put is not taken for equal.
func TestAPutThatDoesNothingIsNoticed(t *testing.T) {
	t.Parallel()
	for name, many := range map[string]bool{"one by one": false, "many at once": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repairing(t, reconcile.RepairConfig{Attempts: 1}, func(s *stores, p *reconcile.Pair[string, string]) {
				p.New.Put = func(context.Context, string, string) error { return nil } // an UPDATE of no row
				if many {
					s.manyAtOnce(p)
				}
			}, func(t *testing.T, b *bed) {
				for _, key := range []string{"1", "2"} {
					b.data[0][key] = "a"
					b.mark(key, true)
				}
				require.ErrorIs(t, b.repair.Drain(t.Context()), reconcile.ErrParked)
				require.ErrorIs(t, b.seen[0].Err, reconcile.ErrNotTaken)
			})
		})
	}
}

func TestWhatOnlyAReadSawIsNotDeleted(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		t.Run(strconv.FormatBool(allowed), func(t *testing.T) {
			t.Parallel()
			repairing(t, reconcile.RepairConfig{}, func(_ *stores, p *reconcile.Pair[string, string]) {
				p.DeleteUnwritten = allowed
			}, func(t *testing.T, b *bed) {
				b.data[1]["1"] = "never copied"
				b.mark("1", false)
				err := b.repair.Drain(t.Context())
				if allowed {
					require.NoError(t, err)
					assert.Empty(t, b.data[1])
					return
				}
				require.ErrorIs(t, err, reconcile.ErrParked)
				require.ErrorIs(t, b.seen[0].Err, reconcile.ErrNotDeleted)
				assert.NotEmpty(t, b.data[1])

				b.mark("1", true) // a write did it
				_, err = b.journal.Unpark(t.Context(), flagKey)
				require.NoError(t, err)
				b.drained(t, b.process)
			})
		})
	}
}

// What writes of both directions left dirty is compared, and left to a person if it differs.
func TestWhatBothDirectionsLeftDirtyIsParkedIfItDiffers(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{}, nil, func(t *testing.T, b *bed) {
		b.data = [2]map[string]string{{"1": "a", "2": "same"}, {"1": "b", "2": "same"}}
		for _, key := range []string{"1", "2"} {
			b.mark(key, true)
			b.journal.Mark(t.Context(), cutover.JournalMark{
				Flag: flagKey, Records: []cutover.RecordKey{{Kind: "order", Key: key}}, From: newOne,
				Dirty: cutover.NotJournaled, Written: true,
			})
		}
		require.ErrorIs(t, b.repair.Drain(t.Context()), reconcile.ErrParked)
		assert.Equal(t, uint64(1), b.repair.Figures().Cleared)
		require.ErrorIs(t, b.repair.Figures().LastErr, reconcile.ErrUnclear)
		assert.Equal(t, 1, b.differ(), "neither is lost")

		// The next write decides, in either direction.
		live := b.stores.process(t, b.journal, at(ldmigration.Live))
		require.NoError(t, live.write(t.Context(), "1", "c"))
		_, err := b.journal.Unpark(t.Context(), flagKey)
		require.NoError(t, err)
		b.drained(t, b.process)
	})
}

// What a read saw from the other direction than the journal's is left to a person, if it differs.
func TestWhatWasSeenFromTheOtherDirectionIsParked(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{}, nil, func(t *testing.T, b *bed) {
		in, err := b.journal.Begin(t.Context(), cutover.JournalWrite{
			Flag: flagKey, Records: []cutover.RecordKey{{Kind: "order", Key: "0"}}, From: oldOne,
		})
		require.NoError(t, err)
		in.End(cutover.IntentEnd{})
		b.data = [2]map[string]string{{"1": "a"}, {"1": "b"}}
		b.journal.Mark(t.Context(), cutover.JournalMark{
			Flag: flagKey, Records: []cutover.RecordKey{{Kind: "order", Key: "1"}}, From: newOne, Dirty: cutover.SeenDifferent,
		})
		require.ErrorIs(t, b.repair.Drain(t.Context()), reconcile.ErrParked)
		require.ErrorIs(t, b.seen[0].Err, reconcile.ErrUnclear)
		assert.Equal(t, 1, b.differ())
	})
}

func TestRepairWaitsWhileItIsThrottled(t *testing.T) {
	t.Parallel()
	reason := "callers wait too long"
	repairing(t, reconcile.RepairConfig{Throttle: func(context.Context) string { return reason }}, nil, func(t *testing.T, b *bed) {
		b.data[0]["1"] = "a"
		b.mark("1", true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, b.repair.Drain(ctx), context.DeadlineExceeded)
		assert.Equal(t, reason, b.repair.Figures().Throttled)
		assert.Equal(t, 1, b.differ())
		reason = ""
		b.drained(t, b.process)
		assert.Empty(t, b.repair.Figures().Throttled)
	})
}

func TestAThrottleOrObserverThatPanicsStopsNothing(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{
		Throttle: func(context.Context) string { panic("throttle") },
		Observe:  func(context.Context, reconcile.Repaired) { panic("observer") },
	}, nil, func(t *testing.T, b *bed) {
		b.data[0]["1"] = "a"
		b.mark("1", true)
		b.drained(t, b.process)
	})
}

func TestRepairKeepsToItsRate(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{PerSecond: 10, Workers: 2}, nil, func(t *testing.T, b *bed) {
		for i := range 100 {
			b.data[0][strconv.Itoa(i)] = "a"
			b.mark(strconv.Itoa(i), true)
		}
		began := time.Now()
		b.drained(t, b.process)
		assert.InDelta(t, 10, time.Since(began).Seconds(), 2)
		assert.InDelta(t, 10, b.repair.Figures().PerSecond, 2)
	})
}

// Writers may go on while a journal is drained: it ends when what was dirty or under way is equal.
func TestDrainEndsAlthoughWritersGoOn(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{}, nil, func(t *testing.T, b *bed) {
		stop := make(chan struct{})
		var writers sync.WaitGroup
		writers.Go(func() {
			for i := 0; ; i++ {
				in, err := b.journal.Begin(context.Background(), cutover.JournalWrite{
					Flag: flagKey, Records: []cutover.RecordKey{{Kind: "order", Key: strconv.Itoa(i)}}, From: oldOne,
				})
				assert.NoError(t, err) //nolint:testifylint // not the test's goroutine
				select {
				case <-stop:
					in.End(cutover.IntentEnd{})
					return
				case <-time.After(300 * time.Millisecond):
				}
				in.End(cutover.IntentEnd{})
			}
		})
		b.data[0]["x"] = "a"
		b.mark("x", true)
		require.NoError(t, b.repair.Drain(t.Context()))
		assert.Equal(t, "a", b.data[1]["x"])
		close(stop)
		writers.Wait()
	})
}

func TestARepairThatEndsFinishesWhatItHasClaimed(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{Workers: 1}, nil, func(t *testing.T, b *bed) {
		b.data[0]["1"] = "a"
		b.mark("1", true)
		put := newGate(func(c storeCall) bool { return c.what == "put" })
		b.gated(put)
		ctx, stop := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.repair.Run(ctx) }()
		<-put.reached
		cause := errors.New("shutting down")
		stop(cause)
		close(put.open)
		require.ErrorIs(t, <-ended, cause)
		assert.Zero(t, b.differ())
		backlog, err := b.journal.Backlog(t.Context(), flagKey)
		require.NoError(t, err)
		assert.True(t, backlog.Empty())
	})
}

// A comparison that gives up says neither that records are equal nor that they differ.
func TestAnUndecidedComparisonIsParked(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{Attempts: 1}, func(_ *stores, p *reconcile.Pair[string, string]) {
		p.Compare = compare.By(func(text string) any {
			nested := any(text)
			for range 1 << 16 {
				nested = []any{nested}
			}
			return nested
		}, compare.Deep[any]())
	}, func(t *testing.T, b *bed) {
		b.data = [2]map[string]string{{"1": "a"}, {"1": "b"}}
		b.mark("1", true)
		require.ErrorIs(t, b.repair.Drain(t.Context()), reconcile.ErrParked)
		require.ErrorIs(t, b.seen[0].Err, reconcile.ErrUndecided)
		assert.Equal(t, "a", b.data[1]["1"], "but it is written")
	})
}

// With versions a copy that lands late, and any copy at all, does no harm.
func TestConditionalCopiesMayLandAtAnyTime(t *testing.T) {
	t.Parallel()
	type versioned = reconcile.Versioned[string]
	var mu sync.Mutex
	source, target := map[string]versioned{}, map[string]versioned{}
	apply := func(_ context.Context, key string, record versioned) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		if target[key].Version >= record.Version {
			return false, nil
		}
		target[key] = record
		return true, nil
	}
	repairing(t, reconcile.RepairConfig{}, func(_ *stores, p *reconcile.Pair[string, string]) {
		p.Old.Version = func(_ context.Context, key string) (versioned, error) {
			mu.Lock()
			defer mu.Unlock()
			return source[key], nil
		}
		p.New.Get = func(_ context.Context, key string) (string, bool, error) {
			mu.Lock()
			defer mu.Unlock()
			return target[key].Value, target[key].Found, nil
		}
		p.New.Apply = apply
	}, func(t *testing.T, b *bed) {
		source["1"] = versioned{Value: "second", Found: true, Version: 2}
		source["2"] = versioned{Version: 5} // deleted
		target["2"] = versioned{Value: "doomed", Found: true, Version: 4}
		b.mark("1", true)
		b.mark("2", true)
		require.NoError(t, b.repair.Drain(t.Context()))
		_, err := apply(t.Context(), "1", versioned{Value: "first", Found: true, Version: 1}) // lands late
		require.NoError(t, err)
		_, err = apply(t.Context(), "2", versioned{Value: "doomed", Found: true, Version: 4})
		require.NoError(t, err)
		assert.Equal(t, source, maps.Clone(target))

		require.NoError(t, b.kind.Copy(t.Context(), "1", oldOne, func() error { return nil }))
	})
}

func TestWhatNewKindAndNewRepairRefuse(t *testing.T) {
	t.Parallel()
	s := newStores()
	good := reconcile.Pair[string, string]{Old: s.system(oldOne), New: s.system(newOne)}
	_, err := reconcile.NewKind("", reconcile.Pair[float64, string]{})
	require.ErrorIs(t, err, reconcile.ErrEmptyName)
	require.ErrorIs(t, err, reconcile.ErrNilFunction)
	require.ErrorContains(t, err, "cannot be kept as text")
	half := good
	half.New.Apply = func(context.Context, string, reconcile.Versioned[string]) (bool, error) { return false, nil }
	_, err = reconcile.NewKind("order", half)
	require.ErrorIs(t, err, reconcile.ErrHalf)

	kind, err := reconcile.NewKind("order", good)
	require.NoError(t, err)
	_, err = reconcile.NewRepair(nil, flagKey, reconcile.RepairConfig{Workers: -1, Backoff: -1, PerSecond: -1})
	require.ErrorIs(t, err, reconcile.ErrNilJournal)
	require.ErrorIs(t, err, reconcile.ErrNoKinds)
	require.ErrorIs(t, err, reconcile.ErrNegative)
	_, err = reconcile.NewRepair(reconcile.NewMemory(reconcile.MemoryConfig{}), flagKey, reconcile.RepairConfig{}, kind, nil)
	require.ErrorIs(t, err, reconcile.ErrNoKinds)
	require.Error(t, kind.Copy(t.Context(), "1", oldOne, func() error { return errKilled }))
}

func TestNotFoundMakesAGetOfAFunctionWithSentinels(t *testing.T) {
	t.Parallel()
	errNoRows, errDown := errors.New("no rows"), errors.New("down")
	for err, found := range map[error]bool{nil: true, fmt.Errorf("order 1: %w", errNoRows): false} {
		value, got, gotErr := reconcile.NotFound(func(context.Context, int) (string, error) { return "v", err }, errNoRows)(t.Context(), 1)
		require.NoError(t, gotErr)
		assert.Equal(t, found, got)
		assert.Equal(t, map[bool]string{true: "v"}[found], value)
	}
	_, _, err := reconcile.NotFound(func(context.Context, int) (string, error) { return "", errDown }, errNoRows)(t.Context(), 1)
	require.ErrorIs(t, err, errDown)
}

// slowBacklog answers late.
type slowBacklog struct{ reconcile.Journal }

func (s slowBacklog) Backlog(ctx context.Context, flag string) (reconcile.Backlog, error) {
	backlog, err := s.Journal.Backlog(ctx, flag)
	time.Sleep(time.Second)
	return backlog, err
}

// The figures of a slow journal are as old as its answer took: a write that began before Drain must
// not look newer than it.
func TestDrainOfASlowJournalWaitsForWhatIsOpen(t *testing.T) {
	t.Parallel()
	repairing(t, reconcile.RepairConfig{}, nil, func(t *testing.T, b *bed) {
		in, err := b.journal.Begin(t.Context(), cutover.JournalWrite{
			Flag: flagKey, Records: []cutover.RecordKey{{Kind: "order", Key: "1"}}, From: oldOne,
		})
		require.NoError(t, err)
		time.Sleep(500 * time.Millisecond)
		ended := false
		time.AfterFunc(5*time.Second, func() { ended = true; in.End(cutover.IntentEnd{}) })
		slow, err := reconcile.NewRepair(slowBacklog{b.journal}, flagKey, reconcile.RepairConfig{Logger: quiet}, b.kind)
		require.NoError(t, err)
		require.NoError(t, slow.Drain(t.Context()))
		assert.True(t, ended)
	})
}
