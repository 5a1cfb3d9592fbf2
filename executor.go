package cutover

import (
	"context"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// operation is one read or one write as it was built: the engine under Reader, Writer and Migrator.
type operation[P, R any] struct {
	*settings
	kind    ldmigration.Operation
	calls   [2]func(context.Context, P) (R, error)
	compare comparison[R]
}

// run takes one operation from the stage to the op event. What was found out stands in rec, the values in the result.
//
// The authoritative function runs on the caller's goroutine, so that its panic stays its own; all that follows it is
// deferred, and so happens whichever way it ends. The secondary runs on a goroutine of its own, whatever the order:
// nothing else contains a [runtime.Goexit].
func (o *operation[P, R]) run(ctx context.Context, payload P, rec *record) (values [2]R) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec.operation = o.kind
	o.evaluate(ctx, &rec.request, o.compare.equal != nil, &rec.evaluation)
	var known bool
	if rec.plan, known = planFor(rec.stage, o.kind); !known {
		rec.err = &StageError{Flag: rec.flag, Stage: rec.stage}
		o.log.error(ctx, "operation not run", errAttr(rec.err))
		return values
	}
	first, second := rec.plan.authoritative, rec.plan.authoritative.other()

	var aside *flight[P, R]
	defer o.finish(ctx, rec, &values, &payload)
	defer o.settle(ctx, rec, &values, &aside)

	order := o.orderOf(rec.plan)
	if order == secondaryFirst || order == together {
		aside = launch(ctx, o.kind, o.calls[second], payload)
	}
	if order == secondaryFirst {
		aside.landed.Wait()
	}
	values[first] = o.call(ctx, payload, &rec.sides[first], first)
	if order == authoritativeFirst || order == ifAuthoritativeSucceeds && rec.sides[first].err == nil {
		aside = launch(ctx, o.kind, o.calls[second], payload)
	}
	return values
}

// call runs the authoritative function. What it writes before the call is what is true if the call never returns.
func (o *operation[P, R]) call(ctx context.Context, payload P, out *outcome, which side) R {
	out.invoked, out.err, out.start = true, ErrUnwound, now()
	value, err := o.calls[which](ctx, payload)
	out.latency, out.err, out.returned = now()-out.start, err, true
	return value
}

// settle waits for the secondary and compares.
func (o *operation[P, R]) settle(ctx context.Context, rec *record, values *[2]R, aside **flight[P, R]) {
	first, second := rec.plan.authoritative, rec.plan.authoritative.other()
	if out := &rec.sides[first]; !out.returned {
		out.latency = now() - out.start
	}
	if f := *aside; f != nil {
		f.landed.Wait()
		values[second], rec.sides[second] = f.value, f.outcome
	}
	if !rec.plan.both || o.kind == ldmigration.Write {
		return
	}
	switch {
	case o.compare.equal == nil:
		rec.consistency = NoComparison
	case rec.sides[first].err != nil || rec.sides[second].err != nil:
		rec.consistency = NotBothSucceeded
	case !rec.sampled():
		rec.consistency = NotSampled
	default:
		rec.consistency = ComparisonPanicked
		rec.consistency, rec.fault = o.compare.run(values, first)
		if rec.fault != nil {
			o.log.error(ctx, "comparison panicked", flagAttr(rec.flag), errAttr(rec.fault), stackAttr(rec.fault))
		}
	}
}

// finish sends the op event and tells the observers, on every way out of an operation that ran.
func (o *operation[P, R]) finish(ctx context.Context, rec *record, values *[2]R, payload *P) {
	o.report(ctx, rec)
	if len(o.observers) > 0 {
		o.observe(ctx, observationOf(rec, values, *payload))
	}
}

// epoch is where the library's monotonic clock begins.
var epoch = time.Now()

// now reads the monotonic clock alone, which costs less than time.Now.
func now() time.Duration { return time.Since(epoch) }
