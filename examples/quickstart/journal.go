package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	// lease is how long a silent instance counts as alive. The instance that is to crash has a short
	// one, so that nobody has to wait for the default of 15 seconds.
	lease        = 10 * time.Second
	leaseToCrash = 1500 * time.Millisecond
	heartbeat    = 200 * time.Millisecond
	// lateBound is how long a write may take effect after its caller gave it up. SQLite's do not.
	lateBound = 500 * time.Millisecond
	// beginTimeout is how long a write waits for the journal. It is longer than the default of a
	// second, because the machine may be busy with other things.
	beginTimeout = 5 * time.Second
	turnTimeout  = 10 * time.Second
)

// orderJournal keeps in an SQLite file which orders are being written to both databases, and which
// may differ.
//
// The file is its own: the journal works while either database is down, its commits wait for
// nobody else's, and it is deleted when the migration is over. In one of the databases it would
// save a commit for each write that is authoritative there, by its JoinTx.
type orderJournal struct {
	*sqljournal.Journal
	pool *sql.DB
}

// openJournal opens the journal for one instance of the service.
func openJournal(ctx context.Context, dir, instance string, lease time.Duration) (*orderJournal, error) {
	pool, err := openPool(filepath.Join(dir, "journal.db"), 1)
	if err != nil {
		return nil, err
	}
	config := sqljournal.Config{
		Dialect: sqljournal.SQLite, Instance: instance,
		Lease: lease, Heartbeat: heartbeat, LateBound: lateBound, BeginTimeout: min(beginTimeout, lease),
		Logger: slog.New(slog.DiscardHandler), // the program tells itself of a lost instance
	}
	if err := sqljournal.Migrate(ctx, pool, config); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	journal, err := sqljournal.Open(ctx, pool, config)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &orderJournal{journal, pool}, nil
}

// Close closes the journal and its file.
func (j *orderJournal) Close(ctx context.Context) error {
	return errors.Join(j.Journal.Close(ctx), j.pool.Close())
}

// Follow makes the database that answers now the one that orders are copied from, once no order is
// dirty from the other direction. The journal would do it by itself a minute later.
func (j *orderJournal) Follow(ctx context.Context, serves ldmigration.Origin) error {
	ctx, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	var failed, refused error
	err := await(ctx, func() bool {
		var epoch cutover.Epoch
		if epoch, failed = j.Epoch(ctx, flagKey); failed == nil {
			_, failed = j.Turn(ctx, flagKey, epoch.Number, serves)
		}
		if errors.Is(failed, reconcile.ErrNotTurned) {
			refused, failed = failed, nil
			return false
		}
		return true
	})
	if err = errors.Join(err, failed); err != nil && refused != nil {
		return refused
	}
	return err
}

// Still returns the backlog once no order is open: after the traffic was paused, and after the
// lease of an instance that crashed.
func (j *orderJournal) Still(ctx context.Context) (backlog reconcile.Backlog, err error) {
	waited := await(ctx, func() bool {
		backlog, err = j.Backlog(ctx, flagKey)
		return err != nil || backlog.Open == 0
	})
	if err = errors.Join(waited, err); err != nil {
		return backlog, fmt.Errorf("asking the journal: %w", err)
	}
	return backlog, nil
}
