package journaltest

import (
	"testing"
	"time"

	"github.com/gocutover/cutover/reconcile"
)

// Storage is an empty storage of journals, and what a test can do to it. All fields but Patience
// are required.
type Storage struct {
	// Open returns the journal of another process on the storage. A name is used again for a
	// process that was started again.
	Open func(tb testing.TB, name string) reconcile.Journal
	// Crash ends the process of a journal without a word. What is called on the journal afterwards
	// fails or has no effect, and must not hang.
	Crash func(j reconcile.Journal)
	// Pause stops the renewal of the process's lease, as if it could not be reached, and Resume
	// goes on with it. Other calls to a paused journal work.
	Pause, Resume func(j reconcile.Journal)
	// Advance moves the clocks of the storage and of its processes. Processes that are neither
	// crashed nor paused keep their leases, and notice which other ones were lost.
	Advance func(d time.Duration)
	// Lease is how long a lease is. It must be 5 seconds or more, so that no lease runs out because
	// the machine is busy.
	Lease time.Duration
	// LateBound is the bound on late writes. It must be 5 seconds or more.
	LateBound time.Duration
	// TurnAfter is after how long without use a direction turns by itself. It must be as long as
	// Lease or longer.
	TurnAfter time.Duration
	// Patience is how long the effect of an end, a mark, or a lease that ran out may take, and the
	// time that a record is kept open after its write. The default is 5 seconds. The checks believe
	// that a call waits after a fiftieth of it.
	Patience time.Duration
}

// Run runs all [Checks] as subtests, each on a storage of its own.
func Run(t *testing.T, newStorage func(tb testing.TB) Storage) {
	t.Helper()
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, newStorage(t)) })
	}
}

// Check is a rule of journals, and its test.
type Check struct {
	// Name is the rule.
	Name string
	run  func(w *world)
}

// Run checks the rule on an empty storage. It closes the journals that it opens in the cleanup of
// the test.
func (c Check) Run(tb testing.TB, s Storage) {
	tb.Helper()
	if s.Patience <= 0 {
		s.Patience = 5 * time.Second
	}
	c.run(newWorld(tb, s))
}

// Checks returns all checks.
func Checks() []Check {
	var all []Check
	for _, some := range [][]Check{
		writeChecks, endChecks, overlapChecks, markChecks, claimChecks, releaseChecks, directionChecks, settleChecks,
		lateChecks, leaseChecks, gapChecks, epochChecks, ledgerChecks, restartChecks, modelChecks,
	} {
		all = append(all, some...)
	}
	return all
}
