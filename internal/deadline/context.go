// Package deadline has a context with a deadline that costs little until its Done is called.
package deadline

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover/internal/clock"
)

// Context is its parent with a deadline. The standard library's costs several allocations and,
// under a parent that can be cancelled, a lock that all of the parent's children share. Most
// functions that return at once never call Done, so the real context is made only for one that
// does. No method of the parent is called while a lock is held.
//
// Set its fields before its first use. It must not be copied.
type Context struct {
	Parent context.Context //nolint:containedctx // this is a context
	At     time.Duration   // the deadline, by [clock.Now]
	Uncut  bool            // the parent's cancellation is left out

	ended atomic.Bool
	real  atomic.Pointer[realContext]
}

type realContext struct {
	context.Context //nolint:containedctx // this is a context
	cancel          context.CancelFunc
}

// made returns the real context. It makes one if wanted or if the function has returned, and
// otherwise may return nil. If two are made at the same time, one is used.
func (c *Context) made(wanted bool) *realContext {
	if made := c.real.Load(); made != nil || !wanted && !c.ended.Load() {
		return made
	}
	made := &realContext{}
	made.Context, made.cancel = context.WithDeadline(c.Values(), time.Now().Add(c.At-clock.Now()))
	if !c.real.CompareAndSwap(nil, made) {
		made.cancel()
		made = c.real.Load()
	}
	if c.ended.Load() {
		made.cancel()
	}
	return made
}

// Values returns the parent, without its cancellation if Uncut.
func (c *Context) Values() context.Context {
	if c.Uncut {
		return context.WithoutCancel(c.Parent)
	}
	return c.Parent
}

// End releases the context when its function has returned, and cancels it.
func (c *Context) End() {
	c.ended.Store(true)
	if made := c.real.Load(); made != nil {
		made.cancel()
	}
}

// Done returns the real context's channel.
func (c *Context) Done() <-chan struct{} { return c.made(true).Done() }

// Deadline returns the sooner of the parent's deadline and this one.
func (c *Context) Deadline() (time.Time, bool) { return c.made(true).Deadline() }

// Err returns the parent's error or [context.DeadlineExceeded], without making a real context.
func (c *Context) Err() error {
	if made := c.made(false); made != nil {
		return made.Err()
	}
	if !c.Uncut {
		if err := c.Parent.Err(); err != nil {
			return err
		}
	}
	if clock.Now() >= c.At {
		return context.DeadlineExceeded
	}
	return nil
}

// Value asks the real context once there is one, so that contexts derived from this one find its
// cancellation.
func (c *Context) Value(key any) any {
	if made := c.made(false); made != nil {
		return made.Value(key)
	}
	return c.Values().Value(key)
}

// String does not read the fields: fmt would race with Done.
func (c *Context) String() string { return "cutover's context of a secondary" }
