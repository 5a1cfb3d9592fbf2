package sqljournal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// flag is what this process knows of a migration flag. The journal's mutex guards it, but for
// telling.
type flag struct {
	key     string
	used    *lease // under which the database was told that this process uses the flag
	epoch   cutover.Epoch
	met     time.Duration // when two directions last met; zero is never
	oldUsed time.Duration // when this process last wrote in the direction; zero is not since it was told
	newUsed time.Duration
	telling chan struct{} // held by who tells the database of the flag
}

func (f *flag) conflicted(now time.Duration) bool { return f.met != 0 && now-f.met < conflictFor }

func (f *flag) use(from ldmigration.Origin, now time.Duration) {
	if from == ldmigration.New {
		f.newUsed = now
	} else {
		f.oldUsed = now
	}
}

// meet notes that two directions met: records are not kept open for a while.
func (j *Journal) meet(f *flag) {
	f.met = j.now()
	j.leaveIdle(func(h *hold) bool { return h.flag == f })
}

func (j *Journal) flagOf(key string) *flag {
	f := j.flags[key]
	if f == nil {
		f = &flag{key: key, telling: make(chan struct{}, 1)}
		j.flags[key] = f
	}
	return f
}

// useFlag notes a write in a direction. The first time, it tells the database that this process
// writes for the flag, so that a gap is suspected if the process is lost.
func (j *Journal) useFlag(ctx context.Context, key string, from ldmigration.Origin) (*flag, error) {
	j.mu.Lock()
	if err := j.closed(); err != nil {
		j.mu.Unlock()
		return nil, fmt.Errorf("%w: %w", cutover.ErrJournal, err)
	}
	f := j.flagOf(key)
	f.use(from, j.now())
	known := f.used == j.lease.Load()
	j.mu.Unlock()
	if known {
		return f, nil
	}
	select {
	case f.telling <- struct{}{}:
		defer func() { <-f.telling }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return f, j.tellFlag(f, from)
}

func (j *Journal) tellFlag(f *flag, from ldmigration.Origin) error {
	l, err := j.protected()
	if err != nil {
		return err
	}
	j.mu.Lock()
	known := f.used == l
	j.mu.Unlock()
	if known {
		return nil
	}
	if down := j.health.down(); down != nil {
		return fmt.Errorf("%w: %w", cutover.ErrJournal, down)
	}
	ctx, cancel := context.WithTimeout(j.stopped, j.config.BeginTimeout)
	defer cancel()
	a := args{"id": l.id, "flag": escape(f.key), "origin": string(from)}
	if _, err = j.store.execute(ctx, j.store.texts.use, a); err == nil {
		_, err = j.store.execute(ctx, j.store.texts.firstEpoch, a)
	}
	var e cutover.Epoch
	if err == nil {
		e, err = j.readEpoch(ctx, f.key)
	}
	if err != nil {
		j.health.fail(err)
		return fmt.Errorf("tell that flag %q is used: %w: %w", f.key, cutover.ErrJournal, err)
	}
	j.mu.Lock()
	f.used, f.epoch = l, e
	j.mu.Unlock()
	return nil
}

func (j *Journal) readEpoch(ctx context.Context, flag string) (cutover.Epoch, error) {
	var e cutover.Epoch
	err := j.store.query(ctx, j.store.texts.epoch, args{"flag": escape(flag)},
		func() { e = cutover.Epoch{} },
		func(r *sql.Rows) error { return r.Scan(&e.Number, (*string)(&e.From)) })
	return e, err
}
