package reconcile_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// The hazards of dual writes, by name: what happens, and that both systems end equal.

const (
	oldOne = ldmigration.Old
	newOne = ldmigration.New
)

// hazard is a test in a bubble, with two processes at shadow.
func hazard(t *testing.T, do func(t *testing.T, s *stores, one, other *process)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStores()
		storage := reconcile.NewMemory(reconcile.MemoryConfig{})
		do(t, s, s.process(t, storage, at(ldmigration.Shadow)), s.process(t, storage.Join("other"), at(ldmigration.Shadow)))
	})
}

// gate holds up the first call that it is asked about.
type gate struct {
	at      func(storeCall) bool
	reached chan struct{}
	open    chan struct{}
	used    atomic.Bool
}

func newGate(at func(storeCall) bool) *gate {
	return &gate{at: at, reached: make(chan struct{}), open: make(chan struct{})}
}

// hold waits at the gate, once.
func (g *gate) hold(c storeCall) {
	if g.at(c) && g.used.CompareAndSwap(false, true) {
		close(g.reached)
		<-g.open
	}
}

func (s *stores) gated(gates ...*gate) {
	s.before = func(_ context.Context, c storeCall) error {
		for _, g := range gates {
			g.hold(c)
		}
		return nil
	}
}

func TestH1ACrashBetweenTheTwoWrites(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		s.before = func(_ context.Context, c storeCall) error {
			if c.origin == newOne && c.purpose == cutover.Following {
				one.journal.Crash()
				runtime.Goexit()
			}
			return nil
		}
		require.NoError(t, one.write(t.Context(), "1", "a"))
		assert.Equal(t, 1, s.differ())
		backlog, err := other.journal.Backlog(t.Context(), flagKey)
		require.NoError(t, err)
		assert.Equal(t, 1, backlog.Open, "until the lease of the process is over")
		s.drained(t, other)
		assert.Equal(t, "a", s.at(newOne, "1"))
	})
}

func TestH2TwoWritesThatOvertakeEachOther(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		second := newGate(func(c storeCall) bool { return c.origin == newOne && c.value == "first" })
		s.gated(second)
		var writes sync.WaitGroup
		writes.Go(func() { _ = one.write(t.Context(), "1", "first") })
		<-second.reached
		require.NoError(t, other.write(t.Context(), "1", "second"))
		close(second.open)
		writes.Wait()
		assert.Equal(t, 1, s.differ(), "both writes succeeded twice")
		s.drained(t, one)
		assert.Equal(t, "second", s.at(newOne, "1"))
	})
}

func TestH3ARepairThatWritesWhatItReadEarlier(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		s.data[0]["1"] = "stale"
		one.mark("1", true)
		repairs := newGate(func(c storeCall) bool { return c.what == "put" && c.purpose == cutover.Repairing })
		s.gated(repairs)
		ctx, stop := context.WithCancel(t.Context())
		var repair sync.WaitGroup
		repair.Go(func() { _ = one.repair.Run(ctx) })
		<-repairs.reached
		require.NoError(t, other.write(t.Context(), "1", "fresh"))
		close(repairs.open)
		synctest.Wait()
		stop()
		repair.Wait()
		s.drained(t, other)
		assert.Equal(t, "fresh", s.at(newOne, "1"))
	})
}

// mark marks a record, as a write or a read would.
func (p *process) mark(key string, written bool) {
	p.journal.Mark(context.Background(), cutover.JournalMark{
		Flag: flagKey, Records: []cutover.RecordKey{{Kind: "order", Key: key}}, From: oldOne,
		Dirty: cutover.SecondaryFailed, Written: written,
	})
}

func TestH4AWriteThatLandsAfterItsTimeout(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		var late sync.WaitGroup
		s.before = func(_ context.Context, c storeCall) error {
			if c.origin == newOne && c.value == "first" && c.purpose == cutover.Following {
				late.Go(func() { // the caller has given up; the database has not
					time.Sleep(8 * time.Second)
					s.mu.Lock()
					defer s.mu.Unlock()
					s.data[1]["1"] = "first"
				})
				return context.DeadlineExceeded
			}
			return nil
		}
		require.NoError(t, one.write(t.Context(), "1", "first"))
		require.NoError(t, other.write(t.Context(), "1", "second"))
		s.drained(t, other)
		late.Wait()
		assert.Zero(t, s.differ(), "repair waited until nothing could land any more")
	})
}

// A secondary that runs on in this process is known to land, however late: its record is marked
// again.
func TestH4AWriteThatLandsInThisProcess(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		s.before = func(_ context.Context, c storeCall) error {
			if c.origin == newOne && c.value == "first" && c.purpose == cutover.Following {
				time.Sleep(time.Hour) // far beyond every bound
			}
			return nil
		}
		require.NoError(t, one.write(t.Context(), "1", "first"))
		require.NoError(t, other.write(t.Context(), "1", "second"))
		s.drained(t, other)
		require.NoError(t, one.Close(t.Context()))
		assert.Equal(t, 1, s.differ(), "it has landed")
		s.drained(t, other)
		assert.Equal(t, "second", s.at(newOne, "1"))
	})
}

