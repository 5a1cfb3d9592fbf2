package cutovertest

import (
	"context"
	"sync"
)

// seenCall is one call of one system's function, as a probe saw it.
type seenCall[K comparable, R any] struct {
	system side
	verb   verb
	key    K
	result R // of a read
	err    error
	ended  bool // false while it runs, and if it panicked or ended its goroutine
}

// probe stands between the operations under test and the functions of both systems: it notes their calls, and makes
// them fail where a step says so.
type probe[K comparable, P, R any] struct {
	switches [2]Switch

	mu      sync.Mutex
	calls   []*seenCall[K, R]
	running int
	idle    chan struct{} // closed when nothing runs; nil while nobody waits
	onWrite func()        // called once, within the next write or delete
}

// around returns a system whose functions are seen by the probe.
func (p *probe[K, P, R]) around(which side, system System[K, P, R], keyOf func(P) K) System[K, P, R] {
	probed := System[K, P, R]{List: system.List}
	fault := p.switches[which].Fault()
	read, write := Read(system.Read, fault), Write(system.Write, fault)
	probed.Read = func(ctx context.Context, key K) (R, error) {
		seen := p.begin(which, reads, key)
		defer p.end()
		result, err := read(ctx, key)
		p.note(seen, result, err)
		return result, err
	}
	probed.Write = func(ctx context.Context, payload P) error {
		return p.change(which, writes, keyOf(payload), func() error { return write(ctx, payload) })
	}
	if system.Delete != nil {
		remove := Write(system.Delete, fault)
		probed.Delete = func(ctx context.Context, key K) error {
			return p.change(which, deletes, key, func() error { return remove(ctx, key) })
		}
	}
	return probed
}

func (p *probe[K, P, R]) change(which side, verb verb, key K, do func() error) error {
	seen := p.begin(which, verb, key)
	defer p.end()
	err := do()
	var none R
	p.note(seen, none, err)
	return err
}

func (p *probe[K, P, R]) begin(which side, verb verb, key K) *seenCall[K, R] {
	seen := &seenCall[K, R]{system: which, verb: verb, key: key}
	p.mu.Lock()
	p.calls = append(p.calls, seen)
	p.running++
	var hook func()
	if verb != reads {
		hook, p.onWrite = p.onWrite, nil
	}
	p.mu.Unlock()
	if hook != nil {
		hook()
	}
	return seen
}

func (p *probe[K, P, R]) note(seen *seenCall[K, R], result R, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen.result, seen.err, seen.ended = result, err, true
}

func (p *probe[K, P, R]) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	if p.running == 0 && p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

// prepare forgets the calls so far and sets what happens during the next operation.
func (p *probe[K, P, R]) prepare(onWrite func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.onWrite = nil, onWrite
}

// settle waits until no call runs and returns those since prepare, in the order in which they began.
func (p *probe[K, P, R]) settle(ctx context.Context) ([]*seenCall[K, R], error) {
	p.mu.Lock()
	idle := p.idle
	if p.running > 0 && idle == nil {
		idle = make(chan struct{})
		p.idle = idle
	}
	p.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls, nil
}
