package cutover

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// operation is one read or one write as it was built: the engine under Reader, Writer and Migrator.
type operation[P, R any] struct {
	*settings
	kind        ldmigration.Operation
	calls       [2]func(context.Context, P) (R, error)
	compare     comparing[R]
	recheck     time.Duration
	redact      redaction[P, R]
	clone       func(R) R
	key         KeyFunc[P]
	fallBack    bool
	requireBoth bool
}

// run takes one operation from the stage to the op event. What was found out stands in rec, the values in the result.
//
// The authoritative function runs on the caller's goroutine, so that its panic stays its own; all that follows it is
// deferred, and so happens whichever way it ends. The secondary runs on a goroutine of its own, whatever the order:
// nothing else contains a [runtime.Goexit], or goes on without a function that hangs. Only where the builder was told that
// it does neither does it run inline.
func (o *operation[P, R]) run(ctx context.Context, payload P, rec *record) (values [2]R) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec.operation = o.kind
	if o.kind == ldmigration.Write && o.key != nil {
		unlock, err := o.keys.lock(ctx, o.key(payload))
		if err != nil {
			rec.err = err
			return values
		}
		defer unlock()
	}
	if !o.decide(ctx, rec) {
		return values
	}
	first, second := rec.plan.authoritative, rec.plan.authoritative.other()
	rec.answer = first
	if o.kind == ldmigration.Read && o.key != nil && rec.plan.both {
		o.glanceAt(ctx, rec, payload)
	}

	var aside *flight[P, R]
	order := o.orderOf(rec)
	defer o.conclude(ctx, rec, &values, &payload, &aside, order)

	if order == secondaryFirst || order == together || order == detachedTogether {
		aside = o.secondary(ctx, second, payload, order)
		aside.launch()
	}
	if order == secondaryFirst {
		aside.settled.Wait()
	}
	values[first] = o.call(ctx, payload, &rec.sides[first], first)
	if order == authoritativeFirst || order == ifAuthoritativeSucceeds && rec.sides[first].err == nil {
		aside = o.secondary(ctx, second, payload, order)
		aside.launch()
	}
	return values
}

// decide asks for the stage and looks up what it means. It reports false if there is nothing to run.
func (o *operation[P, R]) decide(ctx context.Context, rec *record) bool {
	o.stageOf(ctx, &rec.request, o.compare.equal != nil, &rec.evaluation)
	var known bool
	if rec.plan, known = planFor(rec.stage, o.kind); !known {
		rec.err = &StageError{Flag: rec.flag, Stage: rec.stage}
		o.log.error(ctx, "operation not run", errAttr(rec.err))
		return false
	}
	if o.watch != nil {
		o.watch.saw(ctx, o.settings, rec)
	}
	return true
}

// call runs the authoritative function. What it writes before the call is what is true if the call never returns.
func (o *operation[P, R]) call(ctx context.Context, payload P, out *outcome, which side) R {
	out.invoked, out.err, out.start = true, ErrUnwound, now()
	value, err := o.calls[which](ctx, payload)
	out.latency, out.err, out.returned = now()-out.start, err, true
	return value
}

// secondary readies the other call. A write must not be split by a cancellation, nor a detached read ended by its caller's
// return: they get the values of the caller's context alone.
func (o *operation[P, R]) secondary(ctx context.Context, which side, payload P, order sequence) *flight[P, R] {
	uncut := order == ifAuthoritativeSucceeds || order == detachedTogether
	f := newFlight(ctx, uncut, o.calls[which], payload, o.settings)
	f.here = o.inline && order != together && order != detachedTogether
	if order == secondaryFirst {
		f.halve(ctx)
	}
	return f
}