func TestH5ADeletedRecordIsNotResurrected(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		s.data[0]["1"] = "doomed"
		one.mark("1", true)
		repairs := newGate(func(c storeCall) bool { return c.what == "put" && c.purpose == cutover.Repairing })
		s.gated(repairs)
		ctx, stop := context.WithCancel(t.Context())
		var repair sync.WaitGroup
		repair.Go(func() { _ = one.repair.Run(ctx) })
		<-repairs.reached
		require.NoError(t, other.write(t.Context(), "1", ""))
		close(repairs.open)
		synctest.Wait()
		stop()
		repair.Wait()
		s.drained(t, other)
		assert.Empty(t, s.data[0])
		assert.Empty(t, s.data[1])
	})
}

func TestH6TheEndOfOneWriteLeavesTheRowOfAnother(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		between := newGate(func(c storeCall) bool { return c.origin == newOne && c.value == "second" })
		s.gated(between)
		var writes sync.WaitGroup
		writes.Go(func() { _ = other.write(t.Context(), "1", "second") })
		<-between.reached
		require.NoError(t, one.write(t.Context(), "1", "first"))
		backlog, err := one.journal.Backlog(t.Context(), flagKey)
		require.NoError(t, err)
		assert.Equal(t, 1, backlog.Open, "the other one is between its writes")
		other.journal.Crash()
		close(between.open)
		writes.Wait()
		s.drained(t, one)
	})
}

func TestH7AMarkDuringARepairIsKept(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		s.data[0]["1"] = "a"
		one.mark("1", true)
		read := newGate(func(c storeCall) bool {
			return c.what == "get" && c.origin == newOne && c.purpose == cutover.Repairing
		})
		s.gated(read)
		ctx, stop := context.WithCancel(t.Context())
		var repair sync.WaitGroup
		repair.Go(func() { _ = one.repair.Run(ctx) })
		<-read.reached
		other.mark("1", true)
		stop()
		close(read.open)
		repair.Wait()
		backlog, err := one.journal.Backlog(t.Context(), flagKey)
		require.NoError(t, err)
		assert.Equal(t, 1, backlog.Dirty)
		assert.Equal(t, uint64(1), one.repair.Figures().Kept)
		s.drained(t, other)
	})
}

func TestH8ARepairThatWakesUpTooLateWritesNothing(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, other *process) {
		s.data[0]["1"] = "old news"
		one.mark("1", true)
		sleepy := newGate(func(c storeCall) bool {
			return c.what == "get" && c.origin == newOne && c.purpose == cutover.Repairing
		})
		s.gated(sleepy)
		ctx, stop := context.WithCancel(t.Context())
		var repair sync.WaitGroup
		repair.Go(func() { _ = one.repair.Run(ctx) })
		<-sleepy.reached
		one.journal.Pause() // the whole process stands still
		time.Sleep(time.Minute)
		s.drained(t, other)
		require.NoError(t, other.write(t.Context(), "1", "news"))
		one.journal.Resume()
		stop()
		close(sleepy.open)
		repair.Wait()
		assert.Equal(t, "news", s.at(newOne, "1"))
		require.ErrorIs(t, one.repair.Figures().LastErr, reconcile.ErrClaimLost)
		s.drained(t, other)
	})
}

func TestH9ARepairFollowsTheJournalAndNotTheFlag(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, atShadow, _ *process) {
		atLive := s.process(t, atShadow.journal.Join("live"), at(ldmigration.Live))
		s.before = func(_ context.Context, c storeCall) error {
			if c.purpose == cutover.Following && c.origin == oldOne {
				return errors.New("old is down")
			}
			return nil
		}
		require.NoError(t, atShadow.write(t.Context(), "1", "a"))
		require.NoError(t, atLive.write(t.Context(), "1", "b"))
		assert.Equal(t, "a", s.at(oldOne, "1"))
		s.before = nil
		s.drained(t, atShadow) // which sees the flag at shadow
		assert.Equal(t, "b", s.at(oldOne, "1"), "what was written at live is not undone")
	})
}

// A write of the other direction makes a dirty record equal before it writes, so that it loses
// nothing if it fails.
func TestH9AWriteOfTheOtherDirectionSettlesFirst(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, atShadow, _ *process) {
		atLive := s.process(t, atShadow.journal.Join("live"), at(ldmigration.Live))
		s.before = func(_ context.Context, c storeCall) error {
			if c.origin == newOne && (c.purpose == cutover.Following || c.purpose == cutover.Serving) {
				return errors.New("new is down for writes")
			}
			return nil
		}
		require.NoError(t, atShadow.write(t.Context(), "1", "acknowledged"))
		require.Error(t, atLive.write(t.Context(), "1", "refused"))
		s.before = nil
		s.drained(t, atLive)
		assert.Equal(t, "acknowledged", s.at(newOne, "1"))
	})
}

func TestH10AnAuthoritativeWriteOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, _ *process) {
		var late sync.WaitGroup
		s.before = func(_ context.Context, c storeCall) error {
			if c.purpose == cutover.Serving {
				late.Go(func() {
					time.Sleep(8 * time.Second)
					s.mu.Lock()
					defer s.mu.Unlock()
					s.data[0]["1"] = c.value
				})
				return errors.New("connection lost")
			}
			return nil
		}
		require.Error(t, one.write(t.Context(), "1", "a"))
		s.drained(t, one)
		late.Wait()
		assert.Equal(t, "a", s.at(newOne, "1"))
	})
}

// A limit: what a replica that lags returns is copied, and nothing tells. Get must read what was
// written last.
func TestH11AReplicaThatLagsIsNotNoticed(t *testing.T) {
	t.Parallel()
	s := newStores()
	s.data = [2]map[string]string{{"1": "fresh"}, {"1": "older"}}
	lagging := s.system(oldOne)
	lagging.Get = func(context.Context, string) (string, bool, error) { return "stale", true, nil }
	kind, err := reconcile.NewKind("order", reconcile.Pair[string, string]{Old: lagging, New: s.system(newOne)})
	require.NoError(t, err)
	journal := reconcile.NewMemory(reconcile.MemoryConfig{})
	p := &process{journal: journal}
	p.mark("1", true)
	repair, err := reconcile.NewRepair(journal, flagKey, reconcile.RepairConfig{Logger: quiet}, kind)
	require.NoError(t, err)
	require.NoError(t, repair.Drain(t.Context()))
	assert.Equal(t, "stale", s.at(newOne, "1"))
	assert.Equal(t, 1, s.differ())
}

// Two records that have exchanged a unique value cannot be put one after the other.
func TestH12TwoRecordsThatExchangedAUniqueValue(t *testing.T) {
	t.Parallel()
	errUnique := errors.New("unique")
	for name, conflict := range map[string]func(error) bool{
		"parked":    nil,
		"made room": func(err error) bool { return errors.Is(err, errUnique) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStores()
				s.data = [2]map[string]string{{"1": "x", "2": "y"}, {"1": "y", "2": "x"}}
				s.before = func(_ context.Context, c storeCall) error {
					s.mu.Lock()
					defer s.mu.Unlock()
					for key, value := range s.data[index(c.origin)] {
						if c.what == "put" && key != c.key && value == c.value {
							return errUnique
						}
					}
					return nil
				}
				kind, err := reconcile.NewKind("order", reconcile.Pair[string, string]{
					Old: s.system(oldOne), New: s.system(newOne), Conflict: conflict,
				})
				require.NoError(t, err)
				journal := reconcile.NewMemory(reconcile.MemoryConfig{})
				p := &process{journal: journal}
				p.mark("1", true)
				p.mark("2", true)
				p.repair, err = reconcile.NewRepair(journal, flagKey, reconcile.RepairConfig{Logger: quiet, Attempts: 4}, kind)
				require.NoError(t, err)
				if conflict == nil {
					require.ErrorIs(t, p.repair.Drain(t.Context()), reconcile.ErrParked)
					entries, err := journal.Entries(t.Context(), reconcile.Filter{State: reconcile.Parked})
					require.NoError(t, err)
					require.Len(t, entries, 2)
					assert.Equal(t, "writing to the new system: unique", entries[0].Reason)
					return
				}
				s.drained(t, p)
			})
		})
	}
}

// What somebody writes without the library is not in the journal. A read that compares finds it.
func TestH13AWriteThatBypassesTheLibrary(t *testing.T) {
	t.Parallel()
	hazard(t, func(t *testing.T, s *stores, one, _ *process) {
		require.NoError(t, one.write(t.Context(), "1", "a"))
		s.data[0]["1"] = "by hand"
		s.drainedBut(t, one, 1)
		read := func(o ldmigration.Origin) func(context.Context, string) (string, error) {
			return func(_ context.Context, key string) (string, error) { return s.at(o, key), nil }
		}
		r, err := cutover.NewReader(one.Cutover, read(oldOne), read(newOne)).CompareEqual().
			Records(cutover.Key(func(key string) string { return key })).Build()
		require.NoError(t, err)
		_, err = r.Read(t.Context(), who, "1")
		require.NoError(t, err)
		s.drained(t, one)
		assert.Equal(t, "by hand", s.at(newOne, "1"))
	})
}

// drainedBut drains, and requires that a number of records differ then.
func (s *stores) drainedBut(tb testing.TB, p *process, differ int) {
	tb.Helper()
	require.NoError(tb, p.repair.Drain(tb.Context()))
	require.Equal(tb, differ, s.differ())
}
