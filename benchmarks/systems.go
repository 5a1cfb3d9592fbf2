package benchmarks

import "context"

// Systems are the functions of the old and the new system that every contender calls.
type Systems struct {
	OldRead, NewRead   func(ctx context.Context, key string) (int, error)
	OldWrite, NewWrite func(ctx context.Context, key string) error
}

// payload is what every operation is given; boxed is the same for the APIs that take any, boxed
// before the clock runs.
var (
	payload     = "order-17"
	boxed   any = payload
)

// Trivial returns systems that do nothing: what is measured is what stands around them.
func Trivial() Systems {
	return Systems{OldRead: trivialRead, NewRead: trivialRead, OldWrite: trivialWrite, NewWrite: trivialWrite}
}

// The answer of a read is so small that boxing it does not allocate.
//
//go:noinline
func trivialRead(context.Context, string) (int, error) { return 42, nil }

//go:noinline
func trivialWrite(context.Context, string) error { return nil }

// dynamicRead is what a user of the dynamic APIs writes around a read. A payload of another type is
// the caller's bug.
func dynamicRead(ctx context.Context, read func(context.Context, string) (int, error)) func(any) (any, error) {
	return func(key any) (any, error) {
		return read(ctx, key.(string)) //nolint:forcetypeassert // see above
	}
}

func dynamicWrite(ctx context.Context, write func(context.Context, string) error) func(any) (any, error) {
	return func(key any) (any, error) {
		return nil, write(ctx, key.(string)) //nolint:forcetypeassert // see dynamicRead
	}
}

func dynamicEqual(a, b any) bool {
	return a.(int) == b.(int) //nolint:forcetypeassert // both came out of dynamicRead
}
