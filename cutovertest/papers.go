package cutovertest

import (
	"context"
	"sync"
)

// papers are the payloads that the functions of both systems are given in one write. It keeps what
// they were, and changes them where a step says so.
//
// Its lock orders all that it does to payloads, so that two that share one do not race for it: what
// the one does is seen by the other, and told.
type papers[P any] struct {
	copy     func(P) P
	scribble func(P) // nil if there is nothing to change

	mu     sync.Mutex
	who    party
	writer side // whose function changes its payload, if who is a function
	given  [2]*paper[P]
}

// paper is a payload as one function was given it, and as it left it.
type paper[P any] struct{ before, after P }

// prepare forgets what was given, and sets who changes its payload in the next write.
func (p *papers[P]) prepare(who party, authoritative side) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who, p.writer, p.given = who, authoritative, [2]*paper[P]{}
	if who == secondaryFunction {
		p.writer = authoritative.other()
	}
}

// around returns a write function that keeps what it was given. Where somebody changes a payload,
// the system's own function gets a copy, as it may keep what it is given.
func (p *papers[P]) around(which side, write func(context.Context, P) error) func(context.Context, P) error {
	if p.scribble == nil {
		return write
	}
	return func(ctx context.Context, payload P) error {
		before, own := p.take(payload)
		err := write(ctx, own)
		p.leave(which, payload, before)
		return err
	}
}

// take copies a payload, and says what the system's function is to get.
func (p *papers[P]) take(payload P) (before, own P) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, own = p.copy(payload), payload
	if p.who != nobody {
		own = p.copy(payload)
	}
	return before, own
}

func (p *papers[P]) leave(which side, payload, before P) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.who != nobody && p.who != caller && p.writer == which {
		p.scribble(payload)
	}
	p.given[which] = &paper[P]{before, p.copy(payload)}
}

// change changes a payload that the caller has.
func (p *papers[P]) change(payload P) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.scribble != nil {
		p.scribble(payload)
	}
}

// all returns what both functions were given.
func (p *papers[P]) all() [2]*paper[P] {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.given
}
