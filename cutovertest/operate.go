package cutovertest

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// stepPatience is how long a step waits for its operation's op event and calls, beyond what it makes hang.
const stepPatience = 3 * time.Second

// operated is what came of one operation.
type operated[K comparable, R any] struct {
	result R
	err    error
	panics string
	calls  []*seenCall[K, R]
	events []Event
}

// operate runs one operation with the step's fault, and waits for all that it set going.
func (p *player[K, P, R]) operate(s step, do func() (R, error)) (out operated[K, R]) {
	release := make(chan struct{})
	if kind, ok := faultKinds[s.fault]; ok {
		p.probe.switches[p.faulty(s)].Set(kind.faults(release)...)
	}
	var onWrite func()
	if s.stage != "" {
		onWrite = func() { p.client.SetStage(s.stage) }
	}
	p.probe.prepare(onWrite)
	p.client.TakeEvents()

	timer := time.AfterFunc(p.HangFor, func() { close(release) })
	out.run(do)
	ctx, cancel := context.WithTimeout(p.ctx, p.HangFor+stepPatience)
	defer cancel()
	out.events, _ = p.client.Wait(ctx, 1)
	if timer.Stop() {
		close(release)
	}
	calls, err := p.probe.settle(ctx)
	if err != nil {
		out.panics = "a call has not ended: " + err.Error()
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

// run does an operation on a goroutine of its own and waits for it, so that one that ends its caller's goroutine does not
// end the test.
func (out *operated[K, R]) run(do func() (R, error)) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		returned := false
		defer func() {
			if value := recover(); value != nil {
				out.panics = panicked(value)
			} else if !returned {
				out.panics = "the operation ended its caller's goroutine, by runtime.Goexit"
			}
		}()
		out.result, out.err = do()
		returned = true
	}()
	<-ended
}

func panicked(value any) string { return fmt.Sprintf("panic: %v\n%s", value, debug.Stack()) }

// faulty is the system that a step's fault happens to.
func (p *player[K, P, R]) faulty(s step) side {
	plan := p.model.writes()
	if s.verb == reads {
		plan = p.model.reads()
	}
	if faultKinds[s.fault].authoritative {
		return plan.first
	}
	return plan.first.other()
}
