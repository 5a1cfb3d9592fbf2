package sqljournal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gocutover/cutover"
)

// Begin implements [cutover.Journal].
func (j *Journal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	rows, err := rowsOf(w.Flag, w.Records)
	if err != nil {
		return nil, fmt.Errorf("begin a write of flag %q: %w", w.Flag, err)
	}
	in := &intent{journal: j, write: w, rows: rows}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if in.flag, err = j.useFlag(ctx, w.Flag, w.From); err == nil {
		err = in.begin(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("begin a write of flag %q: %w", w.Flag, err)
	}
	return in, nil
}

// errHeld is why a write was given up after it had waited for a row as long as for the database.
var errHeld = errors.New("a row is locked by another transaction, or is still being left")

// begin tries until all records are open, or until it is not to wait any longer.
func (in *intent) begin(ctx context.Context) error {
	j := in.journal
	var stuckSince time.Duration
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		found, err := in.try(ctx)
		switch found {
		case admitted, failed:
			return err
		case busy:
			stuckSince = 0
		case stuck:
			now := j.now()
			if stuckSince == 0 {
				stuckSince = now
			}
			if now-stuckSince > j.config.BeginTimeout {
				return fmt.Errorf("%w: %w", cutover.ErrJournal, errHeld)
			}
		}
		if err := wait(ctx, pause); err != nil {
			return fmt.Errorf("wait for a record that is being written: %w", err)
		}
	}
}

// outcome is what came of an attempt to begin.
type outcome uint8

const (
	admitted outcome = iota + 1
	// busy is a record that the other direction has, or waits for. A write waits for it.
	busy
	// stuck is a row that somebody's transaction holds, or that this process is about to leave. A
	// write waits for it as long as for the database.
	stuck
	failed
)

// try opens all records, or none.
func (in *intent) try(ctx context.Context) (outcome, error) {
	j := in.journal
	begins, found, err := in.attach()
	if err != nil || found != admitted {
		return found, err
	}
	done := false
	defer func() {
		if !done { // or Settle panicked
			in.withdraw()
		}
	}()
	for _, b := range begins {
		if b.op != in {
			continue
		}
		if err := b.await(ctx, b.arrived); err != nil {
			return failed, err
		}
		if err := in.settle(ctx, b); err != nil {
			return failed, err
		}
	}
	for _, b := range begins {
		if err := b.await(ctx, b.ready); err != nil {
			return failed, err
		}
		if b.err != nil {
			return failed, b.err
		}
		if b.outcome != admitted {
			in.alone = in.alone || b.outcome == stuck
			return b.outcome, nil
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !in.lease.held(j.now()) {
		return failed, fmt.Errorf("%w: %w", cutover.ErrJournal, cutover.ErrLeaseLost)
	}
	for _, h := range in.holds {
		h.withdrawn = false
	}
	in.byTx = in.joins
	in.epoch = in.flag.epoch
	done = true
	return admitted, nil
}

// attach counts the operation in at all of its records, and returns the statements to wait for. If
// one of them is not to be had now, it counts in at none.
func (in *intent) attach() ([]*begin, outcome, error) {
	j := in.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.closed(); err != nil {
		return nil, failed, fmt.Errorf("%w: %w", cutover.ErrJournal, err)
	}
	l, err := j.protected()
	if err != nil {
		return nil, failed, err
	}
	in.lease = l
	in.joins = in.write.Join && !in.flag.conflicted(j.now())
	statement := false
	for _, r := range in.rows {
		h := j.holds[r]
		found := j.ask(h, in)
		if found != admitted {
			if down := j.health.down(); found == stuck && down != nil {
				return nil, failed, fmt.Errorf("%w: %w", cutover.ErrJournal, down)
			}
			return nil, found, nil
		}
		in.joins = in.joins && (h == nil || h.phase == joining)
		statement = statement || h == nil || h.phase == joining || j.stale(h)
	}
	if down := j.health.down(); down != nil && statement && !in.joins {
		return nil, failed, fmt.Errorf("%w: %w", cutover.ErrJournal, down)
	}
	return in.count(), admitted, nil
}

// ask reports whether a hold can be used by an operation.
func (j *Journal) ask(h *hold, in *intent) outcome {
	switch {
	case h == nil:
		return admitted
	case h.from != in.write.From:
		h.wanted = true
		j.meet(in.flag)
	case h.phase == flushing, h.phase == leaving && !h.durable:
		j.kick()
		return stuck
	case !h.wanted:
		return admitted
	}
	if h.ops == 0 && h.phase == open {
		j.leave(h)
	}
	j.kick()
	return busy
}

// stale reports whether a hold is to be begun in the database again.
func (j *Journal) stale(h *hold) bool {
	return (h.phase == open || h.phase == leaving) && j.now()-h.begun >= j.config.MaxOpen
}

func (in *intent) count() []*begin {
	j := in.journal
	var wait, mine []*begin
	in.holds = make([]*hold, 0, len(in.rows))
	for _, r := range in.rows {
		h := j.holds[r]
		if h == nil {
			h = j.newHold(r, in)
		}
		stale := j.stale(h)
		j.use(h)
		in.holds = append(in.holds, h)
		if !in.joins && (h.phase == joining || stale) {
			h.opener = newBegin(h, in, h.phase == open)
			h.phase = opening
			mine = append(mine, h.opener)
		}
		if h.phase == opening {
			wait = append(wait, h.opener)
		}
	}
	if len(mine) > 0 {
		j.enqueue(mine, in.alone)
	}
	return wait
}
