package cutover

import (
	"context"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/compare"
)

// Observer gets what the library knows of each operation.
type Observer interface {
	// Observe is called once for each operation that ran, after its op event was sent. It is called
	// before the operation returns, with the operation's context. If the rest of the operation
	// follows in the background, it is called there, with the values of that context and no
	// cancellation. It must be safe for concurrent use and fast, because the caller waits for it.
	// If it panics, the panic is logged.
	Observe(ctx context.Context, o Observation)
}

// Observation is what the library knows of one operation. Later versions may add fields.
type Observation struct {
	// Operation is [ldmigration.Read] or [ldmigration.Write].
	Operation ldmigration.Operation
	// Flag is the migration flag's key.
	Flag string
	// Context is the evaluation context.
	Context ldcontext.Context
	// Stage is the stage at which the operation ran.
	Stage ldmigration.Stage
	// Authoritative is the origin whose outcome the caller got, unless FellBack is true.
	Authoritative ldmigration.Origin
	// FellBack is true if the authoritative read failed and the caller got the other origin's
	// result; see [ReaderBuilder.FallBack].
	FellBack bool
	// Payload is what the caller passed, or a copy. It must not be modified.
	Payload any
	// Old and New are the outcomes of both origins. Invoked is false for an origin that was not
	// called. The values must not be modified.
	Old, New Outcome[any]
	// Order is the reader's order for reads from both; it is empty for a write.
	Order ldmigration.ExecutionOrder
	// Consistency is whether the two results agree, or why that is not known.
	Consistency Consistency
	// Differences are where the results differ, for a comparison that can explain. They contain
	// values; see Shown.
	Differences []compare.Difference
	// IgnoredBy is the name of the rule that knows the difference, if Consistency is [Ignored].
	IgnoredBy string
	// Rechecks is how often both systems were read again because the results differed. Old and New
	// then have the values and errors of the last reads and the latencies of the first. See
	// [ReaderBuilder.Recheck].
	Rechecks int
	// Detached is true if the operation returned to its caller before this was known: a [Detached]
	// read, an operation that returned at its caller's deadline, or a read that was read again.
	Detached bool
	// Journaled is what the journal was told.
	Journaled Journaled
	// Shown is what of all this may leave the process.
	Shown Shown
	// ComparisonPanic is the panic of the comparison, or of a clone for it, if Consistency is
	// [ComparisonPanicked]. It is nil if the function called [runtime.Goexit].
	ComparisonPanic *PanicError
}

// Outcome returns the outcome of an origin: New for [ldmigration.New], and otherwise Old.
func (o Observation) Outcome(origin ldmigration.Origin) Outcome[any] {
	if origin == ldmigration.New {
		return o.New
	}
	return o.Old
}

func (o *operation[P, R]) observation(ctx context.Context, rec *record, values *[2]R, payload P) Observation {
	before, after := rec.observed(oldSide), rec.observed(newSide)
	observation := Observation{
		Operation:       rec.operation,
		Flag:            rec.flag,
		Context:         rec.user,
		Stage:           rec.stage,
		Authoritative:   rec.plan.authoritative.origin(),
		FellBack:        rec.fellBack(),
		Payload:         payload,
		Old:             anyOutcome(&before, values[oldSide]),
		New:             anyOutcome(&after, values[newSide]),
		Consistency:     rec.consistency,
		Differences:     rec.differences,
		IgnoredBy:       rec.ignoredBy,
		Rechecks:        rec.rechecks,
		Detached:        rec.detached,
		Journaled:       rec.journaled,
		ComparisonPanic: rec.fault,
	}
	if rec.operation == ldmigration.Read {
		observation.Order = o.order
	}
	observation.Shown = o.shown(ctx, rec, values, payload)
	return observation
}

func (s *settings) observe(ctx context.Context, o Observation) {
	for _, observer := range s.observers {
		s.contain(ctx, o.Flag, "observer", func() { observer.Observe(ctx, o) })
	}
}
