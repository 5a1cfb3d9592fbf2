package cutovertest

import (
	"context"
	"fmt"
)

// prepareDeath sets where the process is killed in the operation of a step.
func (p *player[K, P, R]) prepareDeath(s step, kind faultKind) {
	p.killed = false
	first := p.model.plan(s).first
	at := death{kill: func() {
		p.killed = true
		p.kill()
		p.endWithin()
	}}
	switch kind.dies {
	case beforeFirst:
		at.system = first
	case betweenBoth:
		at.system = first.other()
	case afterSecond:
		at.system, at.after = first.other(), true
	default:
		return
	}
	p.probe.die(&at)
}

// changeAndDie does a write or a delete whose process is killed, and starts another process. Nobody
// hears what came of the operation.
func (p *player[K, P, R]) changeAndDie(s step, key K, do func() error) *failure {
	p.within, p.endWithin = context.WithCancel(p.ctx)
	out := p.operate(s, func() (none R, err error) { return none, do() })
	p.endWithin()
	p.within = p.ctx
	switch {
	case out.left:
		return &failure{promise: promiseReturn, got: out.panics, left: true, stacks: out.stacks}
	case !p.killed:
		plan := p.model.writes()
		return &failure{
			promise: promisePlan, want: "a " + string(s.verb) + " that asks " + plan.order(),
			got: "no such call came, at which the process was to be killed", contents: p.contents(),
		}
	}
	p.tell(s)
	p.model.apply(s, key)
	if err := p.replace(); err != nil {
		return &failure{promise: promiseRestart, got: err.Error(), contents: p.contents()}
	}
	return p.checkContents(s)
}

// overtaking is the fault of a secondary that is late, while another process writes the record.
func (p *player[K, P, R]) overtaking(s step, release <-chan struct{}) Fault {
	p.overtook = nil
	return Fault{func(c *call, next func(context.Context) error) error {
		<-release
		p.overtook = p.overtake(s)
		return next(context.WithoutCancel(c.ctx))
	}}
}

// overtake writes the later payload of a record by a process of its own, from its beginning to its
// end.
func (p *player[K, P, R]) overtake(s step) error {
	n, _ := p.model.journal.overtaker(s.n)
	ctx, cancel := context.WithTimeout(p.ctx, p.Patience)
	defer cancel()
	other, err := p.start(true)
	if err != nil {
		return err
	}
	if err := other.service.Write(ctx, p.ownPayload(n)); err != nil {
		return fmt.Errorf("payload %d by another process: %w", n, err)
	}
	if other.service.Close != nil {
		if err := other.service.Close(ctx); err != nil {
			return err
		}
	}
	return other.journal.Close(ctx)
}
