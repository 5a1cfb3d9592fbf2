package reconcile_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/reconcile/journaltest"
)

// handClock is a clock that a test moves.
type handClock struct{ nanoseconds atomic.Int64 }

func newHandClock() *handClock {
	c := &handClock{}
	c.nanoseconds.Store(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *handClock) now() time.Time          { return time.Unix(0, c.nanoseconds.Load()).UTC() }
func (c *handClock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

// memoryStorage is a storage of journals that break rules, or none.
func memoryStorage(rules reconcile.Mutant, patience time.Duration) journaltest.Storage {
	clock := newHandClock()
	config := reconcile.MemoryConfig{Now: clock.now, Lease: 15 * time.Second, LateBound: 10 * time.Second, TurnAfter: time.Minute}
	m := reconcile.NewMutant(config, rules)
	return journaltest.Storage{
		Open:    func(_ testing.TB, name string) reconcile.Journal { return m.Join(name) },
		Crash:   func(j reconcile.Journal) { j.(*reconcile.Memory).Crash() },
		Pause:   func(j reconcile.Journal) { j.(*reconcile.Memory).Pause() },
		Resume:  func(j reconcile.Journal) { j.(*reconcile.Memory).Resume() },
		Advance: clock.advance,
		Lease:   15 * time.Second, LateBound: 10 * time.Second, TurnAfter: time.Minute,
		Patience: patience,
	}
}

func TestMemoryIsAJournal(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(testing.TB) journaltest.Storage { return memoryStorage(0, 2*time.Second) })
}
