package sqljournal

import (
	"context"
	"time"

	"github.com/gocutover/cutover"
)

// Clock is a clock that a test moves, for all journals that have it.
type Clock = clock

// Advance moves the clock.
func (c *clock) Advance(d time.Duration) { c.moved.Add(int64(d)) }

// WithClock gives a config a clock.
func WithClock(c Config, clock *Clock) Config {
	c.clock = clock
	return c
}

// Crash ends a journal without a word.
func (j *Journal) Crash() { j.end(errCrashed) }

// Pause stops the renewal of the lease.
func (j *Journal) Pause() { j.health.paused.Store(true) }

// Resume goes on with it, and renews the lease.
func (j *Journal) Resume() {
	j.health.paused.Store(false)
	j.Heartbeat(0)
}

// Heartbeat renews the lease, and more: for some time longer.
func (j *Journal) Heartbeat(longer time.Duration) {
	if j.stopped.Err() == nil && !j.health.paused.Load() {
		j.beat(context.Background(), j.config.Lease+longer)
		j.tidy(context.Background())
	}
}

// Flush tells the database what is due now.
func (j *Journal) Flush(ctx context.Context) error { return j.flush(ctx) }

// Down returns why the database counts as lost.
func (j *Journal) Down() error { return j.health.down() }

// Holds returns how many records the process has in its books.
func (j *Journal) Holds() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.holds) + len(j.queue.marks) + len(j.queue.leaves) + j.idle.Len()
}

// Ran returns how many statements the journal has run.
func (j *Journal) Ran() int { return int(j.store.ran.Load()) }

// WithMarks bounds the marks that wait for the database.
func WithMarks(c *Config, most int) { c.marksMost = most }

// Escape and Unescape are what keys are stored as.
var Escape, Unescape = escape, unescape

// JoinIntent is JoinTx for an intent that is not in a context, which only the engine can put there.
func (j *Journal) JoinIntent(ctx context.Context, in cutover.Intent, tx Tx, more ...cutover.RecordKey) error {
	return in.(*intent).join(ctx, tx, more)
}
