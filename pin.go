package cutover

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Pin returns a context in which the stage does not change. For each flag and evaluation context
// the first operation decides the stage; later ones use its decision without evaluating the flag.
// Pin the context of a request, so that no request sees two stages. A nil ctx is
// [context.Background].
//
// All Cutovers of one flag client and flag share the decision. Each operation still sends its own
// op event, with the evaluation and the default stage of the first. An operation that is not run,
// or whose evaluation context is invalid, decides nothing.
//
// Evaluation contexts are distinguished by all their attributes. A pinned context keeps up to ten
// thousand decisions for as long as it is used. Operations for further evaluation contexts are not
// pinned, which is logged once per flag.
//
// Pinning a pinned context starts with no decisions. Pin does not affect a [Migrator], whose calls
// have no context.
func Pin(ctx context.Context) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	pinning.Store(true)
	return context.WithValue(ctx, pinsKey{}, &pins{})
}

// pinning is false until the first Pin, so that a program without one does not search its contexts.
var pinning atomic.Bool

type pinsKey struct{}

// pins are the decisions of one pinned context.
type pins struct {
	mu      sync.Mutex
	decided map[pinned]*decision
	count   int
}

// pinsLimit limits the decisions of one pinned context.
const pinsLimit = 10_000

// pinned is the key of decisions. Two different evaluation contexts can have the same one.
type pinned struct {
	client    any
	flag, key string
}

type decision struct {
	request
	evaluation
	next *decision
}

// stageOf evaluates the stage, or uses the pinned one.
func (s *settings) stageOf(ctx context.Context, req *request, compares bool, ev *evaluation) {
	if pinning.Load() {
		if p, ok := ctx.Value(pinsKey{}).(*pins); ok {
			p.stageOf(ctx, s, req, ev)
			return
		}
	}
	s.askClient(ctx, req, compares, false, ev)
}

// askClient evaluates, and recovers a panic of the flag client. An evaluation that operations share
// must not have a tracker.
func (s *settings) askClient(ctx context.Context, req *request, compares, shared bool, ev *evaluation) {
	ev.generation = generations.Load()
	defer func() {
		if value := recover(); value != nil {
			fault := &PanicError{Value: value, Stack: debug.Stack()}
			if s.once.first(req.flag, "flag client panicked") {
				s.log.error(ctx, "flag client panicked", flagAttr(req.flag), errAttr(fault), stackAttr(fault))
			}
			ev.useDefault(req, fault)
			if shared {
				ev.share()
			}
		}
	}()
	s.evaluate(ctx, req, compares, ev)
	if shared {
		ev.share()
	}
}

// share replaces the tracker, which belongs to one operation, with facts, if it can build an event.
func (ev *evaluation) share() {
	if ev.tracker == nil {
		return
	}
	if facts, detail, err := factsFrom(ev.tracker, true, now()); err == nil {
		ev.tracker, ev.facts, ev.detail = nil, facts, detail
	}
}

// stageOf evaluates without a lock, because a flag client may call the user's functions. If two
// operations are first at once, one of them decides.
func (p *pins) stageOf(ctx context.Context, s *settings, req *request, ev *evaluation) {
	which := pinned{client: s.identity, flag: req.flag, key: req.user.FullyQualifiedKey()}
	p.mu.Lock()
	decided := p.find(which, req)
	p.mu.Unlock()
	if decided == nil {
		s.askClient(ctx, req, true, true, ev)
		if ev.tracker != nil || !isStage(ev.stage) || validIn(req.flag, &req.user) != nil {
			return
		}
		var full bool
		if decided, full = p.decide(which, req, ev); full {
			if s.once.first(req.flag, "pins") {
				s.log.warn(ctx, "pinned context is full: operations for further evaluation contexts are not pinned",
					flagAttr(req.flag), slog.Int("decisions", pinsLimit))
			}
			return
		}
	}
	req.defaultStage, *ev = decided.defaultStage, decided.evaluation
}

// find is called with the lock held.
func (p *pins) find(which pinned, req *request) *decision {
	for d := p.decided[which]; d != nil; d = d.next {
		if d.user.Equal(req.user) {
			return d
		}
	}
	return nil
}

// decide keeps an evaluation, unless another operation was faster or there is no room.
func (p *pins) decide(which pinned, req *request, ev *evaluation) (d *decision, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.find(which, req); d != nil {
		return d, false
	}
	if p.count >= pinsLimit {
		return nil, true
	}
	if p.decided == nil {
		p.decided = make(map[pinned]*decision)
	}
	d = &decision{request: *req, evaluation: *ev, next: p.decided[which]}
	p.decided[which] = d
	p.count++
	return d, false
}
