package cutover

import (
	"context"
)

// detached is an operation whose caller has the result while the secondary is still under way. The
// rest runs in the background: on the flight's goroutine when it settles, or on a new one if it has
// settled before.
type detached[P, R any] struct {
	op      *operation[P, R]
	ctx     context.Context //nolint:containedctx // the operation's, on its way to other goroutines
	rec     record
	values  [2]R
	payload P
	flight  *flight[P, R]
}

// handOver leaves the rest of the operation to the background, which has a place for it, with
// clones of the caller's payload and result.
func (o *operation[P, R]) handOver(ctx context.Context, rec *record, values *[2]R, payload P, f *flight[P, R]) {
	d := &detached[P, R]{op: o, ctx: context.WithoutCancel(ctx), rec: *rec, values: *values, flight: f}
	d.rec.detached = true
	rec.consistency, rec.turn = ComparedLater, nil
	rec.intents, rec.uncovered, rec.allowed = [2]Intent{}, false, false
	f.handed = d
	defer func() {
		if f.parties.Add(-1) == 0 {
			go d.complete()
		}
	}()
	first := rec.plan.authoritative
	rec.sides[first].absent = o.isAbsent(d.ctx, &d.rec, &d.values, first)
	d.keep(payload)
}

// keep copies what the background needs.
func (d *detached[P, R]) keep(payload P) {
	o, rec := d.op, &d.rec
	observed, first := len(o.observers) > 0, rec.plan.authoritative
	compares := o.kind == readOp && o.compare.given && rec.sides[first].answered() && rec.toCompare()
	if observed || compares {
		d.payload, rec.payloadFault = copied(d.ctx, o.settings, rec.flag, "clone of a payload", o.clonePayload, payload)
		if o.key.given() && compares {
			rec.fault = rec.payloadFault // nobody knows whether the record is written meanwhile
		}
	}
	if rec.sides[first].returned && (observed || compares) {
		var fault *PanicError
		d.values[first], fault = copied(d.ctx, o.settings, rec.flag, "clone of a result", o.cloneResult, d.values[first])
		if fault != nil {
			rec.fault, rec.sides[first].lost = fault, true
		}
	}
}

// complete ends an operation whose caller is gone. Its place in the background is free only then,
// or when it waits to be read again.
func (d *detached[P, R]) complete() {
	leave := d.op.lane.leave
	defer func() { leave() }()
	defer d.rec.endTurn()
	defer func() { d.op.endIntents(d.ctx, &d.rec) }()
	defer func() { d.op.finish(d.ctx, &d.rec, &d.values, &d.payload) }()
	d.op.settle(d.ctx, &d.rec, &d.values, d.payload, d.flight)
	if d.op.doubts(&d.rec) && d.op.lane.admitRecheck() {
		d.op.lane.leave()
		leave = d.op.lane.leaveRecheck
		d.again()
	}
}

// doubts reports whether two results differ and are to be read again first.
func (o *operation[P, R]) doubts(rec *record) bool {
	return rec.consistency == Inconsistent && len(o.recheck) > 0 && rec.payloadFault == nil
}

// recheckLater leaves the operation to the background until it was read again. It reports false,
// and changes nothing, if too many wait for that already.
func (o *operation[P, R]) recheckLater(ctx context.Context, rec *record, values *[2]R, payload P) bool {
	if !o.lane.admitRecheck() {
		return false
	}
	left := false
	defer func() {
		if !left {
			o.lane.leaveRecheck()
		}
	}()
	d := &detached[P, R]{op: o, ctx: context.WithoutCancel(ctx), rec: *rec, values: *values}
	d.keep(payload)
	if d.rec.payloadFault != nil {
		return false
	}
	if rec.explain {
		d.keepOther()
	}
	d.rec.fault = nil // what was compared stands, though there be no copy of it
	d.rec.differences = withoutValues(rec.differences)
	d.rec.detached = true
	rec.compared = compared{consistency: ComparedLater}
	left = true
	go func() {
		defer o.lane.leaveRecheck()
		defer func() { o.finish(d.ctx, &d.rec, &d.values, &d.payload) }()
		d.again()
		if d.rec.rechecks == 0 {
			d.explainCopies()
		}
	}()
	return true
}

// keepOther copies the secondary's result too, of which a detail tells.
func (d *detached[P, R]) keepOther() {
	o, second := d.op, d.rec.plan.authoritative.other()
	var fault *PanicError
	d.values[second], fault = copied(d.ctx, o.settings, d.rec.flag, "clone of a result", o.cloneResult, d.values[second])
	if fault != nil {
		d.rec.sides[second].lost = true
	}
}

// explainCopies tells a difference that was found in the caller's results by the copies of them.
func (d *detached[P, R]) explainCopies() {
	o, rec := d.op, &d.rec
	switch before, after := &rec.sides[oldSide], &rec.sides[newSide]; {
	case len(rec.differences) == 0 || before.lost || after.lost:
	case before.absent || after.absent:
		o.compareAbsent(rec, &d.values, before.absent, after.absent)
	default:
		comparison := o.compare.comparison
		if o.rows {
			comparison = comparison.Without(o.writtenSince(rec.since))
		}
		o.contain(d.ctx, rec.flag, "explanation", func() {
			rec.differences = o.compare.explainBy(comparison, d.values, rec.plan.authoritative)
		})
	}
}

// again reads both again, once per delay while the results differ, and replaces the results. The op
// event still has the errors and latencies of the first reads, which the caller waited for.
func (d *detached[P, R]) again() {
	for _, delay := range d.op.recheck {
		d.op.lane.sleep(delay)
		if d.op.lane.closed.Load() {
			return // what was found last is believed
		}
		d.readAgain()
		if d.rec.consistency != Inconsistent {
			return
		}
	}
}

func (d *detached[P, R]) readAgain() {
	rec, o := &d.rec, d.op
	var payloads [2]P
	for s := range payloads {
		var fault *PanicError
		if payloads[s], fault = copied(d.ctx, o.settings, rec.flag, "clone of a payload", o.clonePayload, d.payload); fault != nil {
			return
		}
	}
	rec.rechecks++
	rec.compared = compared{consistency: ComparisonPanicked}
	if o.keys != nil {
		rec.since = o.keys.Mark()
	}
	var flights [2]*flight[P, R]
	for s := range flights {
		ctx := d.ctx
		if o.describes {
			ctx = o.described(ctx, rec, side(s), Rereading)
		}
		flights[s] = newFlight(ctx, o, side(s), payloads[s], true)
		flights[s].launch()
	}
	first := rec.sides
	defer func() { rec.sides, rec.again = first, rec.sides }()
	for s, f := range flights {
		f.settled.Wait()
		d.values[s], rec.sides[s] = f.result()
		o.tellPanic(d.ctx, rec, &rec.sides[s], "function panicked when it was called again")
	}
	o.findAbsent(d.ctx, rec, &d.values)
	o.judge(d.ctx, rec, &d.values, d.payload)
}
