package cutover

import (
	"context"
	"sync"
	"sync/atomic"
)

// background counts what runs after its operation has returned: detached reads under way, and secondaries that outlived
// their timeout. It is the owner of those goroutines.
type background struct {
	limit   int64
	log     logger
	running atomic.Int64
	skipped atomic.Uint64
	closed  atomic.Bool

	mu   sync.Mutex
	idle chan struct{} // closed when nothing runs; made by whoever waits for that
}

// admit reports whether a detached read may take a place; end gives the place back.
func (b *background) admit() bool {
	if b.running.Add(1) > b.limit || b.closed.Load() {
		b.end()
		b.skipped.Add(1)
		return false
	}
	return true
}

// full reports whether no place is left, and counts the read that is skipped for it.
func (b *background) full() bool {
	if b.running.Load() < b.limit {
		return false
	}
	b.skipped.Add(1)
	return true
}

// adopt takes over a secondary that outlived its timeout. There is no refusing it: it runs already.
func (b *background) adopt() { b.running.Add(1) }

// late gives the place of an adopted secondary back. What it returned interests nobody any more, but its panic does.
func (b *background) late(fault *PanicError) {
	if fault != nil {
		b.log.error(context.Background(), "secondary panicked after its timeout", errAttr(fault), stackAttr(fault))
	}
	b.end()
}

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

// close admits nothing more and waits for what runs. It returns how much still ran when ctx ended.
func (b *background) close(ctx context.Context) int {
	b.closed.Store(true)
	for {
		idle := b.whenIdle()
		if idle == nil {
			return 0
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return int(b.running.Load())
		}
	}
}

// whenIdle returns nil if nothing runs, else a channel that is closed when that is so.
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
