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
	// with the operation's own context; for a detached read in the background, with that context's values. It must be safe for concurrent use, and quick: the caller waits for it. If it
	// panics, the panic is logged and changes nothing.
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
	// Consistency says whether the two results agree, or why that is not known.
	Consistency Consistency
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

func observationOf[P, R any](rec *record, values *[2]R, payload P) Observation {
	return Observation{
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
		ComparisonPanic: rec.fault,
	}
}

func (s *settings) observe(ctx context.Context, o Observation) {
	for _, observer := range s.observers {
		s.contain(ctx, o.Flag, func() { observer.Observe(ctx, o) })
	}
}

// contain keeps an observer's panic from the operation.
func (s *settings) contain(ctx context.Context, flag string, observe func()) {
	defer func() {
		if value := recover(); value != nil {
			fault := &PanicError{Value: value, Stack: debug.Stack()}
			s.log.error(ctx, "observer panicked", flagAttr(flag), errAttr(fault), stackAttr(fault))
		}
	}()
	observe()
}
