//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

// round is one run of a plan.
type round struct {
	world   *world
	plan    plan
	without string
	least   int // acknowledged writes
	dir     string
	log     *slog.Logger

	fleet   *fleet
	journal *sqljournal.Journal // the parent's own; nil for the control
	calm    calm
	result  *result
	later   sync.WaitGroup // steps that end later
}

// run runs the plan, drains, and checks. The error is that of the test itself; what it finds is in
// the result.
func (r *round) run(ctx context.Context) (*result, error) {
	began := time.Now()
	r.result = &result{plan: r.plan, kills: map[string]int{}}
	if err := errors.Join(os.RemoveAll(r.dir), os.MkdirAll(r.dir, 0o700)); err != nil {
		return nil, err
	}
	for _, p := range r.world.proxies {
		r.result.late -= p.late.Load()
		r.result.cuts -= p.cuts.Load()
	}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	err := r.fleet.start()
	if err == nil {
		r.play(ctx)
	}
	if stopped := r.fleet.stop(); stopped != nil {
		r.result.problem("%v", stopped)
	}
	for _, p := range r.world.proxies {
		r.result.late += p.late.Load()
		r.result.cuts += p.cuts.Load()
	}
	if r.journal != nil {
		err = errors.Join(err, r.drain(ctx))
		err = errors.Join(err, r.journal.Close(ctx))
	}
	if err == nil {
		err = r.check(ctx)
	}
	r.result.took = time.Since(began)
	return r.result, err
}

// open makes the journal of the round, and the children's configuration.
func (r *round) open(ctx context.Context) error {
	database := "journal"
	if r.plan.Joins {
		database = "old"
	}
	schema := fmt.Sprintf("round%d", r.plan.Round)
	if err := r.world.prepare(ctx, database, schema); err != nil {
		return err
	}
	config := journalConfig(schema, "parent")
	config.Logger = slog.New(slog.DiscardHandler)
	if r.without != withoutJournal {
		var err error
		if r.journal, err = sqljournal.Open(ctx, r.world.direct[database], config); err != nil {
			return err
		}
		// An operator says what the direction is before the first write.
		if _, err = r.journal.Turn(ctx, flagKey, 0, origin(r.plan.Stage)); err != nil {
			return err
		}
	}
	r.fleet = newFleet(r.world, r.plan, r.dir, childConfig{
		Round: r.plan.Round, Workers: workersOfChild, Old: r.world.limited("old"), New: r.world.limited("new"),
		Journal: r.world.dsn(database), Schema: schema, Joins: r.plan.Joins, Serialize: r.plan.Serialize,
		Linger: r.plan.Linger, Without: r.without,
	})
	return nil
}

// play does the steps of the plan while the children write.
func (r *round) play(ctx context.Context) {
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { r.watchCalm(watching) })
	began := time.Now()
	for _, s := range r.plan.Steps {
		time.Sleep(time.Until(began.Add(s.At)))
		r.do(s)
	}
	time.Sleep(time.Until(began.Add(r.plan.Traffic)))
	r.later.Wait()
	// A slow machine gets more time.
	for most := began.Add(r.plan.Traffic + slowMachine); time.Now().Before(most) && r.fleet.acked() < r.least; {
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	watch.Wait()
	r.calm.end()
}

func (r *round) do(s step) {
	r.log.Debug("step", "round", r.plan.Round, "step", s.String())
	switch s.Do {
	case doKill:
		r.fleet.kill(r.fleet.member(s.Child))
	case doDie:
		r.fleet.member(s.Child).tell(command{Die: s.Point})
	case doPause, doFreeze:
		r.pause(s)
	case doCrash:
		r.world.server.StopImmediate()
		r.result.crashes++
		r.later.Go(func() {
			if err := r.world.server.Start(); err != nil {
				r.result.problem("%v", err) // nobody else notes any meanwhile
			}
		})
	case doDelay:
		p := r.world.proxies[s.Database]
		p.delay(5, 900*time.Millisecond)
		r.later.Go(func() {
			time.Sleep(s.For)
			p.delay(0, 0)
		})
	case doLate:
		r.fleet.member(s.Child).tell(command{Late: s.Point, For: s.For})
	case doCut:
		r.world.proxies[s.Database].cut()
	case doMove:
		if origin(s.Stage) != origin(r.fleet.stage) {
			r.calm.end()
			r.result.turns++
		}
		r.fleet.move(s.Stage, s.Lags)
		r.result.moves++
	}
}

