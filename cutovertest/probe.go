package cutovertest

import (
	"context"
	"sync"

	"github.com/gocutover/cutover"
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
	death   *death        // of the process that is looked at, within the next operation
}

// death is where an operation's process is killed: at a system's write, before or after it.
type death struct {
	system side
	after  bool
	kill   func()
}

// around returns a system whose functions are seen by the probe, for one process.
func (p *probe[K, P, R]) around(which side, system System[K, P, R], of *life) System[K, P, R] {
	probed := System[K, P, R]{List: system.List}
	fault := p.switches[which].Fault()
	read, write := Read(system.Read, fault), Write(p.papers.around(which, system.Write), fault)
	probed.Read = func(ctx context.Context, key K) (none R, err error) {
		if of.killed.Load() {
			return none, errKilled
		}
		if of.aside || !looksAt(ctx, reads) {
			return system.Read(ctx, key)
		}
		seen := p.begin(which, reads)
		defer p.end(seen)
		result, err := read(ctx, key)
		p.note(seen, key, result, err)
		return result, err
	}
	probed.Write = func(ctx context.Context, payload P) error {
		return p.alter(ctx, which, writes, of, func(looked bool) error {
			if !looked {
				return system.Write(ctx, payload)
			}
			return write(ctx, payload)
		})
	}
	if system.Delete != nil {
		remove := Write(system.Delete, fault)
		probed.Delete = func(ctx context.Context, key K) error {
			return p.alter(ctx, which, deletes, of, func(looked bool) error {
				if !looked {
					return system.Delete(ctx, key)
				}
				return remove(ctx, key)
			})
		}
	}
	return probed
}

// looksAt reports whether a call is one that an operation is made of, and not one that repairs a
// record or reads what is to be copied.
func looksAt(ctx context.Context, verb verb) bool {
	call, _ := cutover.CallFrom(ctx)
	switch call.Purpose {
	case cutover.Repairing, cutover.Settling:
		return false
	case cutover.Copying:
		return verb != reads
	default:
		return true
	}
}

func (p *probe[K, P, R]) alter(
	ctx context.Context, which side, verb verb, of *life, do func(looked bool) error,
) error {
	if of.killed.Load() {
		return errKilled
	}
	if of.aside || !looksAt(ctx, verb) {
		return do(false)
	}
	seen := p.begin(which, verb)
	defer p.end(seen)
	if p.dies(which, false) {
		return errKilled
	}
	err := do(true)
	if p.dies(which, true) {
		return errKilled
	}
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

// die sets where the process is killed in the next operation.
func (p *probe[K, P, R]) die(at *death) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.death = at
}

// dies kills the process if this is where it is to be.
func (p *probe[K, P, R]) dies(which side, after bool) bool {
	p.mu.Lock()
	d := p.death
	if d == nil || d.system != which || d.after != after {
		p.mu.Unlock()
		return false
	}
	p.death = nil
	p.mu.Unlock()
	d.kill()
	return true
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
	p.calls, p.onWrite, p.death = nil, onWrite, nil
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
