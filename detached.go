package cutover

import (
	"context"
	"reflect"
	"runtime/debug"
	"time"
)

// detached is a read whose caller has its result while the secondary is still under way. What is left to do is done in
// the background: by the flight when it settles, or on a goroutine of its own if the flight has settled before.
type detached[P, R any] struct {
	op      *operation[P, R]
	ctx     context.Context //nolint:containedctx // the operation's, on its way to other goroutines
	rec     record
	values  [2]R
	payload P
	flight  *flight[P, R]
}

// handOver leaves the rest of the operation to the background. The result that it goes on with is not the caller's but a
// clone, if the reader was given a way to make one.
func (o *operation[P, R]) handOver(ctx context.Context, rec *record, values *[2]R, payload P, f *flight[P, R]) {
	d := &detached[P, R]{op: o, ctx: context.WithoutCancel(ctx), rec: *rec, values: *values, payload: payload, flight: f}
	d.rec.detached = true
	rec.consistency = ComparedLater
	f.handed = d
	defer func() {
		if f.parties.Add(-1) == 0 {
			go d.complete()
		}
	}()
	if first := rec.plan.authoritative; o.clone != nil && rec.sides[first].succeeded() {
		compares := o.compare.equal != nil && d.rec.toCompare()
		if compares || len(o.observers) > 0 {
			d.values[first], d.rec.fault = cloned(o.clone, values[first])
		}
		if d.rec.fault != nil {
			o.log.error(ctx, "clone panicked", flagAttr(rec.flag), errAttr(d.rec.fault), stackAttr(d.rec.fault))
		}
	}
}

// complete is the end of run for an operation whose caller is gone. Its place in the background is free only then.
func (d *detached[P, R]) complete() {
	defer d.op.owner.end()
	defer d.op.finish(d.ctx, &d.rec, &d.values, &d.payload)
	d.op.settle(d.ctx, &d.rec, &d.values, d.flight)
	if d.op.doubts(&d.rec) {
		d.again()
	}
}

func cloned[R any](clone func(R) R, value R) (copied R, fault *PanicError) {
	defer func() {
		if value := recover(); value != nil {
			fault = &PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return clone(value), nil
}

// sharable reports whether two goroutines may have a value of the type without either seeing what the other does to it:
// nothing in it is reached through a pointer, but for what cannot be changed.
func sharable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface:
		return false
	case reflect.Array:
		return sharable(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true
		}
		for i := range t.NumField() {
			if !sharable(t.Field(i).Type) {
				return false
			}
		}
		return true
	default:
		return true
	}
}
