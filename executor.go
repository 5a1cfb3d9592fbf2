package cutover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/internal/clock"
	"github.com/gocutover/cutover/internal/turn"
)

// operation is one read or write as it was built: the engine under Reader, Writer and Migrator.
type operation[P, R any] struct {
	*settings
	kind         ldmigration.Operation
	calls        [2]func(context.Context, P) (R, error)
	lane         *lane // nil for a Migrator, which has no background
	order        ldmigration.ExecutionOrder
	compare      comparing[R]
	recheck      []time.Duration
	absent       func(R, error) bool
	reveal       revealing[P, R]
	shownKey     KeyFunc[P]
	cloneResult  func(R) R
	clonePayload func(P) P
	key          KeyFunc[P] // of a writer to serialize by, of a reader to compare between writes
	rows         bool       // compare rows between writes
	fallBack     func(failed ldmigration.Origin, err error) bool
	requireBoth  bool

	// Only operations of a Cutover with a journal have these.
	records       journalKeys[P]
	resultRecords journalKeys[R]
	rowKind       string  // the kind of record that rows of a list are
	joins         [2]bool // the authoritative write joins the intent to its transaction
	copies        bool    // the secondary write is a copy of the records
	behind        bool    // the caller does not wait for the secondary write
}

// run takes one operation from the stage to the op event. It puts what it finds out into rec, and
// returns the values.
//
// The authoritative function runs on the caller's goroutine, so that its panic reaches the caller.
// All that follows is deferred, so that it happens however that function ends. The secondary has
// its own goroutine in every order: only that contains a [runtime.Goexit], or lets the operation
// continue without a function that hangs. It runs inline only if the builder says so.
func (o *operation[P, R]) run(ctx context.Context, payload P, rec *record) (values [2]R) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec.operation = o.kind
	if o.kind == ldmigration.Write && o.key.given() {
		var ok bool
		if ctx, ok = o.takeTurn(ctx, rec, payload); !ok {
			return values
		}
		defer rec.endTurn()
	}
	if !o.decide(ctx, rec) {
		return values
	}
	first, second := rec.plan.authoritative, rec.plan.authoritative.other()
	rec.answer = first
	theirs := payload
	if rec.plan.both {
		theirs, rec.payloadFault = copied(ctx, o.settings, rec.flag, "clone of a payload", o.clonePayload, payload)
	}
	if o.kind == ldmigration.Write && rec.plan.both && o.journals() && !o.protect(ctx, rec, payload) {
		return values
	}
	order := o.orderOf(ctx, rec)
	if o.kind == ldmigration.Read && rec.plan.both && (o.key.given() || o.rows) {
		rec.since = o.keys.Mark()
	}

	var aside *flight[P, R]
	defer o.conclude(ctx, rec, &values, &payload, &theirs, &aside, order)

	if order == secondaryFirst || order == together || order == detachedTogether {
		aside = o.secondary(ctx, second, theirs, order, rec)
		aside.launch()
	}
	if order == secondaryFirst {
		aside.settled.Wait()
	}
	values[first] = o.call(ctx, payload, rec, first)
	if rec.plan.both && o.resultRecords.given() && rec.sides[first].err == nil {
		o.protectMore(ctx, rec, values[first])
	}
	if order == authoritativeFirst || order.followsWrite() && rec.sides[first].err == nil && o.mayWrite(ctx, rec, order) {
		aside = o.secondary(ctx, second, theirs, order, rec)
		aside.launch()
	}
	return values
}

// takeTurn waits for the turn of the records. It reports false if nothing is to be run.
func (o *operation[P, R]) takeTurn(ctx context.Context, rec *record, payload P) (context.Context, bool) {
	var room [4]uint64
	within, mine, err := o.keys.TakeAll(ctx, o.key.hashes(payload, room[:0]))
	switch {
	case err == nil:
		rec.turn = mine
		return within, true
	case errors.Is(err, turn.ErrDeadlock):
		rec.err = fmt.Errorf("%w: %w", ErrNotRun, ErrDeadlock)
	default:
		rec.err = fmt.Errorf("%w: waiting for another write of the same key: %w", ErrNotRun, endOf(ctx))
	}
	return ctx, false
}

