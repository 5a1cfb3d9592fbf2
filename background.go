package cutover

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover/internal/timeout"
)

// background owns all goroutines that a Cutover's operations start: secondaries under way, and what
// runs after its operation has returned, such as detached reads and secondaries after their
// timeout.
type background struct {
	running atomic.Int64 // what runs after its operation has returned
	waiting atomic.Int64 // differences that wait to be read again
	skipped atomic.Uint64
	closed  atomic.Bool

	mu       sync.Mutex
	idle     chan struct{}              // closed when nothing runs; made by whoever waits for that
	sleepers map[chan struct{}]struct{} // each closed to wake who sleeps
	underWay []*timeout.Set
}

// own makes the background wait for the calls of a set too.
func (b *background) own(set *timeout.Set) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.underWay = append(b.underWay, set)
}

func (b *background) begin() { b.running.Add(1) }

func (b *background) end() {
	if b.running.Add(-1) != 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// sleep returns when d has passed, or when the background is closed.
func (b *background) sleep(d time.Duration) {
	woken, ok := b.lieDown()
	if !ok {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.sleepers, woken)
	case <-woken:
	}
}

func (b *background) lieDown() (woken chan struct{}, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Load() {
		return nil, false
	}
	if b.sleepers == nil {
		b.sleepers = make(map[chan struct{}]struct{})
	}
	woken = make(chan struct{})
	b.sleepers[woken] = struct{}{}
	return woken, true
}

// close admits nothing more, wakes the sleepers, and waits for what runs and for the secondaries
// under way. It reports whether they have ended, and if not, how many still ran when ctx ended.
func (b *background) close(ctx context.Context) (running int, ended bool) {
	if !timeout.Drain(ctx.Done(), b.wakeAll()...) {
		return b.left(), false
	}
	for {
		idle := b.whenIdle()
		if idle == nil {
			return 0, true
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return b.left(), false
		}
	}
}

func (b *background) wakeAll() []*timeout.Set {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed.Store(true)
	for woken := range b.sleepers {
		close(woken)
	}
	clear(b.sleepers)
	return b.underWay[:len(b.underWay):len(b.underWay)]
}

// left returns how many calls run. A detached read and its secondary count as one.
func (b *background) left() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, set := range b.underWay {
		n += set.Len()
	}
	return max(n, int(b.running.Load()))
}

// whenIdle returns a channel that is closed when nothing runs in the background, or nil if nothing
// does.
func (b *background) whenIdle() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running.Load() == 0 {
		return nil
	}
	if b.idle == nil {
		b.idle = make(chan struct{})
	}
	return b.idle
}

// lane counts and limits what some operations run in the background: the reads of a Cutover, its
// writes, or those of one reader or writer.
type lane struct {
	*background
	limit   int64
	running atomic.Int64
	asleep  atomic.Int64
	calls   *timeout.Set
}

func newLane(b *background, limit int, patience time.Duration) *lane {
	if patience >= endless {
		patience = 0
	}
	l := &lane{background: b, limit: int64(limit), calls: timeout.NewSet(patience)}
	b.own(l.calls)
	return l
}

// admit reports whether a detached read may take a place, to be given back by leave.
func (l *lane) admit() bool {
	if l.closed.Load() || !takePlace(&l.running, l.limit) {
		l.skipped.Add(1)
		return false
	}
	l.begin()
	return true
}

// admitRecheck reports whether a difference may wait to be read again, until leaveRecheck.
func (l *lane) admitRecheck() bool {
	if l.closed.Load() || !takePlace(&l.asleep, l.limit) {
		l.skipped.Add(1)
		return false
	}
	l.waiting.Add(1)
	l.begin()
	return true
}

func takePlace(taken *atomic.Int64, limit int64) bool {
	for {
		n := taken.Load()
		if n >= limit {
			return false
		}
		if taken.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// full reports whether no place is left, and then counts a skipped secondary.
func (l *lane) full() bool {
	if l.running.Load() < l.limit {
		return false
	}
	l.skipped.Add(1)
	return true
}

// adopt counts a call that runs already, even beyond the limit.
func (l *lane) adopt() {
	l.running.Add(1)
	l.begin()
}

func (l *lane) leave() {
	l.running.Add(-1)
	l.end()
}

func (l *lane) leaveRecheck() {
	l.asleep.Add(-1)
	l.waiting.Add(-1)
	l.end()
}

// late logs the panic of a secondary after its timeout. Nobody needs what it returned.
func (s *settings) late(ctx context.Context, fault *PanicError) {
	if fault != nil {
		s.log.error(ctx, "secondary panicked after its timeout", slog.String("flag", s.flag), errAttr(fault), stackAttr(fault))
	}
}
