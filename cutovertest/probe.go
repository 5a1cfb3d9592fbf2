package cutovertest

import (
	"context"
	"sync"
)

// seenCall is one call of one system's function, as a probe saw it.
type seenCall[K comparable, R any] struct {
	system    side
	verb      verb
	key       K // of a read
	result    R // of a read
	err       error
	ended     bool // false while it runs, and if it panicked or ended its goroutine
	goroutine string
}

// probe stands between the operations under test and the functions of both systems: it notes their
// calls, and makes them fail where a step says so.
type probe[K comparable, P, R any] struct {
	papers[P]
	switches [2]Switch

	mu      sync.Mutex
	calls   []*seenCall[K, R]
	running map[*seenCall[K, R]]struct{}
	idle    chan struct{} // closed when nothing runs; nil while nobody waits
	onWrite func()        // called once, within the next write or delete
}

// around returns a system whose functions are seen by the probe.
func (p *probe[K, P, R]) around(which side, system System[K, P, R]) System[K, P, R] {
	probed := System[K, P, R]{List: system.List}
	fault := p.switches[which].Fault()
	read, write := Read(system.Read, fault), Write(p.papers.around(which, system.Write), fault)
	probed.Read = func(ctx context.Context, key K) (R, error) {
		seen := p.begin(which, reads)
		defer p.end(seen)
		result, err := read(ctx, key)
		p.note(seen, key, result, err)
		return result, err
	}
	probed.Write = func(ctx context.Context, payload P) error {
		return p.alter(which, writes, func() error { return write(ctx, payload) })
	}
	if system.Delete != nil {
		remove := Write(system.Delete, fault)
		probed.Delete = func(ctx context.Context, key K) error {
			return p.alter(which, deletes, func() error { return remove(ctx, key) })
		}
	}
	return probed
}

func (p *probe[K, P, R]) alter(which side, verb verb, do func() error) error {
	seen := p.begin(which, verb)
	defer p.end(seen)
	err := do()
	var (
		key  K
		none R
	)
	p.note(seen, key, none, err)
	return err
}

func (p *probe[K, P, R]) begin(which side, verb verb) *seenCall[K, R] {
	seen := &seenCall[K, R]{system: which, verb: verb, goroutine: goroutineID()}
	p.mu.Lock()
	p.calls = append(p.calls, seen)
	if p.running == nil {
		p.running = map[*seenCall[K, R]]struct{}{}
	}
	p.running[seen] = struct{}{}
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

func (p *probe[K, P, R]) note(seen *seenCall[K, R], key K, result R, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen.key, seen.result, seen.err, seen.ended = key, result, err, true
}

func (p *probe[K, P, R]) end(seen *seenCall[K, R]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, seen)
	if len(p.running) == 0 && p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

// prepare forgets the calls so far and sets what happens during the next operation.
func (p *probe[K, P, R]) prepare(onWrite func(), scribbler party, authoritative side) {
	p.papers.prepare(scribbler, authoritative)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.onWrite = nil, onWrite
}

// settle waits until no call runs and returns those since prepare, in the order in which they
// began. If ctx ends first, it returns the goroutines of those that run.
func (p *probe[K, P, R]) settle(ctx context.Context) (calls []*seenCall[K, R], running []string) {
	p.mu.Lock()
	idle := p.idle
	if len(p.running) > 0 && idle == nil {
		idle = make(chan struct{})
		p.idle = idle
	}
	p.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for seen := range p.running {
		running = append(running, seen.goroutine)
	}
	return p.calls, running
}
