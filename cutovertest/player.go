package cutovertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// player runs one script on a fresh pair of systems.
type player[K comparable, P, R any] struct {
	*Migration[K, P, R]
	ctx     context.Context //nolint:containedctx // the test's, for all operations of one script
	client  *Client
	systems Systems[K, P, R]
	probe   *probe[K, P, R]
	service Service[K, P, R]
	model   *model[K]
	ranAt   ldmigration.Stage // the stage of the step under way, as it began
	from    ldmigration.Stage // the stage before the last move, if there was one
}

// play runs a script and returns the first promise that is not kept, or nil. The error tells what kept it from running.
func (m *Migration[K, P, R]) play(
	ctx context.Context, s script, table map[ldmigration.Stage]plans,
) (broken *failure, err error) {
	p := m.player(ctx, table)
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.open(); err != nil {
		return nil, err
	}
	for i, one := range s {
		if broken := p.step(one); broken != nil {
			broken.script, broken.stage, broken.from = s[:i+1], p.ranAt, p.from
			broken.payload = p.payload(one)
			return broken, nil
		}
	}
	return nil, nil
}

// survey tries the set-up alone, and reports whether records can be deleted.
func (m *Migration[K, P, R]) survey(ctx context.Context, table map[ldmigration.Stage]plans) (deletes bool, err error) {
	p := m.player(ctx, table)
	defer func() { err = errors.Join(err, p.close()) }()
	err = p.open()
	return p.deletes(), err
}

func (m *Migration[K, P, R]) player(ctx context.Context, table map[ldmigration.Stage]plans) *player[K, P, R] {
	return &player[K, P, R]{
		Migration: m, ctx: ctx, client: NewClient(ldmigration.Off), probe: &probe[K, P, R]{}, model: newModel[K](table),
	}
}

func (p *player[K, P, R]) open() (err error) {
	p.ranAt, p.systems = p.model.stage, p.Fresh()
	before, after := p.systems.Old, p.systems.New
	if err := errors.Join(before.validate("Old"), after.validate("New")); err != nil {
		return err
	}
	p.service, err = p.Wire(p.client, p.probe.around(oldSide, before, p.Key), p.probe.around(newSide, after, p.Key))
	if err == nil {
		err = errors.Join(missing(p.service.Read == nil, "Service.Read"), missing(p.service.Write == nil, "Service.Write"))
	}
	if err != nil {
		return fmt.Errorf("wiring: %w", err)
	}
	if broken := p.checkContents(step{}); broken != nil {
		return fmt.Errorf("fresh systems are to be empty: %s", broken.got)
	}
	return nil
}

func (p *player[K, P, R]) deletes() bool {
	return p.service.Delete != nil && p.systems.Old.Delete != nil && p.systems.New.Delete != nil
}

func (p *player[K, P, R]) close() error {
	var errs []error
	if p.service.Close != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), patience)
		defer cancel()
		errs = append(errs, p.service.Close(ctx))
	}
	if p.systems.Close != nil {
		errs = append(errs, p.systems.Close())
	}
	return errors.Join(errs...)
}

// step does one step. What panics outside of an operation, a backfill or a listing, is a failure too.
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
		if err := p.backfill(); err != nil {
			return &failure{promise: promiseBackfill, got: "it failed: " + err.Error(), contents: p.contents()}
		}
		p.model.apply(s, key)
		return p.checkContents(s)
	case reads:
		return p.checkRead(s, key, p.operate(s, func() (R, error) { return p.service.Read(p.ctx, key) }))
	case deletes:
		if !p.deletes() {
			return nil
		}
		return p.change(s, key, func() error { return p.service.Delete(p.ctx, key) })
	default:
		return p.change(s, key, func() error { return p.service.Write(p.ctx, p.Payload(s.n)) })
	}
}

func (p *player[K, P, R]) keyOf(s step) (key K) {
	if s.verb == moves || s.verb == backfills {
		return key
	}
	return p.Key(p.Payload(s.n))
}

// payload tells what a step writes or reads.
func (p *player[K, P, R]) payload(s step) string {
	switch s.verb {
	case writes:
		return fmt.Sprintf("%+v", p.Payload(s.n))
	case reads, deletes:
		return fmt.Sprintf("%+v", p.keyOf(s))
	default:
		return ""
	}
}

func (p *player[K, P, R]) change(s step, key K, do func() error) *failure {
	out := p.operate(s, func() (none R, err error) { return none, do() })
	broken := p.checkChange(s, key, out)
	p.model.apply(s, key)
	if broken != nil {
		broken.contents = p.contents()
		return broken
	}
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
		if err := p.systems.New.Write(p.ctx, p.Payload(p.model.holds[oldSide][key])); err != nil {
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
