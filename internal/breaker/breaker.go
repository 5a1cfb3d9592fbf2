// Package breaker stops calling a system that has failed too often in a row.
package breaker

import (
	"sync"
	"sync/atomic"
	"time"
)

// Breaker is closed until a number of calls in a row have failed. Then it is open: no call is
// allowed until a while has passed. The next call is a probe: if it succeeds, the breaker closes,
// and otherwise it stays open for another while. It is safe for concurrent use.
type Breaker struct {
	limit int64
	rest  time.Duration
	now   func() time.Duration

	failures atomic.Int64 // in a row, while closed
	open     atomic.Bool

	mu      sync.Mutex
	until   time.Duration // when the next probe is allowed
	probing bool
}

// New returns a closed breaker that opens after limit failures in a row and allows a probe after
// each rest. The clock is monotonic.
func New(limit int, rest time.Duration, now func() time.Duration) *Breaker {
	return &Breaker{limit: int64(limit), rest: rest, now: now}
}

// Allow reports whether a call may be made, and whether it is a probe. Every call that is allowed
// must be followed by Done or Cancel.
func (b *Breaker) Allow() (allowed, probe bool) {
	if !b.open.Load() {
		return true, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.open.Load():
		return true, false
	case b.probing || b.now() < b.until:
		return false, false
	default:
		b.probing = true
		return true, true
	}
}

// Change is what a call changed.
type Change uint8

// The changes that a call can make.
const (
	None Change = iota
	Opened
	Closed
)

// Done notes how a call ended. Of a call that began before the breaker opened it believes only a
// failure.
func (b *Breaker) Done(ok, probe bool) Change {
	if ok && !probe {
		if b.failures.Load() != 0 && !b.open.Load() {
			b.failures.Store(0)
		}
		return None
	}
	if !ok && !probe && b.failures.Add(1) < b.limit {
		return None
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	if ok {
		b.failures.Store(0)
		b.open.Store(false)
		return Closed
	}
	if b.open.Load() {
		if probe {
			b.until = b.now() + b.rest
		}
		return None
	}
	b.until = b.now() + b.rest
	b.open.Store(true)
	return Opened
}

// Cancel notes that a call that was allowed was not made.
func (b *Breaker) Cancel(probe bool) {
	if !probe {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// Open reports whether calls are left out.
func (b *Breaker) Open() bool { return b.open.Load() }
