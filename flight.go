package cutover

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover/internal/deadline"
	"github.com/gocutover/cutover/internal/timeout"
	"github.com/gocutover/cutover/internal/turn"
)

// flight is a secondary call. It settles once: when the call has landed, or when its time is over.
type flight[P, R any] struct {
	op      *operation[P, R]
	side    side
	here    bool // on the operation's own goroutine, which cannot continue without it
	payload P
	ctx     deadline.Context
	limit   time.Duration // zero is none
	entry   timeout.Entry
	turn    *turn.Turn // of the record that it writes, if writes of it take turns
	intents [2]Intent  // of the records that it writes
	records []RecordKey
	copies  bool // it copies the records

	settled sync.WaitGroup
	done    chan struct{} // closed when it has settled; nil if nobody selects
	state   atomic.Uint32
	// parties counts the flight until it settles and the operation until it hands itself over. The
	// last of them completes a detached operation.
	parties atomic.Int32
	handed  *detached[P, R]

	value R
	outcome
}

// The states of a flight. What its goroutine writes may be read by others only once it has landed,
// except for the start, which is written before its time can be over.
const (
	underWay uint32 = iota
	landed
	abandoned
)

// newFlight prepares a secondary call. Its function gets the values of ctx, and unless uncut its
// cancellation.
func newFlight[P, R any](ctx context.Context, op *operation[P, R], which side, payload P, uncut bool) *flight[P, R] {
	f := &flight[P, R]{op: op, side: which, payload: payload}
	f.ctx.Parent, f.ctx.Uncut = ctx, uncut && ctx.Done() != nil
	f.invoked = true
	if op.lane != nil {
		f.limit = op.lane.calls.Limit()
	}
	f.parties.Store(2)
	f.settled.Add(1)
	return f
}

// launch starts the call. Unless it runs here it has its own goroutine, which is left behind when
// its time is over.
func (f *flight[P, R]) launch() {
	if f.here {
		f.run()
	} else {
		go f.run()
	}
}

// run makes the call and recovers its panic. Its time runs from here.
func (f *flight[P, R]) run() {
	defer f.land()
	f.start = now()
	f.ctx.At = f.start + f.limit
	if f.op.lane != nil && !f.here {
		f.op.lane.calls.Add(f.start, f.limit, &f.entry, f)
	}
	ctx := context.Context(&f.ctx)
	if f.limit == 0 {
		ctx = f.ctx.Values()
	}
	if f.copies {
		f.err = f.copyRecords(ctx)
	} else {
		f.value, f.err = f.op.calls[f.side](ctx, f.payload)
	}
	f.latency, f.returned = now()-f.start, true
}

// land notes how the call ended. After Abandon only the owner of the goroutine needs to know.
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
	f.entry.Remove()
	if f.limit != 0 {
		f.ctx.End()
		if f.err != nil && f.latency >= f.limit {
			f.err = &TimeoutError{After: f.limit, Err: f.err}
		}
	}
	if f.state.CompareAndSwap(underWay, landed) {
		f.settle()
		return
	}
	defer f.disown()
	f.op.late(context.WithoutCancel(f.ctx.Parent), fault)
	f.markLate()
}

// Adopt makes the background count the call's goroutine before it can be late, so that the
// background never seems idle in between. Until then its record counts as being written.
func (f *flight[P, R]) Adopt() {
	f.op.lane.adopt()
	if f.turn != nil {
		f.turn.Outlive()
	}
}

func (f *flight[P, R]) disown() {
	if f.turn != nil {
		f.turn.Outlived()
	}
	f.op.lane.leave()
}

// Abandon continues without the call, unless it has landed in the last moment.
func (f *flight[P, R]) Abandon() {
	if f.state.CompareAndSwap(underWay, abandoned) {
		f.settle()
	} else {
		f.disown()
	}
}

func (f *flight[P, R]) settle() {
	f.settled.Done()
	if f.done != nil {
		close(f.done)
	}
	if f.parties.Add(-1) == 0 {
		d := f.handed
		f.handed = nil // a call that runs on for long must not keep the results
		d.complete()
	}
}

// result returns what the operation may know once the flight has settled.
func (f *flight[P, R]) result() (value R, out outcome) {
	if f.state.Load() == landed {
		return f.value, f.outcome
	}
	out = outcome{invoked: true, err: &TimeoutError{After: f.limit}, start: f.start, latency: f.limit}
	return value, out
}
