package cutover

import (
	"context"
	"errors"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Journal records which records are being written to both systems, and which may differ. With one,
// a crash between two writes leaves a trace from which the two systems are made equal; see
// [Builder.Journal]. Package reconcile has a journal in memory, and the repair; package sqljournal
// has one in a database. A Journal must be safe for concurrent use.
//
// An implementation keeps a row for each record that is being written or dirty, and no row means
// that both systems hold the same. Package reconcile/journaltest tests the rules of that.
type Journal interface {
	// Begin makes it durable that an operation is about to write to both systems. It returns when
	// that is so, or with an error and no intent. If another intent of a record is open, the
	// record becomes dirty.
	//
	// Begin waits while a record is being written in the other direction, or until ctx ends. If a
	// write of the other direction left a record dirty, Begin calls w.Settle for it first. If that
	// fails, the error is an [ErrUnsettled]. Begin calls Settle under no lock.
	Begin(ctx context.Context, w JournalWrite) (Intent, error)
	// Mark notes that records may differ. It returns at once: the journal makes it durable as soon
	// as it can, and tries again until it has.
	Mark(ctx context.Context, m JournalMark)
}

// Intent is what a [Journal] knows of one operation. It must be safe for concurrent use.
type Intent interface {
	// Check returns an error if the intent does not protect the records any more: the lease of this
	// process ran out, or the authoritative write was to join the intent to its transaction and
	// did not. It is called before each write after the first, maybe even after End, and must be
	// cheap.
	Check() error
	// End notes that the operation's writes are over, and returns at once. It is called exactly
	// once. If Check would return an error, End leaves the records dirty.
	End(end IntentEnd)
	// Epoch returns the journal's epoch and direction when the intent began.
	Epoch() Epoch
}

// Epoch is the direction of a migration, and the count of its turns. The flag proposes a direction
// by its stage; the journal decides, because instances see a change of the flag at different times.
type Epoch struct {
	// Number counts the epochs, from 1. Zero means that nothing was written yet.
	Number int64
	// From is the authoritative origin. Records are copied from it to the other one.
	From ldmigration.Origin
}

// RecordKey names a record in a [Journal].
type RecordKey struct {
	// Kind is the kind of record, such as "order".
	Kind string
	// Key is the record's key as text. It is unique within the kind.
	Key string
}

// String returns the kind and the key.
func (k RecordKey) String() string { return k.Kind + " " + k.Key }

// JournalWrite is a write to both systems that is about to begin.
type JournalWrite struct {
	// Flag is the migration flag's key. Journals keep flags apart.
	Flag string
	// Records are the records that the operation may write, in order and each once.
	Records []RecordKey
	// From is the origin that is written first. It is authoritative at the operation's stage.
	From ldmigration.Origin
	// Join is true if the authoritative function joins the intent to its own transaction. Begin
	// then need not make anything durable, and [Intent.Check] returns an error until the intent has
	// joined.
	Join bool
	// Settle makes a record equal in both systems by copying it from an origin. It calls permit
	// right before it writes, and does not write if that returns an error.
	Settle func(ctx context.Context, record RecordKey, from ldmigration.Origin, permit func() error) error
}

// IntentEnd is how the writes of an operation ended. The zero value is a clean end: both succeeded.
type IntentEnd struct {
	// Dirty is why the records may differ, or empty if they do not.
	Dirty DirtyReason
	// Late is true if a write may still take effect. Repair then waits for the journal's bound on
	// late writes before it reads the record.
	Late bool
}

// JournalMark names records that may differ.
type JournalMark struct {
	// Flag is the migration flag's key.
	Flag string
	// Records are the records.
	Records []RecordKey
	// From is the origin that is authoritative for whoever makes the mark.
	From ldmigration.Origin
	// Dirty is why they may differ.
	Dirty DirtyReason
	// Late is true if a write may still take effect.
	Late bool
	// Written is true if a write is the reason, and false if a difference was seen by a read. Repair
	// deletes no record that was only seen to differ.
	Written bool
}

// DirtyReason is why a record may differ.
type DirtyReason string

// The reasons why a record may differ.
const (
	// AuthoritativeFailed means that the authoritative write failed, maybe after it took effect.
	AuthoritativeFailed DirtyReason = "authoritative write failed"
	// SecondaryFailed means that the secondary write failed, maybe after it took effect.
	SecondaryFailed DirtyReason = "secondary write failed"
	// SecondaryLate means that the secondary write was not over when its time was.
	SecondaryLate DirtyReason = "secondary write timed out"
	// SecondaryLeftOut means that the secondary write was skipped.
	SecondaryLeftOut DirtyReason = "secondary write skipped"
	// LateLanding means that a secondary write returned after its timeout.
	LateLanding DirtyReason = "secondary write returned after its timeout"
	// Overlapped means that two operations wrote the record at the same time, so that their writes
	// may have reached the two systems in different orders.
	Overlapped DirtyReason = "written by two operations at once"
	// OwnerLost means that the process that wrote the record ended, or lost its lease, before it
	// said how its writes ended.
	OwnerLost DirtyReason = "writing process was lost"
	// NotJournaled means that the record was written while the journal could not be reached.
	NotJournaled DirtyReason = "written without the journal"
	// SeenDifferent means that a read found that the two systems differ.
	SeenDifferent DirtyReason = "read found a difference"
)

// RecordKind is what the engine needs to know of one kind of record. Package reconcile makes them
// of functions that read, write and delete a record in either system.
type RecordKind interface {
	// Name is the kind's name, such as "order".
	Name() string
	// Copy reads a record from an origin now, and writes it to the other one, or deletes it there.
	// It calls permit right before it writes, and returns its error if there is one.
	Copy(ctx context.Context, key string, from ldmigration.Origin, permit func() error) error
}

// Errors of operations with a [Journal].
var (
	// ErrJournal matches the error of a journal that could not make an intent durable. By default
	// the operation goes on without; see [Builder.RequireJournal].
	ErrJournal = errors.New("journal")
	// ErrUnsettled matches the error of a write that was not run because a write of the other
	// direction had left the record dirty, and it could not be made equal first. It comes with
	// [ErrNotRun].
	ErrUnsettled = errors.New("record is dirty from the other direction")
	// ErrLeaseLost matches the error of a secondary that was skipped because the process had lost
	// its lease in the journal. It comes with [ErrSecondarySkipped].
	ErrLeaseLost = errors.New("lease of this process ran out")
	// ErrNotJoined matches the error of a secondary that was skipped because the authoritative
	// write did not join the intent to its transaction. It comes with [ErrSecondarySkipped].
	ErrNotJoined = errors.New("authoritative write did not join the intent to its transaction")
	// ErrUnknownKind is returned by Build for keys of a kind that [Builder.Journal] was not given.
	ErrUnknownKind = errors.New("unknown kind of record")
	// ErrNoJournal is returned by Build for a setting that needs [Builder.Journal], and
	// [WriterBuilder.Records] where it is a writer's.
	ErrNoJournal = errors.New("needs a journal and the keys of the records")
	// ErrNoRecords is returned by Build of a writer under a [Builder.Journal] that neither has
	// [WriterBuilder.Records] nor says [WriterBuilder.Unjournaled], or does both.
	ErrNoRecords = errors.New("under a journal a writer needs the keys of its records, or is unjournaled")
	// ErrRequiresBoth is returned by Build of a writer that does not wait for its secondary and
	// whose result depends on it.
	ErrRequiresBoth = errors.New("the writer requires both writes")
	// ErrUnknownOrigin is returned by Build for an origin that is neither old nor new.
	ErrUnknownOrigin = errors.New("unknown origin")
	// ErrBreakerOpen matches the error of a secondary that was skipped because the system had
	// failed too often in a row; see [Builder.Breaker]. It comes with [ErrSecondarySkipped].
	ErrBreakerOpen = fmt.Errorf("%w: too many failures in a row", ErrSecondarySkipped)
)

// Journaled is what a [Journal] was told of an operation. The zero value means nothing: the
// operation wrote to one system, or has no keys.
type Journaled struct {
	// Records are the records that the operation wrote, or that it found to differ.
	Records []RecordKey
	// Epoch is the journal's when the operation began.
	Epoch Epoch
	// Dirty is why the records may differ now, or empty if the operation left them equal.
	Dirty DirtyReason
	// Err is an [ErrJournal] if the operation ran without the journal.
	Err error
}

// JournalObserver is an optional interface of an [Observer] that is called when the journal stops
// or resumes working, and when a breaker opens or closes.
type JournalObserver interface {
	// ObserveJournal is called once for each change, by the operation that saw it, before its op
	// event is sent. It must be safe for concurrent use and fast. Its panic is logged.
	ObserveJournal(ctx context.Context, change JournalChange)
}

// JournalChange is a change of what protects writes.
type JournalChange struct {
	// Flag is the migration flag's key.
	Flag string
	// Kind is what changed.
	Kind JournalChangeKind
	// Origin is the system whose breaker changed.
	Origin ldmigration.Origin
	// Err is why, or nil.
	Err error
}

// JournalChangeKind is what changed.
type JournalChangeKind uint8

// The changes that a [JournalObserver] is told.
const (
	// JournalLost means that writes run without the journal from now on, or are refused.
	JournalLost JournalChangeKind = iota + 1
	// JournalFound means that writes are journaled again.
	JournalFound
	// BreakerOpened means that secondary writes are skipped from now on.
	BreakerOpened
	// BreakerClosed means that secondary writes are made again.
	BreakerClosed
)

// String returns the change in words.
func (k JournalChangeKind) String() string {
	switch k {
	case JournalLost:
		return "journal lost"
	case JournalFound:
		return "journal found"
	case BreakerOpened:
		return "breaker opened"
	case BreakerClosed:
		return "breaker closed"
	default:
		return "unknown change"
	}
}
