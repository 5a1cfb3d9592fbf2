package cutovertest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover/reconcile"
)

// Journals is an empty storage of journals, and what [Exercise] does to it. [MemoryJournals] makes
// one; write your own to exercise another journal.
type Journals struct {
	// Open returns the journal of another process on the storage.
	Open func(process string) reconcile.Journal
	// Crash ends the process of a journal without a word. What is called on the journal afterwards
	// fails or has no effect, and does not hang.
	Crash func(reconcile.Journal)
	// Lapse lets time pass, or moves the clock: afterwards the leases of crashed processes have run
	// out, and no write that was late can take effect any more. Other processes keep their leases.
	Lapse func()
}

// The clock of [MemoryJournals].
const (
	lapseOfLease = 15 * time.Second
	lapseOfLate  = 10 * time.Second
	lapseOfTurn  = time.Minute
)

// MemoryJournals returns a new storage of journals in memory, with a clock that Lapse moves, so
// that nobody waits for it. It is what [Exercise] uses by default for a service with a journal.
func MemoryJournals() Journals {
	var ahead atomic.Int64
	first := reconcile.NewMemory(reconcile.MemoryConfig{
		Name: "clock", Lease: lapseOfLease, LateBound: lapseOfLate, TurnAfter: lapseOfTurn,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	pass := func(d time.Duration) {
		ahead.Add(int64(d))
		_, _ = first.Backlog(context.Background(), "") // it sees the leases that ran out
	}
	return Journals{
		Open: func(process string) reconcile.Journal { return first.Join(process) },
		Crash: func(journal reconcile.Journal) {
			if memory, ok := journal.(*reconcile.Memory); ok {
				memory.Crash()
			}
		},
		Lapse: func() {
			pass(lapseOfLease)
			pass(lapseOfLate + lapseOfTurn)
		},
	}
}
