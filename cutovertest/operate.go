package cutovertest

import (
	"context"
	"time"
)

// operated is what came of one operation.
type operated[K comparable, R any] struct {
	attempt[R]
	calls  []*seenCall[K, R]
	events []Event
}

// operate runs one operation with the step's fault, and waits for all that it set going. After an
// operation that never returns nothing else may be run.
func (p *player[K, P, R]) operate(s step, do func() (R, error)) (out operated[K, R]) {
	release := make(chan struct{})
	kind, faulty := faultKinds[s.fault]
	if faulty {
		p.probe.switches[p.faulty(s)].Set(kind.faults(release)...)
	}
	var onWrite func()
	if s.stage != "" {
		onWrite = func() { p.client.SetStage(s.stage) }
	}
	p.probe.prepare(onWrite, kind.scribbler, p.model.plan(s).first)
	if p.journaled() {
		p.current.journal.prepare(kind.unrecorded)
		p.prepareDeath(s, kind)
	}
	if kind.overtaken {
		p.probe.switches[p.faulty(s)].Set(p.overtaking(s, release))
	}
	p.client.TakeEvents()

	timer := time.AfterFunc(p.HangFor, func() { close(release) })
	out.attempt = attempted(p.HangFor+p.Patience, do)
	late := timer.Stop()
	if late {
		if kind.scribbler == caller && !out.left {
			p.probe.change(p.handed)
		}
		close(release)
	}
	if out.left {
		return out
	}
	ctx, cancel := context.WithTimeout(p.ctx, p.HangFor+p.Patience)
	defer cancel()
	refused := kind.unrecorded && (p.RequireJournal || out.err != nil && !p.RequireBoth)
	if !refused { // what is not run sends none
		out.events, _ = p.client.WaitEvents(ctx, 1)
	}
	calls, running := p.probe.settle(ctx)
	if len(running) > 0 {
		out.left, out.stacks = true, stacksOf(running...)
		out.panics = "it returned, but a call that it made has not ended, and is left running"
		return out
	}
	out.calls = calls
	for i := range p.probe.switches {
		p.probe.switches[i].Set()
	}
	if s.stage != "" {
		p.client.SetStage(s.stage)
	}
	return out
}

// faulty is the system that a step's fault happens to.
func (p *player[K, P, R]) faulty(s step) side {
	plan := p.model.plan(s)
	if faultKinds[s.fault].authoritative {
		return plan.first
	}
	return plan.first.other()
}
