package sqljournal

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// Journal is a journal in a database. It is safe for concurrent use.
type Journal struct {
	config Config
	store  *store
	health health
	lease  atomic.Pointer[lease]
	tokens atomic.Int64 // that were made
	claims claimed

	mu      sync.Mutex
	closing bool
	holds   map[row]*hold
	idle    list.List // holds that nobody uses, in the order in which that began
	flags   map[string]*flag
	begins  begins
	queue   queue

	audited atomic.Int64 // when the rows were last compared with the books

	running sync.WaitGroup
	stop    context.CancelCauseFunc
	stopped context.Context //nolint:containedctx // it is the life of the goroutines
}

var _ reconcile.Journal = (*Journal)(nil)

// Open begins to keep a journal in a database, whose tables must be there; see [Migrate]. It does
// not close the database. A pool that the journal shares with others must leave it a connection.
func Open(ctx context.Context, db *sql.DB, c Config) (*Journal, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{
		config: c,
		store:  newStore(db, c),
		holds:  map[row]*hold{},
		flags:  map[string]*flag{},
		queue:  newQueue(c.marksMost),
		health: newHealth(c.Logger),
	}
	if err := j.store.checkVersion(ctx); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := j.register(ctx); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.stopped, j.stop = context.WithCancelCause(context.Background())
	j.running.Go(j.keepLease)
	j.running.Go(j.keepHouse)
	j.running.Go(j.keepFlushing)
	return j, nil
}

// Close implements [reconcile.Journal]. The records of writes that are still under way become dirty:
// let them end first. If the context ends before everything is durable, other processes do the rest
// once the lease is over, and suspect a gap. Close does not close the database.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	again := j.closing
	j.closing = true
	j.mu.Unlock()
	if again {
		return reconcile.ErrClosed
	}
	j.end(reconcile.ErrClosed)
	l := j.lease.Load()
	l.lost.Store(true)
	err := j.drain(ctx)
	if err == nil {
		err = j.claims.leaveAll(ctx, j)
	}
	for _, st := range []statement{j.store.texts.unuse, j.store.texts.unregister} {
		if err == nil {
			_, err = j.store.execute(ctx, st, args{"id": l.id})
		}
	}
	if err == nil {
		err = j.store.pool.close()
	}
	if err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

// end ends the goroutines.
func (j *Journal) end(cause error) {
	j.stop(cause)
	j.mu.Lock()
	j.closing = true
	j.mu.Unlock()
	j.running.Wait()
}

// drain ends everything that is open, and returns when that and all marks are durable.
func (j *Journal) drain(ctx context.Context) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		j.mu.Lock()
		for _, h := range j.holds {
			if h.ops > 0 && !h.withdrawn {
				h.stain(cutover.OwnerLost, true)
			}
			j.leave(h)
		}
		left := len(j.holds) + len(j.queue.marks) + len(j.queue.gaps)
		j.mu.Unlock()
		if left == 0 {
			return nil
		}
		if err := j.flush(ctx); err != nil {
			return err
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

func (j *Journal) closed() error {
	if j.closing {
		return reconcile.ErrClosed
	}
	return nil
}

// usable returns an error if the journal was closed or crashed.
func (j *Journal) usable() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed()
}

var errCrashed = errors.New("process has ended")
