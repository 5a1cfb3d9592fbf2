//go:build unix

package main

import (
	"context"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/reconcile"
)

// calm is when reads count. A read is of the system that is authoritative at its stage. While the
// direction changes, or the journal holds records of the other direction, that may rightly be
// behind. From when no process has an operation of the other direction under way, and the journal
// has no record of it, until the next move to it, a read must return what was written last.
type calm struct {
	mu    sync.Mutex
	spans []span
	open  bool
	turn  int // counts the ends
}

type span struct {
	from, to time.Duration
	origin   ldmigration.Origin
}

func (c *calm) turns() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turn
}

// begin begins a span, unless one is open or has ended since turn.
func (c *calm) begin(at time.Duration, origin ldmigration.Origin, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open && c.turn == turn {
		c.open = true
		c.spans = append(c.spans, span{at, forever, origin})
	}
}

// end ends the span, before a move.
func (c *calm) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	if c.open {
		c.open = false
		c.spans[len(c.spans)-1].to = ticks()
	}
}

// covers reports whether a read was within a span.
func (s span) covers(op *operation) bool {
	return op.call >= s.from && op.ret <= s.to && op.origin == s.origin
}

// watchCalm begins spans until ctx ends.
func (r *round) watchCalm(ctx context.Context) {
	if r.journal == nil {
		return
	}
	for ctx.Err() == nil {
		r.lookForCalm(ctx)
		time.Sleep(30 * time.Millisecond)
	}
}

func (r *round) lookForCalm(ctx context.Context) {
	turn := r.calm.turns()
	if !r.fleet.agree() {
		return
	}
	r.fleet.mu.Lock()
	now := origin(r.fleet.stage)
	r.fleet.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	entries, err := r.journal.Entries(ctx, reconcile.Filter{Flag: flagKey, Limit: 10_000})
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.From != now {
			return
		}
	}
	r.calm.begin(ticks(), now, turn)
}