// conclude is all that follows the authoritative call, on every way out of an operation that ran. A detached read that
// has its answer leaves it to the background.
func (o *operation[P, R]) conclude(
	ctx context.Context, rec *record, values *[2]R, payload *P, aside **flight[P, R], order sequence,
) {
	out := &rec.sides[rec.plan.authoritative]
	if out.invoked && !out.returned {
		out.latency = now() - out.start
	}
	if order == detachedTogether {
		if out.returned && (out.err == nil || !o.fallBack) {
			o.handOver(ctx, rec, values, *payload, *aside)
			return
		}
		defer o.owner.end()
	}
	handed := false
	defer func() {
		if !handed {
			o.finish(ctx, rec, values, payload)
		}
	}()
	o.settle(ctx, rec, values, *aside)
	handed = o.doubts(rec) && o.recheckLater(ctx, rec, *payload)
}

// settle waits for the secondary, if there is one, and compares.
func (o *operation[P, R]) settle(ctx context.Context, rec *record, values *[2]R, aside *flight[P, R]) {
	first, second := rec.plan.authoritative, rec.plan.authoritative.other()
	if aside != nil {
		aside.settled.Wait()
		values[second], rec.sides[second] = aside.result()
	}
	if !rec.plan.both || o.kind == ldmigration.Write {
		return
	}
	if o.fallBack && rec.sides[first].failed() && rec.sides[second].succeeded() {
		rec.answer = second
		if o.once.first(rec.flag, "fell back") {
			o.log.warn(ctx, "authoritative read failed: answering with the other one", flagAttr(rec.flag), errAttr(rec.sides[first].err))
		}
	}
	o.judge(ctx, rec, values)
}

// judge compares, if these two results are to be compared.
func (o *operation[P, R]) judge(ctx context.Context, rec *record, values *[2]R) {
	rec.consistency = o.consistency(rec)
	if rec.consistency != ComparisonPanicked || rec.fault != nil {
		return
	}
	o.compare.run(values, rec.plan.authoritative, rec.explain || len(o.observers) > 0, &rec.compared)
	if rec.fault != nil {
		o.log.error(ctx, "comparison panicked", flagAttr(rec.flag), errAttr(rec.fault), stackAttr(rec.fault))
	}
}

// consistency tells why two results are not to be compared. [ComparisonPanicked] is what is true of those that are,
// until the comparison has answered.
func (o *operation[P, R]) consistency(rec *record) Consistency {
	switch {
	case rec.sides[rec.plan.authoritative.other()].err == ErrSecondarySkipped: //nolint:errorlint // the library's own
		return SecondarySkipped
	case o.compare.equal == nil:
		return NoComparison
	case !rec.sides[oldSide].succeeded() || !rec.sides[newSide].succeeded():
		return NotBothSucceeded
	case rec.fault != nil:
		return ComparisonPanicked
	case rec.glance.overtaken():
		return WrittenMeanwhile
	case !rec.toCompare():
		return NotSampled
	default:
		return ComparisonPanicked
	}
}

// glanceAt begins to look out for writes of the record. Its key serves the comparison alone, and is contained as that is.
func (o *operation[P, R]) glanceAt(ctx context.Context, rec *record, payload P) {
	defer func() {
		if value := recover(); value != nil {
			rec.fault = &PanicError{Value: value, Stack: debug.Stack()}
			o.log.error(ctx, "key panicked", flagAttr(rec.flag), errAttr(rec.fault), stackAttr(rec.fault))
		}
	}()
	rec.glance = o.keys.glance(o.key(payload))
}

// finish sends the op event and tells the observers.
func (o *operation[P, R]) finish(ctx context.Context, rec *record, values *[2]R, payload *P) {
	rec.glance.end()
	o.report(ctx, rec)
	if len(o.observers) > 0 {
		observation := observationOf(o, rec, values, *payload)
		o.contain(ctx, rec.flag, "redaction", func() { observation.Shown = o.shown(rec, values, *payload) })
		o.observe(ctx, observation)
	}
}

// epoch is where the library's monotonic clock begins.
var epoch = time.Now()

// now reads the monotonic clock alone, which costs less than time.Now.
func now() time.Duration { return time.Since(epoch) }
