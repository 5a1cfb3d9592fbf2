package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
)

// lease is the time that this process is known to live.
type lease struct {
	id    int64
	until atomic.Int64 // by the process's clock, with a margin
	lost  atomic.Bool
}

// What owns a row: writes, or a claim.
const (
	writes = "w"
	claims = "c"
)

// token is an owner of a row as it is stored there: a lease, what for, and a number that the process
// uses once. What was sent under a token and comes late never meets what was begun under another.
func (l *lease) token(what string, n int64) string {
	return "," + strconv.FormatInt(l.id, 10) + what + strconv.FormatInt(n, 10) + ","
}

// pattern matches rows with an owner of the lease.
func (l *lease) pattern(what string) string { return "%," + strconv.FormatInt(l.id, 10) + what + "%" }

// owner is a token without its commas.
type owner struct {
	lease, number int64
	what          string
}

// owners returns those of a row.
func owners(open string) []owner {
	var all []owner
	for _, text := range strings.Split(strings.Trim(open, ","), ",") {
		for _, what := range []string{writes, claims} {
			lease, number, ok := strings.Cut(text, what)
			id, err := strconv.ParseInt(lease, 10, 64)
			n, err2 := strconv.ParseInt(number, 10, 64)
			if ok && err == nil && err2 == nil {
				all = append(all, owner{id, n, what})
			}
		}
	}
	return all
}

// held reports whether everything that was opened under the lease is still protected.
func (l *lease) held(now time.Duration) bool { return !l.lost.Load() && int64(now) < l.until.Load() }

func (j *Journal) now() time.Duration { return j.config.clock.now() }

// register begins a lease.
func (j *Journal) register(ctx context.Context) error {
	var id int64
	sent := j.now()
	err := j.store.query(ctx, j.store.texts.register,
		args{"name": j.config.Instance, "lease": j.config.Lease.Milliseconds()}, nil,
		func(r *sql.Rows) error { return r.Scan(&id) })
	if err != nil {
		return fmt.Errorf("begin a lease: %w", err)
	}
	l := &lease{id: id}
	l.until.Store(int64(sent + j.config.Lease - j.config.margin()))
	if old := j.lease.Swap(l); old != nil {
		j.lose(old)
	}
	return nil
}

// lose takes everything that was opened under a lease out of the process's books: the instance that
// noticed has marked it dirty.
func (j *Journal) lose(old *lease) {
	old.lost.Store(true)
	j.config.Logger.Warn("journal: the lease of this process ran out; what it was writing is dirty now",
		"instance", j.config.Instance)
	j.claims.clear()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, h := range j.holds {
		if h.dirty != "" && h.ops == 0 { // it was to be left dirty, and maybe is repaired already
			j.queue.add(h.mark())
		}
		j.forget(h)
	}
	for _, f := range j.flags {
		f.used = nil
	}
}

// keepLease renews the lease until the journal is closed. While the database does not answer, it
// asks more often.
func (j *Journal) keepLease() {
	timer := time.NewTimer(j.config.Heartbeat)
	defer timer.Stop()
	for {
		select {
		case <-j.stopped.Done():
			return
		case <-timer.C:
		case <-j.health.tripped:
		}
		if !j.health.paused.Load() {
			j.beat(j.stopped, j.config.Lease)
		}
		every := j.config.Heartbeat
		if j.health.down() != nil {
			every = min(every, probeEvery)
		}
		timer.Reset(every)
	}
}

// beat renews the lease, and so finds out whether the database answers.
func (j *Journal) beat(ctx context.Context, lease time.Duration) {
	short, cancel := context.WithTimeout(ctx, j.config.BeginTimeout)
	defer cancel()
	err := j.renew(short, lease)
	switch {
	case err == nil:
		j.health.up()
		j.kick()
	case ctx.Err() == nil:
		j.health.fail(err)
	}
}

// keepHouse does what is to be done now and then. It may take longer than a renewal can wait.
func (j *Journal) keepHouse() {
	again := time.NewTicker(j.config.Heartbeat)
	defer again.Stop()
	for {
		select {
		case <-j.stopped.Done():
			return
		case <-again.C:
		}
		if !j.health.paused.Load() && j.health.down() == nil {
			j.tidy(j.stopped)
		}
	}
}

func (j *Journal) tidy(ctx context.Context) {
	long, cancel := context.WithTimeout(ctx, wordsTimeout)
	defer cancel()
	err := errors.Join(j.tellUses(long), j.refreshEpochs(long), j.reap(long))
	if j.auditDue() {
		err = errors.Join(err, j.audit(long))
	}
	if err != nil && ctx.Err() == nil {
		j.config.Logger.Warn("journal: housekeeping", "error", err)
	}
}

// renew renews the lease, or begins another one.
func (j *Journal) renew(ctx context.Context, lease time.Duration) error {
	l := j.lease.Load()
	if l.lost.Load() {
		return j.register(ctx)
	}
	sent := j.now()
	found, err := j.store.execute(ctx, j.store.texts.renew, args{"id": l.id, "lease": lease.Milliseconds()})
	switch {
	case err != nil:
		return fmt.Errorf("renew the lease: %w", err)
	case found == 0:
		return j.register(ctx)
	}
	l.until.Store(int64(sent + lease - j.config.margin()))
	return nil
}

// protected returns an error unless the lease is held.
func (j *Journal) protected() (*lease, error) {
	l := j.lease.Load()
	if !l.held(j.now()) {
		return nil, fmt.Errorf("%w: %w", cutover.ErrJournal, cutover.ErrLeaseLost)
	}
	return l, nil
}
