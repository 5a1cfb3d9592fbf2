package reconcile

import (
	"context"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// Repaired is what became of one record that a [Repair] claimed.
type Repaired struct {
	// Flag is the migration flag's key.
	Flag string
	// Record is the record.
	Record cutover.RecordKey
	// From is the origin that it was copied from.
	From ldmigration.Origin
	// Dirty is why it was dirty, and Since is since when.
	Dirty cutover.DirtyReason
	Since time.Time
	// Outcome is what became of it: [Equal], [Retry] or [Park].
	Outcome Outcome
	// Left is true if the record has left the journal. An equal record stays if it was written
	// meanwhile.
	Left bool
	// Wrote is true if the other system was written to, because it differed, and Deleted if the
	// record was deleted there.
	Wrote, Deleted bool
	// Attempts is how often it was tried, this time included.
	Attempts int
	// Latency is the record's part of the time that its batch took.
	Latency time.Duration
	// Err is why it was not made equal, or nil.
	Err error
}

// Figures are the counts of a [Repair] since it was made.
type Figures struct {
	// Claimed is the number of records that were claimed, each time counted.
	Claimed uint64
	// Cleared is how many left the journal, because they were equal or were made so.
	Cleared uint64
	// Wrote is how many records were different and were written, Deleted how many of those were
	// deleted.
	Wrote, Deleted uint64
	// Kept is how many were equal and stayed, because they were written meanwhile.
	Kept uint64
	// Failed is how many attempts failed, Parked how many records were parked.
	Failed, Parked uint64
	// PerSecond is how many records left the journal a second, over the last ten seconds.
	PerSecond float64
	// Throttled is why nothing is claimed now, or empty.
	Throttled string
	// JournalErr is why the journal cannot be reached now, or nil.
	JournalErr error
	// LastErr is the error of the last attempt that failed, or nil.
	LastErr error
}

// Figures returns the counts. It asks no journal.
func (r *Repair) Figures() Figures { return r.figures.now() }

// Status is a flag's backlog, and the figures of the process that repairs it.
type Status struct {
	// Backlog is what the journal holds.
	Backlog
	// Repair is what this process has repaired.
	Repair Figures
}

// Status asks the journal for the backlog, and returns it with the figures.
func (r *Repair) Status(ctx context.Context) (Status, error) {
	backlog, err := r.journal.Backlog(ctx, r.flag)
	return Status{Backlog: backlog, Repair: r.Figures()}, err
}

// seconds is over how long PerSecond is.
const seconds = 10

type figures struct {
	mu      sync.Mutex
	all     Figures
	cleared [seconds + 1]struct {
		second int64
		n      int
	}
}

func (f *figures) count(r Repaired) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.Claimed++
	if r.Wrote {
		f.all.Wrote++
	}
	if r.Deleted {
		f.all.Deleted++
	}
	switch {
	case r.Left:
		f.all.Cleared++
		second := time.Now().Unix()
		slot := &f.cleared[second%int64(len(f.cleared))]
		if slot.second != second {
			slot.second, slot.n = second, 0
		}
		slot.n++
	case r.Outcome == Equal:
		f.all.Kept++
	case r.Outcome == Park:
		f.all.Parked++
	}
	if r.Err != nil {
		f.all.Failed++
		f.all.LastErr = r.Err
	}
}

func (f *figures) now() Figures {
	f.mu.Lock()
	defer f.mu.Unlock()
	all, now, n := f.all, time.Now().Unix(), 0
	for _, slot := range f.cleared {
		if age := now - slot.second; age >= 1 && age <= seconds { // the seconds that are over
			n += slot.n
		}
	}
	all.PerSecond = float64(n) / seconds
	return all
}

func (f *figures) throttled(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.Throttled = reason
}

func (f *figures) journalWorks() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.JournalErr = nil
}

// journalFails reports whether the journal worked before.
func (f *figures) journalFails(err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := f.all.JournalErr == nil
	f.all.JournalErr = err
	return first
}
