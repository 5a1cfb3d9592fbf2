package cutover

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/compare"
)

// Outcome is what one origin's function did in one operation.
type Outcome[R any] struct {
	// Invoked is true if the function was called, even if it never returned.
	Invoked bool
	// Value is what the function returned, whatever the error, and the zero value if it did not
	// return.
	Value R
	// NotFound is true if the reader takes what the function returned for "no such record"; see
	// [ReaderBuilder.NotFound]. That is no failure, although Err is set.
	NotFound bool
	// Err is the error that the function returned. It is a [PanicError] or [ErrUnwound] if the
	// function did not return, a [TimeoutError] if a secondary's time was over, and an
	// [ErrSecondarySkipped] if a secondary was to be called and was not.
	Err error
	// Start is when the function was called; the zero time if it was not.
	Start time.Time
	// Latency is how long the function took, by the monotonic clock and in full resolution. After a
	// timeout it is the time that the function had.
	Latency time.Duration
}

// Detail is what happened in one operation. Unlike a plain read or write it has both outcomes.
type Detail[R any] struct {
	// Stage is the stage at which the operation ran.
	Stage ldmigration.Stage
	// Authoritative is the origin whose outcome is the operation's result, unless FellBack is true.
	Authoritative ldmigration.Origin
	// FellBack is true if the authoritative read failed and the other origin's result is the
	// operation's; see [ReaderBuilder.FallBack].
	FellBack bool
	// Old and New are the outcomes of both origins. Invoked is false for an origin that was not
	// called, and for a secondary whose operation returned first; see [ComparedLater].
	Old, New Outcome[R]
	// Consistency is whether the two results agree, or why that is not known.
	Consistency Consistency
	// Differences are where the results differ, for a comparison that can explain.
	Differences []compare.Difference
	// IgnoredBy is the name of the rule that knows the difference, if Consistency is [Ignored].
	IgnoredBy string
	// Journaled is what the journal was told. Of a write whose secondary follows in the background
	// it is not known yet whether its records are dirty; observers get that.
	Journaled Journaled
	// Err is an [ErrNotRun] if the operation called no function, and otherwise nil. It is also a
	// [StageError] for an unknown stage, an [ErrDeadlock] for a write that would wait for itself,
	// or the error of the context that ended while the write waited for its key.
	Err error

	requireBoth bool
}

// Result returns what the plain read or write returns: the authoritative value and error, those of
// the other origin if it fell back, and an [OriginError] if a write with
// [WriterBuilder.RequireBoth] failed.
func (d Detail[R]) Result() (R, error) {
	if d.Err != nil {
		var none R
		return none, d.Err
	}
	out, other := d.Old, d.New
	if (d.Authoritative == ldmigration.New) != d.FellBack {
		out, other = d.New, d.Old
	}
	if d.requireBoth {
		return out.Value, bothError(d.Authoritative, out.Err, other.Err)
	}
	return out.Value, out.Err
}

// Outcome returns the outcome of an origin: New for [ldmigration.New], and otherwise Old.
func (d Detail[R]) Outcome(origin ldmigration.Origin) Outcome[R] {
	if origin == ldmigration.New {
		return d.New
	}
	return d.Old
}

// Secondary returns the outcome of the secondary, and whether it was called.
func (d Detail[R]) Secondary() (Outcome[R], bool) {
	out := d.New
	if d.Authoritative == ldmigration.New {
		out = d.Old
	}
	return out, out.Invoked
}

func detailOf[P, R any](o *operation[P, R], rec *record, values *[2]R) Detail[R] {
	if rec.err != nil {
		return Detail[R]{Stage: rec.stage, Err: rec.err}
	}
	return Detail[R]{
		Stage:         rec.stage,
		Authoritative: rec.plan.authoritative.origin(),
		FellBack:      rec.fellBack(),
		Old:           outcomeOf(&rec.sides[oldSide], values[oldSide]),
		New:           outcomeOf(&rec.sides[newSide], values[newSide]),
		Consistency:   rec.consistency,
		Differences:   rec.differences,
		IgnoredBy:     rec.ignoredBy,
		Journaled:     rec.journaled,
		requireBoth:   o.requireBoth,
	}
}

// resultOf returns what the plain read or write returns.
func resultOf[P, R any](o *operation[P, R], rec *record, values *[2]R) (R, error) {
	if rec.err != nil {
		var none R
		return none, rec.err
	}
	err := rec.sides[rec.answer].err
	if o.requireBoth {
		err = bothError(rec.plan.authoritative.origin(), err, rec.sides[rec.answer.other()].err)
	}
	return values[rec.answer], err
}

func outcomeOf[R any](out *outcome, value R) Outcome[R] {
	return Outcome[R]{
		Invoked: out.invoked, Value: value, NotFound: out.absent, Err: out.err, Start: out.startTime(), Latency: out.latency,
	}
}

// anyOutcome leaves the value nil, instead of a typed zero value, if the function was not called or
// did not return, or if its value could not be copied.
func anyOutcome[R any](out *outcome, value R) Outcome[any] {
	boxed := Outcome[any]{
		Invoked: out.invoked, NotFound: out.absent, Err: out.err, Start: out.startTime(), Latency: out.latency,
	}
	if out.returned && !out.lost {
		boxed.Value = value
	}
	return boxed
}

// startTime returns when the call began, by the wall clock as it stands now.
func (o *outcome) startTime() time.Time {
	if !o.invoked {
		return time.Time{}
	}
	return time.Now().Add(o.start - now())
}
