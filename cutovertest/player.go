package cutovertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// player runs one script on a fresh pair of systems.
type player[K comparable, P, R any] struct {
	*Harness[K, P, R]
	ctx     context.Context //nolint:containedctx // the test's, for all operations of one script
	client  *Client
	systems Systems[K, P, R]
	probe   *probe[K, P, R]
	current *process[K, P, R]
	model   *model[K]
	handed  P                 // the payload that the caller of the write under way has
	ranAt   ldmigration.Stage // the stage of the step under way, as it began
	from    ldmigration.Stage // the stage before the last move, if there was one
	left    bool              // whether something of the user's never returned

	// Only a service with a journal has these.
	journals  Journals
	processes int             // that were started
	within    context.Context //nolint:containedctx // the one of writes and deletes
	endWithin context.CancelFunc
	killed    bool   // whether the process of the operation under way was
	overtook  error  // of a write that overtook another one
	told      string // of the last write with a fault, to the journal
}

// play runs a script and returns the first promise that is not kept, or nil. The error tells what
// kept it from running.
func (m *Harness[K, P, R]) play(
	ctx context.Context, s script, table map[ldmigration.Stage]plans,
) (broken *failure, err error) {
	p := m.player(ctx, table)
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.open(); err != nil {
		return nil, err
	}
	for i, one := range s {
		if broken := p.step(one); broken != nil {
			p.left = broken.left
			broken.script, broken.stage, broken.from = s[:i+1], p.ranAt, p.from
			broken.payload = p.payload(one)
			return broken, nil
		}
	}
	return nil, nil
}

// survey tries the set-up alone, and reports whether records can be deleted.
func (m *Harness[K, P, R]) survey(ctx context.Context, table map[ldmigration.Stage]plans) (deletes bool, err error) {
	p := m.player(ctx, table)
	defer func() { err = errors.Join(err, p.close()) }()
	err = p.open()
	return p.deletes(), err
}

func (m *Harness[K, P, R]) player(ctx context.Context, table map[ldmigration.Stage]plans) *player[K, P, R] {
	p := &player[K, P, R]{
		Harness: m, ctx: ctx, client: NewClient(ldmigration.Off), probe: &probe[K, P, R]{}, model: m.newModel(table),
		within: ctx,
	}
	if m.journaled() {
		p.journals = m.Journals()
	}
	p.probe.copy, p.probe.scribble = m.ClonePayload, m.Scribble
	return p
}

func (p *player[K, P, R]) open() (err error) {
	p.ranAt, p.systems = p.model.stage, p.NewSystems()
	before, after := p.systems.Old, p.systems.New
	if err := errors.Join(before.validate("Old"), after.validate("New")); err != nil {
		return err
	}
	if p.current, err = p.start(false); err != nil {
		return err
	}
	if broken := p.checkContents(step{}); broken != nil {
		return fmt.Errorf("new systems must be empty: %s", broken.got)
	}
	return nil
}

func (p *player[K, P, R]) deletes() bool {
	return p.current != nil && p.current.service.Delete != nil && p.systems.Old.Delete != nil && p.systems.New.Delete != nil
}

// close closes the service and its systems, unless one of them is still in use.
func (p *player[K, P, R]) close() error {
	if p.left {
		return nil
	}
	var closing error
	if p.current != nil {
		closing = p.stop(p.current)
	}
	if p.systems.Close == nil || p.left {
		return closing
	}
	return errors.Join(closing, p.closed("the systems", p.systems.Close))
}

func (p *player[K, P, R]) closed(what string, do func() error) error {
	a := attempted(2*p.Patience, func() (struct{}, error) { return struct{}{}, do() })
	p.left = a.left
	if a.panics != "" {
		return fmt.Errorf("closing %s: %s%s", what, a.panics, a.stacks)
	}
	return a.err
}

// step does one step. What panics outside of an operation, a backfill or a listing, is a failure
// too.
func (p *player[K, P, R]) step(s step) (broken *failure) {
	p.ranAt = p.model.stage
	defer func() {
		if value := recover(); value != nil {
			broken = &failure{promise: promiseReturn, got: panicked(value)}
		}
	}()
	broken = p.do(s)
	if broken == nil && s.stage != "" {
		p.from = p.ranAt
	}
	return broken
}

func (p *player[K, P, R]) do(s step) *failure {
	key := p.keyOf(s)
	switch s.verb {
	case moves:
		p.client.SetStage(s.stage)
		p.model.apply(s, key)
		return nil
	case backfills:
		a := attempted(p.Patience, func() (struct{}, error) { return struct{}{}, p.backfill() })
		switch {
		case a.left:
			return &failure{promise: promiseReturn, got: "the backfill: " + a.panics, left: true, stacks: a.stacks}
		case a.panics != "":
			return &failure{promise: promiseBackfill, got: a.panics, contents: p.contents()}
		case a.err != nil:
			return &failure{promise: promiseBackfill, got: "it failed: " + a.err.Error(), contents: p.contents()}
		}
		p.model.apply(s, key)
		return p.checkContents(s)
	case drains:
		return p.drain(s)
	case reads:
		return p.checkRead(s, key, p.operate(s, func() (R, error) { return p.current.service.Read(p.ctx, key) }))
	case deletes:
		if !p.deletes() {
			return nil
		}
		return p.change(s, key, func() error { return p.current.service.Delete(p.within, key) })
	default:
		p.handed = p.ownPayload(s.n)
		return p.change(s, key, func() error { return p.current.service.Write(p.within, p.handed) })
	}
}

// ownPayload returns a payload that is used for one write: what becomes of it changes no other one.
func (p *player[K, P, R]) ownPayload(n int) P {
	if p.Scribble == nil {
		return p.Payload(n)
	}
	return p.ClonePayload(p.Payload(n))
}

func (p *player[K, P, R]) keyOf(s step) (key K) {
	if s.named() {
		key = p.Key(p.Payload(s.n))
	}
	return key
}

// payload tells what a step writes or reads.
func (p *player[K, P, R]) payload(s step) string {
	switch s.verb {
	case writes:
		return shown(p.Payload(s.n))
	case reads, deletes:
		return shown(p.keyOf(s))
	default:
		return ""
	}
}

func (p *player[K, P, R]) change(s step, key K, do func() error) *failure {
	if p.model.blocked(key) {
		p.journals.Lapse()
	}
	if faultKinds[s.fault].dies != never {
		return p.changeAndDie(s, key, do)
	}
	out := p.operate(s, func() (none R, err error) { return none, do() })
	broken := p.checkChange(s, key, out)
	p.model.apply(s, key)
	if broken != nil {
		if !broken.left {
			broken.contents = p.contents()
		}
		return broken
	}
	p.tell(s)
	return p.checkContents(s)
}

// backfill runs the one that was given, or the default.
func (p *player[K, P, R]) backfill() error {
	if p.systems.Backfill != nil {
		return p.systems.Backfill(p.ctx)
	}
	before, err := p.systems.Old.List(p.ctx)
	if err != nil {
		return err
	}
	for key := range before {
		if err := p.systems.New.Write(p.ctx, p.ownPayload(p.model.holds[oldSide][key])); err != nil {
			return err
		}
	}
	after, err := p.systems.New.List(p.ctx)
	if err != nil {
		return err
	}
	for key := range after {
		if _, ok := before[key]; ok || p.systems.New.Delete == nil {
			continue
		}
		if err := p.systems.New.Delete(p.ctx, key); err != nil {
			return err
		}
	}
	return nil
}