// pause stops a child for longer than its lease. Some are killed as soon as they may have written
// once more.
func (r *round) pause(s step) {
	m := r.fleet.member(s.Child)
	if s.Do == doPause {
		m.signal(unix.SIGSTOP)
	} else {
		m.tell(command{Pause: s.Point})
	}
	r.result.pauses++
	r.later.Go(func() {
		time.Sleep(s.For)
		m.signal(unix.SIGCONT)
		if s.Then {
			time.Sleep(10 * time.Millisecond)
			r.fleet.kill(m)
		}
	})
}

// drain repairs what the round left, as one process would.
func (r *round) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	began := time.Now()
	backlog, err := r.journal.Backlog(ctx, flagKey)
	if err != nil {
		return err
	}
	r.result.left = backlog.Dirty + backlog.Parked + backlog.Open
	repair, err := newRepair(r.journal, r.world.kind)
	if err != nil {
		return err
	}
	err = repair.Drain(ctx)
	if errors.Is(err, reconcile.ErrParked) {
		err = r.unpark(ctx, repair)
	}
	if err != nil {
		r.result.problem("drain: %v", err)
	}
	r.result.drained = time.Since(began)
	return r.checkEmpty(ctx)
}

// unpark does what an operator does with records that a read saw to differ in a direction that is
// not the journal's: it says which direction holds, and tries them again.
func (r *round) unpark(ctx context.Context, repair *reconcile.Repair) error {
	entries, err := r.journal.Entries(ctx, reconcile.Filter{Flag: flagKey, State: reconcile.Parked})
	if err != nil {
		return err
	}
	r.result.parked = len(entries)
	for _, e := range entries {
		epoch, err := r.journal.Epoch(ctx, flagKey)
		if err == nil {
			_, err = r.journal.Turn(ctx, flagKey, epoch.Number, e.From)
		}
		if err == nil {
			_, err = r.journal.Unpark(ctx, flagKey, e.Record)
		}
		if err == nil {
			err = repair.Drain(ctx)
		}
		if err != nil && !errors.Is(err, reconcile.ErrParked) {
			return err
		}
	}
	return nil
}

// checkEmpty checks that the journal is empty, and that the direction can be turned then.
func (r *round) checkEmpty(ctx context.Context) error {
	backlog, err := r.journal.Backlog(ctx, flagKey)
	if err != nil {
		return err
	}
	if !backlog.Empty() {
		entries, _ := r.journal.Entries(ctx, reconcile.Filter{Flag: flagKey, Limit: 5})
		r.result.problem("journal is not empty: %+v %+v", backlog, entries)
		return nil
	}
	var epoch cutover.Epoch
	for range 2 {
		if epoch, err = r.journal.Epoch(ctx, flagKey); err == nil {
			_, err = r.journal.Turn(ctx, flagKey, epoch.Number, otherOrigin(epoch.From))
		}
		if err != nil {
			r.result.problem("turn of an empty journal: %v", err)
		}
	}
	return nil
}

// check compares both systems, and checks the history of each key.
func (r *round) check(ctx context.Context) error {
	old, new, err := r.world.contents(ctx)
	if err != nil {
		return err
	}
	r.result.diverged = diverged(old, new)
	r.result.records = len(old)
	final := old
	if origin(r.fleet.stage) != "old" {
		final = new
	}
	h := history{finals: final, calm: r.calm.spans}
	for _, m := range r.fleet.all {
		done, err := readHistory(m.history, m.name)
		if err != nil {
			return err
		}
		h.ops = append(h.ops, done.ops...)
		r.result.late += int64(done.landed)
		switch {
		case done.diedAt != "":
			r.result.kills[done.diedAt]++
		case m.killed:
			r.result.kills["anywhere"]++
		}
	}
	r.result.count(h.ops)
	return h.check(r.result, filepath.Join(r.dir, "violation"))
}
