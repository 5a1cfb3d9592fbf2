package cutovertest

import (
	"context"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// JournalCall is what a [Fault] around a [Journal] gets as payload: use it with [When].
type JournalCall struct {
	// Method is the method that is called, such as "Begin".
	Method string
	// Flag is the migration flag's key, or empty for all flags.
	Flag string
	// Records are the records that the call names, if it names any.
	Records []cutover.RecordKey
}

// Journal puts faults around a journal, as [Read] puts them around a function. They happen to its
// methods that return an error, but for Held and Close: Begin, Claim, Release, Backlog, Entries,
// Unpark, Epoch, Turn and CloseGaps. The payload is a [JournalCall].
//
// With [Fail] the journal cannot be reached, with [Hang] it does not answer, and with [Forget] its
// Begin returns an intent that protects nothing. With [LoseAnswer] the intent begins, and ends with
// its records dirty, as the caller knows nothing of it.
//
// While the last of those calls failed, marks are kept, and made at the next one that succeeds, as
// a journal does that could not be reached. An intent that began is that of the journal itself, and
// its Check and End have no faults. The journal is safe for concurrent use.
func Journal(journal reconcile.Journal, faults ...Fault) reconcile.Journal {
	return &faultyJournal{Journal: journal, fault: Chain(faults...)}
}

type faultyJournal struct {
	reconcile.Journal
	fault Fault

	mu   sync.Mutex
	down bool
	kept []func() // marks
}

// faultyCall makes a call with the faults around it, and reports whether they let it happen.
func faultyCall[T any](
	ctx context.Context, j *faultyJournal, call JournalCall, do func(context.Context) (T, error),
) (answer T, made bool, err error) {
	err = j.fault.DoFor(ctx, call, func(ctx context.Context) (err error) {
		made = true
		j.catchUp()
		answer, err = do(ctx)
		return err
	})
	if !made && err != nil {
		j.mu.Lock()
		j.down = true
		j.mu.Unlock()
	}
	return answer, made, err
}

// catchUp makes the marks that were kept.
func (j *faultyJournal) catchUp() {
	j.mu.Lock()
	kept := j.kept
	j.kept, j.down = nil, false
	j.mu.Unlock()
	for _, mark := range kept {
		mark()
	}
}

func (j *faultyJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	call := JournalCall{"Begin", w.Flag, w.Records}
	intent, made, err := faultyCall(ctx, j, call, func(ctx context.Context) (cutover.Intent, error) {
		return j.Journal.Begin(ctx, w)
	})
	switch {
	case err == nil && !made:
		return forgottenIntent{}, nil
	case err != nil && intent != nil:
		intent.End(cutover.IntentEnd{Dirty: cutover.NotJournaled})
		return nil, err
	default:
		return intent, err
	}
}

// forgottenIntent is an intent that no journal knows of.
type forgottenIntent struct{}

func (forgottenIntent) Check() error          { return nil }
func (forgottenIntent) End(cutover.IntentEnd) {}
func (forgottenIntent) Epoch() cutover.Epoch  { return cutover.Epoch{} }

func (j *faultyJournal) Mark(ctx context.Context, m cutover.JournalMark) {
	j.mu.Lock()
	down := j.down
	if down {
		ctx := context.WithoutCancel(ctx)
		j.kept = append(j.kept, func() { j.Journal.Mark(ctx, m) })
	}
	j.mu.Unlock()
	if !down {
		j.Journal.Mark(ctx, m)
	}
}

func (j *faultyJournal) Claim(ctx context.Context, want reconcile.ClaimRequest) ([]reconcile.Claim, error) {
	claims, _, err := faultyCall(ctx, j, JournalCall{Method: "Claim", Flag: want.Flag},
		func(ctx context.Context) ([]reconcile.Claim, error) { return j.Journal.Claim(ctx, want) })
	return claims, err
}

func (j *faultyJournal) Release(ctx context.Context, releases []reconcile.Release) ([]bool, error) {
	call := JournalCall{Method: "Release"}
	for _, release := range releases {
		call.Flag, call.Records = release.Claim.Flag, append(call.Records, release.Claim.Record)
	}
	left, made, err := faultyCall(ctx, j, call, func(ctx context.Context) ([]bool, error) {
		return j.Journal.Release(ctx, releases)
	})
	if !made && err == nil {
		left = make([]bool, len(releases))
	}
	return left, err
}

func (j *faultyJournal) Backlog(ctx context.Context, flag string) (reconcile.Backlog, error) {
	backlog, _, err := faultyCall(ctx, j, JournalCall{Method: "Backlog", Flag: flag},
		func(ctx context.Context) (reconcile.Backlog, error) { return j.Journal.Backlog(ctx, flag) })
	return backlog, err
}

func (j *faultyJournal) Entries(ctx context.Context, filter reconcile.Filter) ([]reconcile.Entry, error) {
	entries, _, err := faultyCall(ctx, j, JournalCall{Method: "Entries", Flag: filter.Flag},
		func(ctx context.Context) ([]reconcile.Entry, error) { return j.Journal.Entries(ctx, filter) })
	return entries, err
}

func (j *faultyJournal) Unpark(ctx context.Context, flag string, records ...cutover.RecordKey) (int, error) {
	n, _, err := faultyCall(ctx, j, JournalCall{"Unpark", flag, records},
		func(ctx context.Context) (int, error) { return j.Journal.Unpark(ctx, flag, records...) })
	return n, err
}

func (j *faultyJournal) Epoch(ctx context.Context, flag string) (cutover.Epoch, error) {
	epoch, _, err := faultyCall(ctx, j, JournalCall{Method: "Epoch", Flag: flag},
		func(ctx context.Context) (cutover.Epoch, error) { return j.Journal.Epoch(ctx, flag) })
	return epoch, err
}

func (j *faultyJournal) Turn(
	ctx context.Context, flag string, expected int64, from ldmigration.Origin,
) (cutover.Epoch, error) {
	epoch, _, err := faultyCall(ctx, j, JournalCall{Method: "Turn", Flag: flag},
		func(ctx context.Context) (cutover.Epoch, error) { return j.Journal.Turn(ctx, flag, expected, from) })
	return epoch, err
}

func (j *faultyJournal) CloseGaps(ctx context.Context, flag string, before time.Time) error {
	_, _, err := faultyCall(ctx, j, JournalCall{Method: "CloseGaps", Flag: flag},
		func(ctx context.Context) (struct{}, error) { return struct{}{}, j.Journal.CloseGaps(ctx, flag, before) })
	return err
}

func (j *faultyJournal) Close(ctx context.Context) error {
	j.catchUp()
	return j.Journal.Close(ctx)
}
