package benchmarks

import (
	"context"
	"sync"
	"time"
)

// secondaryContext has the values of the caller's context, but neither its deadline nor its
// cancellation, which would split a write. It makes a channel only for those who ask for one.
type secondaryContext struct {
	context.Context //nolint:containedctx // this is a context
	deadline        time.Time

	mu   sync.Mutex
	done chan struct{}
	err  error
}

func (c *secondaryContext) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *secondaryContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

func (c *secondaryContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *secondaryContext) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	if c.done != nil {
		close(c.done)
	}
}
