package cutover

import (
	"context"
	"time"
)

// doubts reports whether two results differ, and are to be read again before that is believed.
func (o *operation[P, R]) doubts(rec *record) bool {
	return rec.consistency == Inconsistent && o.recheck > 0
}

// recheckLater leaves the operation to the background until it was read again. It reports false, and leaves it as it is,
// if the background is full.
func (o *operation[P, R]) recheckLater(ctx context.Context, rec *record, payload P) bool {
	if !o.owner.admit() {
		return false
	}
	d := &detached[P, R]{op: o, ctx: context.WithoutCancel(ctx), rec: *rec, payload: payload}
	d.rec.detached = true
	rec.compared = compared{consistency: ComparedLater}
	go func() {
		defer o.owner.end()
		defer o.finish(d.ctx, &d.rec, &d.values, &d.payload)
		d.again()
	}()
	return true
}

// again reads both once more, and lets what they return now stand for what they returned. The op event goes on telling
// the first reads' errors and latencies: they are those that the caller waited for.
func (d *detached[P, R]) again() {
	time.Sleep(d.op.recheck)
	rec, o := &d.rec, d.op
	rec.rechecked = true
	rec.compared = compared{consistency: ComparisonPanicked}
	if o.key != nil {
		rec.glance.end()
		o.glanceAt(d.ctx, rec, d.payload)
	}
	var flights [2]*flight[P, R]
	for s := range flights {
		flights[s] = newFlight(d.ctx, true, o.calls[s], d.payload, o.settings)
		flights[s].launch()
	}
	first := rec.sides
	for s, f := range flights {
		f.settled.Wait()
		d.values[s], rec.sides[s] = f.result()
	}
	o.judge(d.ctx, rec, &d.values)
	rec.sides = first
}
