package cutovertest

import (
	"context"
	"sync"
)

// Read puts faults around a read function. The first fault is the outermost: it happens first, and
// those behind it only if it lets the call go on. Where the function was not called, the result is
// the zero value. The returned function is safe for concurrent use if read is.
func Read[P, R any](read func(context.Context, P) (R, error), faults ...Fault) func(context.Context, P) (R, error) {
	return func(ctx context.Context, payload P) (result R, err error) {
		err = run(ctx, payload, faults, func(ctx context.Context) (err error) {
			result, err = read(ctx, payload)
			return err
		})
		return result, err
	}
}

// Write puts faults around a write function, as [Read] does.
func Write[P any](write func(context.Context, P) error, faults ...Fault) func(context.Context, P) error {
	return func(ctx context.Context, payload P) error {
		return run(ctx, payload, faults, func(ctx context.Context) error { return write(ctx, payload) })
	}
}

// ReturningWrite puts faults around a write function that returns a value, as [Read] does.
func ReturningWrite[P, R any](
	write func(context.Context, P) (R, error), faults ...Fault,
) func(context.Context, P) (R, error) {
	return Read(write, faults...)
}

func run(ctx context.Context, payload any, faults []Fault, function func(context.Context) error) error {
	if len(faults) == 0 {
		return function(ctx)
	}
	return faults[0].DoFor(ctx, payload, func(ctx context.Context) error {
		return run(ctx, payload, faults[1:], function)
	})
}

// Stale makes a read function answer with what it found the time before, as a replica that lags:
// each call reads, and returns what the last call for an equal payload got. The first call returns
// what it finds.
func Stale[P comparable, R any](read func(context.Context, P) (R, error)) func(context.Context, P) (R, error) {
	type found struct {
		result R
		err    error
	}
	var mu sync.Mutex
	before := map[P]found{}
	return func(ctx context.Context, payload P) (R, error) {
		result, err := read(ctx, payload)
		mu.Lock()
		defer mu.Unlock()
		answer, ok := before[payload]
		before[payload] = found{result, err}
		if !ok {
			return result, err
		}
		return answer.result, answer.err
	}
}
