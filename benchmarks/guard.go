package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// secondaryTimeout is the default of cutover's SecondaryTimeout.
const secondaryTimeout = 5 * time.Second

var (
	// ErrTimeout is the protected floor's error of a secondary that ran out of time.
	ErrTimeout = errors.New("secondary timed out")
	// ErrExited is the protected floor's error of a secondary that called runtime.Goexit.
	ErrExited = errors.New("secondary exited its goroutine")
)

// guard is what a careful team writes so that a secondary cannot harm its caller: a goroutine of
// its own, which survives a panic or runtime.Goexit, and a limit to its time. A timer for each call
// would cost much. All have the same limit, so that they are due in the order in which they began,
// and a list with one timer serves them all.
type guard struct {
	limit time.Duration

	mu          sync.Mutex
	first, last *guarded
	armed       bool
}

// guarded is one call under way.
type guarded struct {
	*guard
	ctx   secondaryContext
	read  readFunc // nil for a write
	write writeFunc
	key   string
	began time.Time

	listed        bool // under the guard's lock, as its neighbours are
	before, after *guarded

	told    atomic.Bool // the first answer counts, from the call or from the guard
	answer  answer
	settled sync.WaitGroup
}

// launch starts a call of a secondary: a read, or a write if read is nil.
func (g *guard) launch(ctx context.Context, read readFunc, write writeFunc, key string) *guarded {
	one := &guarded{guard: g, read: read, write: write, key: key, began: time.Now()}
	one.ctx.Context, one.ctx.deadline = ctx, one.began.Add(g.limit)
	one.settled.Add(1)
	g.add(one)
	go one.run()
	return one
}

// wait returns the answer, at the latest when the time is over.
func (one *guarded) wait() answer {
	one.settled.Wait()
	return one.answer
}

func (one *guarded) run() {
	out := answer{err: ErrExited}
	defer func() {
		if value := recover(); value != nil {
			out.err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		}
		if out.took == 0 { // it did not return
			out.took = time.Since(one.began)
		}
		one.remove(one)
		one.ctx.end(context.Canceled)
		one.tell(out)
	}()
	if one.read != nil {
		out = readOne(&one.ctx, one.read, one.key)
	} else {
		out = writeOne(&one.ctx, one.write, one.key)
	}
}

func (one *guarded) tell(out answer) {
	if one.told.CompareAndSwap(false, true) {
		one.answer = out
		one.settled.Done()
	}
}

func (g *guard) add(one *guarded) {
	g.mu.Lock()
	defer g.mu.Unlock()
	one.listed = true
	if one.before = g.last; one.before == nil {
		g.first = one
	} else {
		one.before.after = one
	}
	g.last = one
	if !g.armed {
		g.armed = true
		time.AfterFunc(g.limit, g.sweep)
	}
}

func (g *guard) remove(one *guarded) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if one.listed {
		g.drop(one)
	}
}

func (g *guard) drop(one *guarded) {
	if one.before == nil {
		g.first = one.after
	} else {
		one.before.after = one.after
	}
	if one.after == nil {
		g.last = one.before
	} else {
		one.after.before = one.before
	}
	one.listed, one.before, one.after = false, nil, nil
}

// sweep answers for the calls that are due, and comes again for those that are not.
func (g *guard) sweep() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.first != nil {
		one := g.first
		if left := g.limit - time.Since(one.began); left > 0 {
			time.AfterFunc(left, g.sweep)
			return
		}
		g.drop(one)
		one.ctx.end(context.DeadlineExceeded)
		one.tell(answer{err: ErrTimeout, took: g.limit})
	}
	g.armed = false
}
