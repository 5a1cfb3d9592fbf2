package cutover

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Outcome is what became of one origin's function in one operation.
type Outcome[R any] struct {
	// Invoked is true if the function was called, even if it never returned.
	Invoked bool
	// Value is what it returned, whatever the error; the zero value if it did not return.
	Value R
	// Err is its error, a [PanicError] or [ErrUnwound] if it did not return, or nil.
	Err error
	// Start is when it was called; the zero time if it was not.
	Start time.Time
	// Latency is how long it took, by the monotonic clock and in full resolution.
	Latency time.Duration
}

// Detail tells how one operation went. Unlike a plain read or write it shows both origins.
type Detail[R any] struct {
	// Stage is the stage the operation ran at.
	Stage ldmigration.Stage
	// Authoritative is the origin whose outcome is the operation's result, unless FellBack.
	Authoritative ldmigration.Origin
	// FellBack is true if the authoritative read failed and the other one's result is the operation's; see
	// [ReaderBuilder.FallBack].
	FellBack bool
	// Old and New are what each origin did. The one the operation did not ask has Invoked false, and so has the secondary
	// of a detached read that has returned before it; see [ComparedLater].
	Old, New Outcome[R]
	// Consistency says whether the two results agree, or why that is not known.
	Consistency Consistency
	// Differences are where they differ, for a comparison that can explain.
	Differences []Difference
	// IgnoredBy is the name of the rule that knows the difference, where Consistency is [Ignored].
	IgnoredBy string
	// Err is why the operation did not run at all: a [StageError], or that its context ended while it waited for its
	// key's turn. It is nil if it ran.
	Err error

	requireBoth bool
}

// Result returns what the plain read or write returns: the authoritative value and error, the other ones if it fell back,
// and with [WriterBuilder.RequireBoth] the other one's error too.
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

// Outcome returns what the given origin did.
func (d Detail[R]) Outcome(origin ldmigration.Origin) Outcome[R] {
	if origin == ldmigration.New {
		return d.New
	}
	return d.Old
}

// Secondary returns what the other origin did, and whether it was invoked.
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
		requireBoth:   o.requireBoth,
	}
}

// resultOf is what the caller gets of it all, for the plain read or write.
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
	return Outcome[R]{Invoked: out.invoked, Value: value, Err: out.err, Start: out.startTime(), Latency: out.latency}
}

// anyOutcome leaves the value nil, and not a typed zero, where the function was not called or did not return.
func anyOutcome[R any](out *outcome, value R) Outcome[any] {
	boxed := Outcome[any]{Invoked: out.invoked, Err: out.err, Start: out.startTime(), Latency: out.latency}
	if out.returned {
		boxed.Value = value
	}
	return boxed
}

// startTime tells by the wall clock, as it stands now, when the call began.
func (o *outcome) startTime() time.Time {
	if !o.invoked {
		return time.Time{}
	}
	return time.Now().Add(o.start - now())
}