// mayWrite reports whether the secondary's system is to be written to. It is not while the limit of
// writes after their timeout is reached, or while such a write of the same record could undo this
// one.
func (o *operation[P, R]) mayWrite(ctx context.Context, rec *record, order sequence) bool {
	second := &rec.sides[rec.plan.authoritative.other()]
	if err := o.permitted(ctx, rec); err != nil {
		second.err = fmt.Errorf("%w: %w", ErrSecondarySkipped, err)
		return false
	}
	switch {
	case o.lane == nil:
	case rec.turn != nil && rec.turn.Late():
		o.lane.skipped.Add(1)
		second.err = errLateWrite
		return false
	case order != behindWrite && o.lane.full():
		second.err = errTooManyLate
		return false
	}
	if o.journals() && !o.allows(rec) {
		second.err = ErrBreakerOpen
		return false
	}
	return true
}

// decide evaluates the stage and looks up what to call. It reports false if nothing is to be run.
func (o *operation[P, R]) decide(ctx context.Context, rec *record) bool {
	o.stageOf(ctx, &rec.request, o.compare.given, &rec.evaluation)
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

// call runs the authoritative function. The outcome it sets first is that of a call that never
// returns.
func (o *operation[P, R]) call(ctx context.Context, payload P, rec *record, which side) R {
	out := &rec.sides[which]
	if o.describes {
		ctx = o.described(ctx, rec, which, Serving)
	}
	out.invoked, out.err, out.start = true, ErrUnwound, now()
	value, err := o.calls[which](ctx, payload)
	out.latency, out.err, out.returned = now()-out.start, err, true
	return value
}

// secondary prepares the other call. A write must not be split by a cancellation, nor a read ended
// by its caller's return if that may come first: they get only the values of the caller's context.
func (o *operation[P, R]) secondary(
	ctx context.Context, which side, payload P, order sequence, rec *record,
) *flight[P, R] {
	uncut := order.followsWrite() || order == detachedTogether || o.returnAtDeadline && order != secondaryFirst
	purpose := Following
	if o.copies && len(rec.journaled.Records) > 0 {
		purpose = Copying
	}
	if o.describes {
		ctx = o.described(ctx, rec, which, purpose)
	}
	f := newFlight(ctx, o, which, payload, uncut)
	f.turn, f.intents, f.records, f.copies = rec.turn, rec.intents, rec.journaled.Records, purpose == Copying
	f.here = o.inline && order != together && !order.inBackground()
	if o.order == ldmigration.Random && o.kind == ldmigration.Read && !uncut {
		f.within(ctx, order == secondaryFirst)
	}
	early := o.returnAtDeadline && !o.requireBoth || o.fallBack != nil && order == detachedTogether
	if early && ctx.Done() != nil && !f.here && order != secondaryFirst {
		f.done = make(chan struct{})
	}
	return f
}

// conclude is all that follows the authoritative call, however an operation that ran ends. One that
// has its answer may leave this to the background.
func (o *operation[P, R]) conclude(
	ctx context.Context, rec *record, values *[2]R, payload, theirs *P, aside **flight[P, R], order sequence,
) {
	first := rec.plan.authoritative
	out := &rec.sides[first]
	if out.invoked && !out.returned {
		out.latency = now() - out.start
	}
	handed := false
	defer func() {
		if !handed {
			takeIn(rec, values, *aside) // where a function of the user's ended the goroutine before settle
			o.endIntents(ctx, rec)
			rec.endTurn()
			o.finish(ctx, rec, values, payload)
		}
	}()
	placed := order.inBackground()
	defer func() {
		if placed {
			o.lane.leave()
		}
	}()
	falls := out.returned && o.fallsBack(ctx, rec, values)
	if falls && *aside == nil && rec.plan.both && rec.payloadFault == nil {
		o.askAfterAll(ctx, rec, *theirs, aside)
	}
	if f := *aside; f != nil && out.returned {
		if order.inBackground() && !falls || !f.settledBy(ctx) {
			rec.falls = false // or the caller would wait longer for it than it has time
			if !placed {
				o.lane.adopt()
			}
			handed, placed = true, false
			o.handOver(ctx, rec, values, *payload, f)
			return
		}
	}
	o.settle(ctx, rec, values, *payload, *aside)
	handed = o.doubts(rec) && o.recheckLater(ctx, rec, values, *payload)
}

// settledBy waits for the flight, or until ctx ends if the operation may return then.
func (f *flight[P, R]) settledBy(ctx context.Context) bool {
	if f.done == nil {
		return true // settle waits
	}
	select {
	case <-f.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-f.done: // both
		return true
	default:
		return false
	}
}

// askAfterAll calls a secondary that was skipped for a full background, for a result to fall back
// to.
func (o *operation[P, R]) askAfterAll(ctx context.Context, rec *record, payload P, aside **flight[P, R]) {
	second := rec.plan.authoritative.other()
	rec.sides[second].err = nil
	*aside = o.secondary(ctx, second, payload, together, rec)
	(*aside).launch()
}

// takeIn waits for the secondary, if there is one, unless that was done before.
func takeIn[P, R any](rec *record, values *[2]R, aside *flight[P, R]) {
	if second := rec.plan.authoritative.other(); aside != nil && !rec.sides[second].invoked {
		aside.settled.Wait()
		values[second], rec.sides[second] = aside.result()
	}
}

// settle waits for the secondary, if there is one, and compares.
func (o *operation[P, R]) settle(ctx context.Context, rec *record, values *[2]R, payload P, aside *flight[P, R]) {
	second := rec.plan.authoritative.other()
	takeIn(rec, values, aside)
	o.endIntents(ctx, rec)
	rec.endTurn()
	if aside != nil {
		o.tellPanic(ctx, rec, &rec.sides[second], "secondary panicked")
	}
	if o.kind == ldmigration.Write {
		return
	}
	o.findAbsent(ctx, rec, values)
	if !rec.plan.both {
		return
	}
	if rec.falls && rec.sides[second].answered() && !rec.sides[second].absent {
		rec.answer = second
		if o.seldom.first(rec.flag, "fell back") {
			o.log.warn(ctx, "authoritative read failed: returning the other system's result",
				flagAttr(rec.flag), errAttr(rec.sides[rec.plan.authoritative].err))
		}
	}
	o.judge(ctx, rec, values, payload)
}

// fallsBack reports whether the other system may answer for a failed authoritative read.
func (o *operation[P, R]) fallsBack(ctx context.Context, rec *record, values *[2]R) bool {
	first := rec.plan.authoritative
	if o.fallBack == nil || !rec.plan.both || rec.sides[first].err == nil {
		return false
	}
	if o.isAbsent(ctx, rec, values, first) {
		return false
	}
	o.contain(ctx, rec.flag, "FallBack function", func() { rec.falls = o.fallBack(first.origin(), rec.sides[first].err) })
	return rec.falls
}

// findAbsent finds out which systems answered that there is no such record.
func (o *operation[P, R]) findAbsent(ctx context.Context, rec *record, values *[2]R) {
	for s := range rec.sides {
		o.isAbsent(ctx, rec, values, side(s))
	}
}

// isAbsent asks once for each call: what it returned is the caller's alone as soon as the
// operation has returned.
func (o *operation[P, R]) isAbsent(ctx context.Context, rec *record, values *[2]R, which side) bool {
	out := &rec.sides[which]
	if o.absent != nil && out.returned && !out.asked {
		out.asked = true
		o.contain(ctx, rec.flag, "NotFound function", func() { out.absent = o.absent(values[which], out.err) })
	}
	return out.absent
}

// finish sends the op event and calls the observers, even if one of the user's functions ends the
// goroutine in between.
func (o *operation[P, R]) finish(ctx context.Context, rec *record, values *[2]R, payload *P) {
	defer func() {
		if len(o.observers) > 0 {
			o.observe(ctx, o.observation(ctx, rec, values, *payload))
		}
	}()
	if o.marks() {
		o.markDifference(ctx, rec, *payload)
	}
	o.report(ctx, rec)
}

// now reads only the monotonic clock, which costs less than time.Now.
func now() time.Duration { return clock.Now() }
