package cutover

import (
	"context"
	"runtime/debug"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Observer watches operations from outside: the one way to see what the library saw.
type Observer interface {
	// Observe is called once for each operation that ran, after its op event was sent and before the operation returns,
	// with the operation's own context; for a detached read, and for one that is read again, in the background and with
	// that context's values. It must be safe for concurrent use, and quick: the caller waits for it. If it panics, the
	// panic is logged and changes nothing.
	Observe(ctx context.Context, o Observation)
}

// Observation is what there is to know of one operation. Later versions may add fields.
type Observation struct {
	// Operation is ldmigration.Read or ldmigration.Write.
	Operation ldmigration.Operation
	// Flag is the migration flag's key.
	Flag string
	// Context is the evaluation context.
	Context ldcontext.Context
	// Stage is the stage the operation ran at.
	Stage ldmigration.Stage
	// Authoritative is the origin whose outcome the caller got, unless FellBack.
	Authoritative ldmigration.Origin
	// FellBack is true if the authoritative read failed and the caller got the other one's result; see
	// [ReaderBuilder.FallBack].
	FellBack bool
	// Payload is what the caller passed to the functions.
	Payload any
	// Old and New are what each origin did. The one the operation did not ask has Invoked false.
	Old, New Outcome[any]
	// Order is the order in which reads of both run; it is empty for a write.
	Order ldmigration.ExecutionOrder
	// Consistency says whether the two results agree, or why that is not known.
	Consistency Consistency
	// Differences are where they differ, for a comparison that can explain. They hold values: see Shown.
	Differences []Difference
	// IgnoredBy is the name of the rule that knows the difference, where Consistency is [Ignored].
	IgnoredBy string
	// Rechecked is true if a difference was found and both were read again; Old and New then have the second results, and
	// the latencies and errors of the first. See [ReaderBuilder.Recheck].
	Rechecked bool
	// Detached is true if the operation returned to its caller before this was known: a [Detached] read, or one that was
	// read again.
	Detached bool
	// Shown is what of all this may leave the process.
	Shown Shown
	// ComparisonPanic is the panic of the comparison, or of a clone for it, where Consistency is [ComparisonPanicked];
	// nil if it called [runtime.Goexit].
	ComparisonPanic *PanicError
}

// Outcome returns what the given origin did.
func (o Observation) Outcome(origin ldmigration.Origin) Outcome[any] {
	if origin == ldmigration.New {
		return o.New
	}
	return o.Old
}

func observationOf[P, R any](o *operation[P, R], rec *record, values *[2]R, payload P) Observation {
	observation := Observation{
		Operation:       rec.operation,
		Flag:            rec.flag,
		Context:         rec.user,
		Stage:           rec.stage,
		Authoritative:   rec.plan.authoritative.origin(),
		FellBack:        rec.fellBack(),
		Payload:         payload,
		Old:             anyOutcome(&rec.sides[oldSide], values[oldSide]),
		New:             anyOutcome(&rec.sides[newSide], values[newSide]),
		Consistency:     rec.consistency,
		Differences:     rec.differences,
		IgnoredBy:       rec.ignoredBy,
		Rechecked:       rec.rechecked,
		Detached:        rec.detached,
		ComparisonPanic: rec.fault,
	}
	if rec.operation == ldmigration.Read {
		observation.Order = o.order
	}
	return observation
}

func (s *settings) observe(ctx context.Context, o Observation) {
	for _, observer := range s.observers {
		s.contain(ctx, o.Flag, "observer", func() { observer.Observe(ctx, o) })
	}
}

// contain keeps the panic of what is not the operation's own business from the operation.
func (s *settings) contain(ctx context.Context, flag, what string, do func()) {
	defer func() {
		if value := recover(); value != nil {
			fault := &PanicError{Value: value, Stack: debug.Stack()}
			s.log.error(ctx, what+" panicked", flagAttr(flag), errAttr(fault), stackAttr(fault))
		}
	}()
	do()
}
