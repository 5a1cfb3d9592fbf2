package cutover

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// flight is a secondary call on its own goroutine. The operation that launched it waits until it has landed.
type flight[P, R any] struct {
	function func(context.Context, P) (R, error)
	ctx      context.Context //nolint:containedctx // the argument of one call, on its way to another goroutine
	payload  P
	landed   sync.WaitGroup

	value R
	outcome
}

// launch starts the secondary. A write must not be split by a cancellation, so that it gets the values of the caller's
// context alone; a read has nothing to split.
func launch[P, R any](
	ctx context.Context, kind ldmigration.Operation, function func(context.Context, P) (R, error), payload P,
) *flight[P, R] {
	if kind == ldmigration.Write && ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	f := &flight[P, R]{function: function, ctx: ctx, payload: payload}
	f.landed.Add(1)
	go f.run()
	return f
}

func (f *flight[P, R]) run() {
	defer f.land()
	f.invoked, f.start = true, now()
	f.value, f.err = f.function(f.ctx, f.payload)
	f.latency, f.returned = now()-f.start, true
}

func (f *flight[P, R]) land() {
	if !f.returned {
		f.latency = now() - f.start
		if value := recover(); value != nil {
			f.err = &PanicError{Value: value, Stack: debug.Stack()}
		} else {
			f.err = fmt.Errorf("runtime.Goexit: %w", ErrUnwound)
		}
	}
	f.landed.Done()
}
