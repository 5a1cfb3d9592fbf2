package cutover

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// flight is a secondary call. It settles once: when the call has landed, or when its time is over.
type flight[P, R any] struct {
	*settings
	function func(context.Context, P) (R, error)
	payload  P
	ctx      deadlineContext
	limit    time.Duration // as long as the settings have limits
	timeout  timeout

	settled sync.WaitGroup
	state   atomic.Uint32
	// parties are those that a detached operation is completed after: the flight that settled, and the operation that
	// handed itself over. The second one completes it.
	parties atomic.Int32
	handed  *detached[P, R]
	here    bool // on the operation's own goroutine, which cannot go on without it

	value R
	outcome
}

// The states of a flight. What its goroutine writes may be read by others only once it has landed, but for the start, which
// is written before its time can be over.
const (
	underWay uint32 = iota
	landed
	abandoned
)

// newFlight readies a secondary call. Its function gets the values of ctx, and its cancellation unless uncut.
func newFlight[P, R any](
	ctx context.Context, uncut bool, function func(context.Context, P) (R, error), payload P, s *settings,
) *flight[P, R] {
	f := &flight[P, R]{settings: s, function: function, payload: payload}
	f.ctx.parent, f.ctx.uncut = ctx, uncut && ctx.Done() != nil
	f.invoked = true
	if f.limits != nil {
		f.limit = f.limits.limit
	}
	f.parties.Store(2)
	f.settled.Add(1)
	return f
}

// halve leaves a call that comes after this one half of the time that ctx has.
func (f *flight[P, R]) halve(ctx context.Context) {
	if deadline, ok := ctx.Deadline(); ok {
		if half := time.Until(deadline) / 2; half > 0 {
			f.limit = min(f.limit, half)
		}
	}
}

// launch starts the call. Unless it runs here it has a goroutine of its own, which is left behind when its time is over.
func (f *flight[P, R]) launch() {
	if f.here {
		f.run()
	} else {
		go f.run()
	}
}

// run makes the call, and does not let its panic out. Its time runs from here.
func (f *flight[P, R]) run() {
	defer f.land()
	f.start = now()
	if f.limits == nil {
		f.value, f.err = f.function(f.ctx.values(), f.payload)
	} else {
		f.ctx.at = f.start + f.limit
		if !f.here {
			f.limits.add(f.start, f.limit, &f.timeout, f)
		}
		f.value, f.err = f.function(&f.ctx, f.payload)
	}
	f.latency, f.returned = now()-f.start, true
}

// land notes how the call ended. If it was abandoned before, that interests nobody but the owner.
func (f *flight[P, R]) land() {
	var fault *PanicError
	if !f.returned {
		f.latency = now() - f.start
		if value := recover(); value != nil {
			fault = &PanicError{Value: value, Stack: debug.Stack()}
			f.err = fault
		} else {
			f.err = fmt.Errorf("runtime.Goexit: %w", ErrUnwound)
		}
	}
	if f.limits != nil {
		f.timeout.remove()
		f.ctx.end()
		if f.err != nil && f.latency >= f.limit {
			f.err = &TimeoutError{After: f.limit, Err: f.err}
		}
	}
	if f.state.CompareAndSwap(underWay, landed) {
		f.settle()
	} else {
		f.owner.late(fault)
	}
}

// adopt makes the owner count the call's goroutine, before it can be late, so that the owner never seems idle in between.
func (f *flight[P, R]) adopt() { f.owner.adopt() }

// abandon goes on without the call, unless it has landed in the very last moment.
func (f *flight[P, R]) abandon() {
	if f.state.CompareAndSwap(underWay, abandoned) {
		f.settle()
	} else {
		f.owner.end()
	}
}

func (f *flight[P, R]) settle() {
	f.settled.Done()
	if f.parties.Add(-1) == 0 {
		d := f.handed
		f.handed = nil // the call may go on for long, and is not to keep the results
		d.complete()
	}
}

// result is what the operation may know once the flight has settled.
func (f *flight[P, R]) result() (value R, out outcome) {
	if f.state.Load() == landed {
		return f.value, f.outcome
	}
	out = outcome{invoked: true, err: &TimeoutError{After: f.limit}, start: f.start, latency: f.limit}
	return value, out
}
