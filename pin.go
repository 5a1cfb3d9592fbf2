package cutover

import (
	"context"
	"sync"
	"sync/atomic"
)

// Pin returns a context within which an operation's stage does not change: for each flag and evaluation context the
// first operation decides it, and the later ones take it without evaluating the flag again. Each still sends an op event
// of its own, with the first one's evaluation. Pin the context of a request, so that no request sees two stages.
//
// Pinning a pinned context begins anew. It does nothing for a [Migrator], whose calls have no context.
func Pin(ctx context.Context) context.Context {
	pinning.Store(true)
	return context.WithValue(ctx, pinsKey{}, &pins{})
}

// pinning is false until the first Pin, so that a program without one is not made to search its contexts.
var pinning atomic.Bool

type pinsKey struct{}

// pins are the evaluations of one pinned context.
type pins struct {
	mu      sync.Mutex
	decided map[pinned]evaluation
}

type pinned struct {
	by         *settings
	flag, user string
}

// stageOf evaluates the stage, or takes the one that is pinned.
func (s *settings) stageOf(ctx context.Context, req *request, compares bool, ev *evaluation) {
	if pinning.Load() {
		if p, ok := ctx.Value(pinsKey{}).(*pins); ok {
			p.stageOf(ctx, s, req, compares, ev)
			return
		}
	}
	s.evaluate(ctx, req, compares, ev)
}

// stageOf evaluates while it holds no lock: a flag client may call functions of the user's. Of two operations that are
// both the first, one decides.
func (p *pins) stageOf(ctx context.Context, s *settings, req *request, compares bool, ev *evaluation) {
	which := pinned{by: s, flag: req.flag, user: req.user.FullyQualifiedKey()}
	p.mu.Lock()
	decided, ok := p.decided[which]
	p.mu.Unlock()
	if ok {
		*ev = decided
		return
	}
	s.evaluate(ctx, req, compares, ev)
	if ev.tracker != nil && !learn(req, ev) {
		return // no op event can be built, so that there is nothing to share
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if decided, ok := p.decided[which]; ok {
		*ev = decided
		return
	}
	if p.decided == nil {
		p.decided = make(map[pinned]evaluation)
	}
	p.decided[which] = *ev
}
