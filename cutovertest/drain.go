package cutovertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gocutover/cutover/reconcile"
)

// tell keeps what the journal was told in a write that may leave something to repair.
func (p *player[K, P, R]) tell(s step) {
	if p.journaled() && s.fault != "" {
		p.told = fmt.Sprintf("%s told it of %s", s, p.current.journal.records())
	}
}

// checkJournal checks what the journal was told in a write.
func (p *player[K, P, R]) checkJournal(plan plan, kind faultKind) *failure {
	if !p.journaled() || !plan.both {
		return nil
	}
	told, missing := p.current.journal.missing(p.current.service.Kinds)
	switch {
	case !told:
		return &failure{
			promise: promiseJournal, want: "the records of the write",
			got: "none: the writer has no Records, or what is around the journal fails or loses them",
		}
	case missing != "":
		return &failure{promise: promiseKinds, got: fmt.Sprintf("no kind %q", missing)}
	case kind.overtaken && p.overtook != nil:
		return &failure{promise: promiseSuccess, got: "the caller of the write that came in between got the error " + quoted(p.overtook)}
	default:
		return nil
	}
}

// checkNotRun checks a write that was to be refused, because the journal could not record it.
func (p *player[K, P, R]) checkNotRun(out operated[K, R]) *failure {
	switch {
	case len(out.calls) > 0:
		return &failure{promise: promiseRecorded, got: fmt.Sprintf("the %s system was asked", out.calls[0].system)}
	case out.err == nil:
		return &failure{promise: promiseRecorded, got: "the caller got no error"}
	default:
		return nil
	}
}

// drain lets leases run out, repairs what is dirty, and compares.
func (p *player[K, P, R]) drain(s step) *failure {
	p.journals.Lapse()
	a := attempted(2*p.Patience, func() (struct{}, error) { return struct{}{}, p.repair() })
	switch {
	case a.left:
		return &failure{promise: promiseReturn, got: "the drain: " + a.panics, left: true, stacks: a.stacks}
	case a.panics != "":
		return &failure{promise: promiseDrained, got: a.panics, journal: p.told, contents: p.contents()}
	case a.err != nil:
		return &failure{promise: promiseDrained, got: a.err.Error(), journal: p.told, contents: p.contents()}
	}
	first := p.model.drainedFrom()
	var key K
	p.model.apply(s, key)
	for _, which := range []side{first, first.other()} {
		held, broken := p.list(which)
		if broken != nil {
			return broken
		}
		wrong := p.wrongRecords(which, held)
		if len(wrong) == 0 {
			continue
		}
		promise := promiseEqual
		if which == first {
			promise = promiseRepair
		}
		return &failure{
			promise: promise, contents: p.contents(), journal: p.told,
			got: fmt.Sprintf("the %s system holds\n    %s", which, strings.Join(wrong, "\n    ")),
		}
	}
	return nil
}

// repair drains every flag that the service wrote under.
func (p *player[K, P, R]) repair() error {
	ctx, cancel := context.WithTimeout(p.ctx, p.Patience)
	defer cancel()
	var errs []error
	for _, flag := range p.current.journal.flags {
		if err := p.turn(ctx, flag); err != nil {
			return err
		}
		errs = append(errs, p.repairFlag(ctx, flag))
	}
	return errors.Join(errs...)
}

func (p *player[K, P, R]) repairFlag(ctx context.Context, flag string) error {
	failed := map[string]string{}
	config := reconcile.RepairConfig{
		Workers: 1, Poll: 2 * time.Millisecond, Timeout: p.Patience, Attempts: 3, Backoff: time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
		Observe: func(_ context.Context, r reconcile.Repaired) {
			delete(failed, r.Record.String())
			if r.Err != nil {
				failed[r.Record.String()] = fmt.Sprintf("copying %q from the %s system: %v", r.Record.String(), r.From, r.Err)
			}
		},
	}
	journal := p.current.journal.Journal
	repair, err := reconcile.NewRepair(journal, flag, config, p.current.service.Kinds...)
	if err != nil {
		return err
	}
	err = repair.Drain(ctx)
	if err == nil {
		return nil
	}
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		text = fmt.Sprintf("it has not ended after %v", p.Patience)
	}
	lines := append([]string{text}, slices.Sorted(maps.Values(failed))...)
	return errors.New(strings.Join(lines, "\n    ") + p.leftOf(flag))
}

// leftOf tells what a journal holds still.
func (p *player[K, P, R]) leftOf(flag string) string {
	entries, err := p.current.journal.Entries(p.ctx, reconcile.Filter{Flag: flag, Limit: shownRecords})
	if err != nil {
		return "\n    " + err.Error()
	}
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&text, "\n    %q is %s still: %s", e.Record.String(), e.State, cmp.Or(string(e.Dirty), "no reason"))
	}
	return text.String()
}

// turn makes the journal's direction that of the stage, as an operator does after a move.
func (p *player[K, P, R]) turn(ctx context.Context, flag string) error {
	epoch, err := p.current.journal.Epoch(ctx, flag)
	if err != nil || epoch.Number == 0 {
		return err
	}
	_, err = p.current.journal.Turn(ctx, flag, epoch.Number, origins[p.model.writes().first])
	if errors.Is(err, reconcile.ErrNotTurned) {
		return nil // it turns by itself, once nothing is dirty
	}
	return err
}
