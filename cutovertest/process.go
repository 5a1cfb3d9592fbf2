package cutovertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// process is one of the service's processes. Without a journal there is one.
type process[K comparable, P, R any] struct {
	life    *life
	service Service[K, P, R]
	journal *notingJournal // nil for none
}

// life tells whether a process was killed. None of its calls reaches a system then.
type life struct {
	killed atomic.Bool
	aside  bool // it runs beside the one that is looked at
}

// errKilled is what the functions of both systems return in a process that was killed.
var errKilled = errors.New("the process was killed")

// start starts another process of the service.
func (p *player[K, P, R]) start(aside bool) (*process[K, P, R], error) {
	before, after := p.systems.Old, p.systems.New
	started := &process[K, P, R]{life: &life{aside: aside}}
	old, fresh := p.probe.around(oldSide, before, started.life), p.probe.around(newSide, after, started.life)
	var err error
	if p.journaled() {
		p.processes++
		started.journal = &notingJournal{Journal: p.journals.Open(fmt.Sprintf("process %d", p.processes))}
		started.service, err = p.NewJournaledService(p.client, started.journal, old, fresh)
	} else {
		started.service, err = p.NewService(p.client, old, fresh)
	}
	if err == nil {
		err = errors.Join(
			missing(started.service.Read == nil, "Service.Read"), missing(started.service.Write == nil, "Service.Write"),
			missing(p.journaled() && len(started.service.Kinds) == 0, "Service.Kinds"),
		)
	}
	if err != nil {
		err = fmt.Errorf("making the service: %w", err)
	}
	return started, err
}

// stop ends a process, whose journal ends after the service.
func (p *player[K, P, R]) stop(ending *process[K, P, R]) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), p.Patience)
	defer cancel()
	if ending.service.Close != nil {
		err = p.closed("the service", func() error { return ending.service.Close(ctx) })
	}
	if ending.journal == nil || p.left {
		return err
	}
	return errors.Join(err, p.closed("the journal", func() error { return ending.journal.Close(ctx) }))
}

// kill ends the current process as if the machine had failed: nothing that it does from now on has
// an effect.
func (p *player[K, P, R]) kill() {
	p.current.life.killed.Store(true)
	p.journals.Crash(p.current.journal.Journal)
}

// replace starts the process that goes on in place of one that was killed. What is left of that is
// not waited for longer than a service's Close may take.
func (p *player[K, P, R]) replace() error {
	if killed := p.current.service.Close; killed != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), p.Patience)
		defer cancel()
		_ = p.closed("a killed service", func() error { return killed(ctx) })
	}
	next, err := p.start(false)
	if next.journal != nil {
		next.journal.flags = p.current.journal.flags
	}
	p.current = next
	return err
}

// notingJournal notes what a service tells its journal.
type notingJournal struct {
	reconcile.Journal
	mu    sync.Mutex
	flags []string
	told  []cutover.RecordKey
	fails bool
}

// prepare forgets what was told, and sets whether the journal can be reached.
func (j *notingJournal) prepare(fails bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.told, j.fails = nil, fails
}

func (j *notingJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	if fails := j.note(w.Flag, w.Records); fails {
		return nil, errInjected
	}
	return j.Journal.Begin(ctx, w)
}

func (j *notingJournal) Mark(ctx context.Context, m cutover.JournalMark) {
	j.note(m.Flag, nil)
	j.Journal.Mark(ctx, m)
}

func (j *notingJournal) note(flag string, records []cutover.RecordKey) (fails bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Contains(j.flags, flag) {
		j.flags = append(j.flags, flag)
	}
	j.told = append(j.told, records...)
	return j.fails
}

// missing returns a kind of what was told that is not among these, and whether anything was told.
func (j *notingJournal) missing(kinds []reconcile.RecordKind) (told bool, missing string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, record := range j.told {
		if !slices.ContainsFunc(kinds, func(kind reconcile.RecordKind) bool { return kind.Name() == record.Kind }) {
			missing = record.Kind
		}
	}
	return len(j.told) > 0, missing
}

// records are those that were told since prepare, in words.
func (j *notingJournal) records() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	names := make([]string, len(j.told))
	for i, record := range j.told {
		names[i] = fmt.Sprintf("%q", record.String())
	}
	return cmp.Or(strings.Join(names, ", "), noRecord)
}
