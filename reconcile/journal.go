package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// Journal is what repair and tools need of a journal, in addition to what operations need.
// [NewMemory] has one for tests, package sqljournal one in a database. Package
// reconcile/journaltest tests an implementation.
type Journal interface {
	cutover.Journal
	Claims
	Ledger
	Directions
	// Close ends the intents that are kept open, makes durable what is still to be, and gives up
	// the lease. It returns the context's error if that ends first. The journal cannot be used
	// after it.
	Close(ctx context.Context) error
}

// Claims hands out dirty records to be repaired.
type Claims interface {
	// Claim makes this process the only one that has certain dirty records open, and returns them,
	// oldest first. Records that are parked, open, or not due yet are left out.
	Claim(ctx context.Context, want ClaimRequest) ([]Claim, error)
	// Held returns an error if the claim is not this process's any more, because its lease ran
	// out. It is to be called right before each write, and must be cheap.
	Held(c Claim) error
	// Release ends claims. A record that was repaired leaves the journal if its generation is that
	// of the claim and nobody else has it open; otherwise it stays dirty. The result says for each
	// release whether its record has left the journal.
	Release(ctx context.Context, releases []Release) ([]bool, error)
}

// ClaimRequest says which records to claim.
type ClaimRequest struct {
	// Flag is the migration flag's key.
	Flag string
	// Kinds are the kinds of record to claim.
	Kinds []string
	// Limit is how many to claim at most.
	Limit int
}

// Claim is a dirty record that is being repaired.
type Claim struct {
	// Flag is the migration flag's key.
	Flag string
	// Record is the record.
	Record cutover.RecordKey
	// Generation is the record's count of writes and claims when it was claimed.
	Generation int64
	// From is the origin to copy from: that of the writes that left the record dirty.
	From ldmigration.Origin
	// Epoch is the journal's when the record was claimed.
	Epoch cutover.Epoch
	// Written is true if a write left the record dirty, and false if a read saw it differ.
	Written bool
	// Unclear is true if writes of both directions left the record dirty, as they can while the
	// journal cannot be reached. Nobody knows then which system is right.
	Unclear bool
	// Dirty is why the record was marked last.
	Dirty cutover.DirtyReason
	// Since is when the record became dirty.
	Since time.Time
	// Attempts is how many claims of it have failed since.
	Attempts int
	// Owner identifies the claim to the journal.
	Owner int64
}

// Release ends a claim.
type Release struct {
	// Claim is the claim.
	Claim Claim
	// Outcome is what became of it.
	Outcome Outcome
	// Late is true if a write of the repair failed, and may still take effect. The record is then
	// left alone for the journal's bound on late writes, whatever After is.
	Late bool
	// After is how long the record is to be left alone, for [Retry].
	After time.Duration
	// Reason is why, for [Retry] and [Park].
	Reason string
}

// Outcome is what became of a claim.
type Outcome uint8

const (
	// Equal means that both systems held the same, or do now.
	Equal Outcome = iota + 1
	// Retry means that the record is to be claimed again later.
	Retry
	// Park means that the record is not to be claimed until somebody asks for it.
	Park
)

// Ledger tells what a journal holds.
type Ledger interface {
	// Backlog returns the figures of one flag, or of all flags for an empty key.
	Backlog(ctx context.Context, flag string) (Backlog, error)
	// Entries returns rows in the order of flag, kind and key.
	Entries(ctx context.Context, filter Filter) ([]Entry, error)
	// Unpark makes parked records due now, and forgets their attempts: those named, or all of the
	// flag. It returns how many.
	Unpark(ctx context.Context, flag string, records ...cutover.RecordKey) (int, error)
}

// Backlog is how much a journal holds. The zero value means that nothing is known to differ; see
// Gaps.
type Backlog struct {
	// Dirty is the number of records that may differ and are not parked.
	Dirty int
	// Parked is the number of records that repair has given up.
	Parked int
	// Open is the number of records that are being written, or repaired, or kept open a short while
	// after.
	Open int
	// OldestDirty is how long the oldest record that is not parked has been dirty.
	OldestDirty time.Duration
	// OldestOpen is how long the oldest open intent or claim has been open.
	OldestOpen time.Duration
	// Gaps are the times in which writes were not journaled. What was written then is not known to
	// be equal, even if the journal is empty.
	Gaps []Gap
}

// Empty reports whether no record is dirty, parked or open.
func (b Backlog) Empty() bool { return b.Dirty == 0 && b.Parked == 0 && b.Open == 0 }

// Equal reports whether all records that were written under the journal are equal in both systems:
// it is empty and has no gaps.
func (b Backlog) Equal() bool { return b.Empty() && len(b.Gaps) == 0 }

// Gap is a time in which a process may have written without the journal.
type Gap struct {
	// Flag is the migration flag's key.
	Flag string
	// Instance is the name of the process.
	Instance string
	// Since and Until are when it began and ended.
	Since, Until time.Time
	// Suspected is true if the process was lost, so that nobody knows whether it wrote.
	Suspected bool
	// Marked is true if all records written in the gap were marked dirty afterwards.
	Marked bool
}

// Filter selects rows of a journal.
type Filter struct {
	// Flag is the migration flag's key; empty is all.
	Flag string
	// State is the state of the rows; zero is all.
	State State
	// After is the row after which to go on, the zero value for the first ones.
	After Entry
	// Limit is how many rows to return at most; zero is 1000.
	Limit int
}

// State is the state of a row.
type State uint8

const (
	// Dirty is a record that may differ, and is neither open nor parked.
	Dirty State = iota + 1
	// Parked is a record that repair has given up.
	Parked
	// Open is a record that is being written or repaired.
	Open
)

// String returns the state in one word.
func (s State) String() string {
	switch s {
	case Dirty:
		return "dirty"
	case Parked:
		return "parked"
	case Open:
		return "open"
	default:
		return "unknown"
	}
}

// Entry is a row of a journal.
type Entry struct {
	// Flag is the migration flag's key.
	Flag string
	// Record is the record.
	Record cutover.RecordKey
	// State is the row's state. An open record may be dirty too.
	State State
	// Dirty is why the record may differ, or empty if it is only open.
	Dirty cutover.DirtyReason
	// From is the origin that it is to be copied from.
	From ldmigration.Origin
	// Since is when it became dirty, or was opened.
	Since time.Time
	// Attempts is how many repairs have failed.
	Attempts int
	// Reason is what the last repair failed with.
	Reason string
}

// Directions keeps the direction of each flag.
type Directions interface {
	// Epoch returns the epoch of a flag.
	Epoch(ctx context.Context, flag string) (cutover.Epoch, error)
	// Turn makes another origin the one that records are copied from, and begins a new epoch. It
	// returns an [ErrNotTurned] if the epoch is not the expected one any more, or if records are
	// open or dirty. Turning to the direction that holds already changes nothing.
	//
	// A journal turns by itself when all writes have had the other direction for a while.
	Turn(ctx context.Context, flag string, expected int64, from ldmigration.Origin) (cutover.Epoch, error)
	// CloseGaps forgets the gaps of a flag that ended before a time, after the records were
	// compared.
	CloseGaps(ctx context.Context, flag string, before time.Time) error
}

// ErrNotTurned matches the error of a direction that was not turned.
var ErrNotTurned = errors.New("direction not turned")

// ErrClosed matches the error of a journal that was closed.
var ErrClosed = errors.New("journal is closed")

// ErrClaimLost matches the error of a claim that is not this process's any more.
var ErrClaimLost = errors.New("claim lost")
