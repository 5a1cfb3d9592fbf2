package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// Epoch implements [reconcile.Directions].
func (j *Journal) Epoch(ctx context.Context, flag string) (cutover.Epoch, error) {
	err := j.usable()
	var e cutover.Epoch
	if err == nil {
		err = j.tellUses(ctx)
	}
	if err == nil {
		e, err = j.readEpoch(ctx, flag)
	}
	if err != nil {
		return cutover.Epoch{}, fmt.Errorf("epoch of flag %q: %w", flag, err)
	}
	return e, nil
}

// Turn implements [reconcile.Directions]. Before the first write it makes the first epoch, if zero
// is expected. A record that another process keeps open for a short while after a write refuses the
// turn, too: try it again.
func (j *Journal) Turn(ctx context.Context, flag string, expected int64, from ldmigration.Origin) (cutover.Epoch, error) {
	e, err := j.turn(ctx, flag, expected, from)
	if err != nil {
		return e, fmt.Errorf("turn flag %q to %q: %w", flag, from, err)
	}
	return e, nil
}

func (j *Journal) turn(ctx context.Context, flag string, expected int64, from ldmigration.Origin) (cutover.Epoch, error) {
	if from != ldmigration.Old && from != ldmigration.New {
		return cutover.Epoch{}, fmt.Errorf("%w: unknown origin", reconcile.ErrNotTurned)
	}
	if err := j.usable(); err != nil {
		return cutover.Epoch{}, err
	}
	j.mu.Lock()
	j.leaveIdle(func(h *hold) bool { return h.flag.key == flag })
	j.mu.Unlock()
	if err := errors.Join(j.flush(ctx), j.tellUses(ctx)); err != nil {
		return cutover.Epoch{}, err
	}
	var e cutover.Epoch
	err := j.store.transaction(ctx, func(tx querier) (err error) {
		e, err = j.turnIn(ctx, tx, flag, expected, from)
		return err
	})
	if err == nil {
		j.mu.Lock()
		j.learn(j.flagOf(flag), e)
		j.mu.Unlock()
	}
	return e, err
}

func (j *Journal) turnIn(
	ctx context.Context, tx querier, flag string, expected int64, from ldmigration.Origin,
) (cutover.Epoch, error) {
	var e cutover.Epoch
	t := &j.store.texts
	a := args{"flag": escape(flag)}
	err := j.store.queryOnce(ctx, tx, t.lockEpoch, a, func(r *sql.Rows) error { return r.Scan(&e.Number, (*string)(&e.From)) })
	switch {
	case err != nil:
		return e, err
	case e.From == from:
		return e, nil
	case e.Number != expected:
		return e, fmt.Errorf("%w: the epoch is %d, not %d", reconcile.ErrNotTurned, e.Number, expected)
	}
	var open, all int
	a["origin"] = string(e.From)
	err = j.store.queryOnce(ctx, tx, t.held, a, func(r *sql.Rows) error { return r.Scan(&open, &all) })
	switch {
	case err != nil:
		return e, err
	case all > 0:
		return e, fmt.Errorf("%w: %d records are open and %d are dirty", reconcile.ErrNotTurned, open, all-open)
	}
	turned := cutover.Epoch{Number: e.Number + 1, From: from}
	a["number"], a["origin"] = turned.Number, string(from)
	if _, err := j.store.executeOnce(ctx, tx, t.turn, a); err != nil {
		return e, err
	}
	return turned, nil
}

// CloseGaps implements [reconcile.Directions].
func (j *Journal) CloseGaps(ctx context.Context, flag string, before time.Time) error {
	err := j.usable()
	if err == nil {
		_, err = j.store.execute(ctx, j.store.texts.closeGaps, args{"flag": escape(flag), "before": before.UnixMilli()})
	}
	if err != nil {
		return fmt.Errorf("close gaps of flag %q: %w", flag, err)
	}
	return nil
}

// tellUses tells the database when this process last wrote in each direction, and turns the flags
// for which that is due.
func (j *Journal) tellUses(ctx context.Context) error {
	for _, direction := range []struct {
		st   statement
		used func(f *flag) *time.Duration
	}{
		{j.store.texts.oldUsed, func(f *flag) *time.Duration { return &f.oldUsed }},
		{j.store.texts.newUsed, func(f *flag) *time.Duration { return &f.newUsed }},
	} {
		var items []item
		told := map[*flag]time.Duration{}
		j.mu.Lock()
		for _, f := range j.flags {
			if at := *direction.used(f); at != 0 {
				told[f] = at
				items = append(items, item{Flag: escape(f.key), Number: (j.now() - at).Milliseconds(), One: 1})
			}
		}
		j.mu.Unlock()
		if len(items) == 0 {
			continue
		}
		if _, err := j.store.execute(ctx, direction.st, args{"items": encode(items)}); err != nil {
			return fmt.Errorf("tell which directions are used: %w", err)
		}
		j.mu.Lock()
		for f, at := range told {
			if used := direction.used(f); *used == at {
				*used = 0
			}
		}
		j.mu.Unlock()
	}
	_, err := j.store.execute(ctx, j.store.texts.turnByItself, args{"after": j.config.TurnAfter.Milliseconds()})
	if err != nil {
		return fmt.Errorf("turn flags: %w", err)
	}
	return nil
}

// refreshEpochs reads the epochs of the flags that this process uses.
func (j *Journal) refreshEpochs(ctx context.Context) error {
	epochs := map[string]cutover.Epoch{}
	err := j.store.query(ctx, j.store.texts.epochs, nil, func() { clear(epochs) }, func(r *sql.Rows) error {
		var key string
		var e cutover.Epoch
		err := r.Scan(&key, &e.Number, (*string)(&e.From))
		epochs[unescape(key)] = e
		return err
	})
	if err != nil {
		return fmt.Errorf("read epochs: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for key, f := range j.flags {
		if e, ok := epochs[key]; ok {
			j.learn(f, e)
		}
	}
	return nil
}

// learn notes an epoch. If it is a new one, nothing that was opened in the last one is kept open.
func (j *Journal) learn(f *flag, e cutover.Epoch) {
	if e.Number <= f.epoch.Number {
		return
	}
	f.epoch = e
	j.leaveIdle(func(h *hold) bool { return h.flag == f })
}
