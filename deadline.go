package cutover

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is a secondary's context: its parent with a deadline. The standard library's costs several
// allocations and, under a cancellable parent, a lock that all of the parent's children share; most functions that
// answer at once never ask for Done, and so this makes the real one only when one does.
type deadlineContext struct {
	parent context.Context //nolint:containedctx // this is a context
	at     time.Duration   // by the monotonic clock
	uncut  bool            // the parent's cancellation is left out

	ended  bool // guarded by mu, as are those that follow it
	mu     sync.Mutex
	real   context.Context //nolint:containedctx // this is a context
	cancel context.CancelFunc
}

// made returns the real context, and makes it first if it is wanted or its function has returned; else it may be nil.
func (c *deadlineContext) made(wanted bool) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted = wanted || c.ended
	if c.real == nil && wanted {
		c.real, c.cancel = context.WithDeadline(c.values(), time.Now().Add(c.at-now()))
		if c.ended {
			c.cancel()
		}
	}
	return c.real
}

// values is the parent as far as it counts.
func (c *deadlineContext) values() context.Context {
	if c.uncut {
		return context.WithoutCancel(c.parent)
	}
	return c.parent
}

// end releases the context when its function has returned.
func (c *deadlineContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

// Done returns the real context's channel.
func (c *deadlineContext) Done() <-chan struct{} { return c.made(true).Done() }

// Deadline returns the sooner of the parent's deadline and this one.
func (c *deadlineContext) Deadline() (time.Time, bool) { return c.made(true).Deadline() }

// Err answers without a real context if none was made: its parent's error, or that the time is over.
func (c *deadlineContext) Err() error {
	if made := c.made(false); made != nil {
		return made.Err()
	}
	if err := c.parent.Err(); err != nil && !c.uncut {
		return err
	}
	if now() >= c.at {
		return context.DeadlineExceeded
	}
	return nil
}

// Value asks the real context once there is one, so that what derives from this one finds its cancellation.
func (c *deadlineContext) Value(key any) any {
	if made := c.made(false); made != nil {
		return made.Value(key)
	}
	return c.values().Value(key)
}
