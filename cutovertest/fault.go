package cutovertest

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// Fault is something that goes wrong in a call of a function of one system. [Read], [Write] and
// [ReturningWrite] put faults around a function; [Fault.Do] puts one around a call in a function of
// any other shape. [EveryNth], [First], [When] and [Switch] say when a fault happens. A Fault may
// be used for several functions at a time, and counts their calls together. The zero Fault does
// nothing.
//
// A fault that waits is durably blocked in a synctest bubble.
type Fault struct {
	around func(call *call, next func(context.Context) error) error
}

// call is one call of a function with faults around it.
type call struct {
	ctx     context.Context //nolint:containedctx // the argument of one call, on its way through the faults
	payload any
}

// Do runs call with the fault around it, and returns the error of the call or of the fault. If the
// fault does not let the call happen, call does not run, and variables that it sets stay as they
// are. The call must use the context that it gets.
//
// Use Do in functions of any shape:
//
//	func (r *flaky) Find(ctx context.Context, shop string, id int) (o Order, found bool, err error) {
//		err = r.fault.Do(ctx, func(ctx context.Context) (err error) {
//			o, found, err = r.next.Find(ctx, shop, id)
//			return err
//		})
//		return o, found, err
//	}
//
// It panics for a fault that looks at payloads, such as one of [When]: see [Fault.DoFor].
func (f Fault) Do(ctx context.Context, call func(context.Context) error) error {
	return f.DoFor(ctx, nil, call)
}

// DoFor is [Fault.Do] for a call with a payload, for faults of [When] and [ForPayloads]. A function
// of several parameters can give one of them, or a struct of all.
func (f Fault) DoFor(ctx context.Context, payload any, do func(context.Context) error) error {
	if f.around == nil {
		return do(ctx)
	}
	return f.around(&call{ctx, payload}, do)
}

// Chain makes one fault of several. The first is the outermost: it happens first, and those behind
// it only if it lets the call go on.
func Chain(faults ...Fault) Fault {
	faults = slices.Clone(faults)
	return Fault{func(c *call, next func(context.Context) error) error {
		return run(c.ctx, c.payload, faults, next)
	}}
}

// Fail makes a call return err without doing anything.
func Fail(err error) Fault {
	return Fault{func(*call, func(context.Context) error) error { return err }}
}

// Forget makes a call return without an error and without doing anything: a write is acknowledged
// and lost, and what a read returns is the zero value.
func Forget() Fault {
	return Fault{func(*call, func(context.Context) error) error { return nil }}
}

// LoseAnswer lets a call do what it does and return err: the write was made, and its caller cannot
// know.
func LoseAnswer(err error) Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		if failed := next(c.ctx); failed != nil {
			return failed
		}
		return err
	}}
}

// Panic makes a call panic with value without doing anything.
func Panic(value any) Fault {
	return Fault{func(*call, func(context.Context) error) error { panic(value) }}
}

// Exit makes a call end its goroutine by runtime.Goexit, as t.FailNow does, without doing anything.
func Exit() Fault {
	return Fault{func(*call, func(context.Context) error) error {
		runtime.Goexit()
		return nil
	}}
}

// Hang makes a call wait until its context ends and return that context's error, without doing
// anything.
func Hang() Fault {
	return Fault{func(c *call, _ func(context.Context) error) error {
		<-c.ctx.Done()
		return c.ctx.Err()
	}}
}

// HangUntil makes a call wait until release is closed, even if its context ends, and then go on.
// Put Fail behind it for a call that never does anything.
func HangUntil(release <-chan struct{}) Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		<-release
		return next(c.ctx)
	}}
}

// Slow makes a call wait for d before it goes on. If its context ends first, it returns that
// context's error without doing anything.
func Slow(d time.Duration) Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		if err := pause(c.ctx, d); err != nil {
			return err
		}
		return next(c.ctx)
	}}
}

// Late makes a call wait for d after it did what it does, even if its context ends: the write is
// made long before its caller knows.
func Late(d time.Duration) Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		defer func() { _ = pause(context.Background(), d) }()
		return next(c.ctx)
	}}
}

// IgnoreContext hides from the faults behind it, and from the function, that the context has ended.
func IgnoreContext() Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		return next(context.WithoutCancel(c.ctx))
	}}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
