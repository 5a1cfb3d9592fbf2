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
	// Latency is how long it took, by the monotonic clock and in full resolution.
	Latency time.Duration
}

// Detail tells how one operation went. Unlike a plain read or write it shows both origins.
type Detail[R any] struct {
	// Stage is the stage the operation ran at.
	Stage ldmigration.Stage
	// Authoritative is the origin whose outcome is the operation's result.
	Authoritative ldmigration.Origin
	// Old and New are what each origin did. The one the operation did not ask has Invoked false.
	Old, New Outcome[R]
	// Consistency says whether the two results agree, or why that is not known.
	Consistency Consistency
	// Err is why the operation did not run at all, a [StageError]; nil if it ran.
	Err error
}

// Result returns what the plain read or write returns: the authoritative value and error.
func (d Detail[R]) Result() (R, error) {
	if d.Err != nil {
		var none R
		return none, d.Err
	}
	out := d.Outcome(d.Authoritative)
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

func detailOf[R any](rec *record, values *[2]R) Detail[R] {
	if rec.err != nil {
		return Detail[R]{Stage: rec.stage, Err: rec.err}
	}
	return Detail[R]{
		Stage:         rec.stage,
		Authoritative: rec.plan.authoritative.origin(),
		Old:           outcomeOf(&rec.sides[oldSide], values[oldSide]),
		New:           outcomeOf(&rec.sides[newSide], values[newSide]),
		Consistency:   rec.consistency,
	}
}

// resultOf is the authoritative outcome alone, for the plain read or write.
func resultOf[R any](rec *record, values *[2]R) (R, error) {
	if rec.err != nil {
		var none R
		return none, rec.err
	}
	return values[rec.plan.authoritative], rec.sides[rec.plan.authoritative].err
}

func outcomeOf[R any](out *outcome, value R) Outcome[R] {
	return Outcome[R]{Invoked: out.invoked, Value: value, Err: out.err, Latency: out.latency}
}

// anyOutcome leaves the value nil, and not a typed zero, where the function was not called or did not return.
func anyOutcome[R any](out *outcome, value R) Outcome[any] {
	boxed := Outcome[any]{Invoked: out.invoked, Err: out.err, Latency: out.latency}
	if out.returned {
		boxed.Value = value
	}
	return boxed
}
