//go:build unix

package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

// childVariable is the environment variable with the configuration of a child. A process that has
// it is one.
const childVariable = "CUTOVER_ROBUSTNESS_CHILD"

// child is a process that reads and writes under the flag until it is told to stop, or killed.
type child struct {
	childConfig
	stages  *stages
	points  *points
	history *historyWriter
	old     *system
	new     *system
	journal *sqljournal.Journal // nil for the control
	cutover *cutover.Cutover
	repair  *reconcile.Repair
	kind    *reconcile.Kind[string, string]

	acked   atomic.Int64 // writes
	replies sync.Mutex
}

// runChild is the main function of a child.
func runChild(config string) error {
	c := &child{}
	if err := json.Unmarshal([]byte(config), &c.childConfig); err != nil {
		return fmt.Errorf("configuration of a child: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := c.open(ctx); err != nil {
		return err
	}
	c.reply("ready")
	var all sync.WaitGroup
	if c.repair != nil {
		all.Go(func() { _ = c.repair.Run(ctx) }) // its error is the context's
	}
	for i := range c.Workers {
		w, err := newWorker(c, i)
		if err != nil {
			return err
		}
		all.Go(func() { w.run(ctx) })
	}
	all.Go(func() { c.count(ctx) })
	c.obey(os.Stdin)
	stop()
	all.Wait()
	return c.close()
}

// obey does what it is told until it is to stop, or the parent is gone.
func (c *child) obey(input io.Reader) {
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		var cmd command
		if err := json.Unmarshal(lines.Bytes(), &cmd); err != nil || cmd.Stop {
			return
		}
		c.points.arm(cmd)
		if cmd.Stage != "" {
			go func() {
				c.stages.move(cmd.Stage, cmd.Lag)
				c.reply(fmt.Sprintf("moved %d", cmd.Seq))
			}()
		}
	}
}

// count says now and then how many writes were acknowledged.
func (c *child) count(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.reply(fmt.Sprintf("acked %d", c.acked.Load()))
		}
	}
}

func (c *child) reply(line string) {
	c.replies.Lock()
	defer c.replies.Unlock()
	fmt.Println(line)
}

func (c *child) open(ctx context.Context) (err error) {
	if c.history, err = newHistoryWriter(c.History); err != nil {
		return err
	}
	c.points = &points{history: c.history}
	c.stages = newStages(c.Stage)
	oldDB, err1 := openPool(c.Old)
	newDB, err2 := openPool(c.New)
	if err = errors.Join(err1, err2); err != nil {
		return err
	}
	c.old, c.new = newSystem(oldDB, ldmigration.Old, c.points), newSystem(newDB, ldmigration.New, c.points)
	c.kind, err = reconcile.NewKind(kindName, reconcile.Pair[string, string]{Old: c.old.records(), New: c.new.records()})
	if err != nil {
		return err
	}
	b := cutover.New(c.stages, flagKey).DefaultStage(c.Stage).SecondaryTimeout(secondaryTimeout).
		Logger(slog.New(slog.DiscardHandler))
	if c.Without != withoutJournal {
		if err = c.openJournal(ctx); err != nil {
			return err
		}
		b.Journal(pointedJournal{c.journal, c.points}, c.kind).RequireJournal().Breaker(5, secondaryTimeout)
	}
	c.cutover, err = b.Build()
	return err
}

// startWithin is how long a process tries to begin: the server may have crashed.
const startWithin = 10 * time.Second

// openJournal opens the journal and the repair.
func (c *child) openJournal(ctx context.Context) error {
	db, err := openPool(c.Journal)
	if err != nil {
		return err
	}
	config := journalConfig(c.Schema, c.Name)
	config.Linger = c.Linger
	if c.Without == withoutBound {
		config.LateBound = time.Millisecond
	}
	for began := time.Now(); ; {
		if c.journal, err = sqljournal.Open(ctx, db, config); err == nil {
			break
		}
		if time.Since(began) > startWithin {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	if c.Joins {
		c.old.join = func(ctx context.Context, tx *sql.Tx) error { return c.journal.JoinTx(ctx, tx) }
	}
	c.repair, err = newRepair(c.journal, c.kind)
	return err
}

func (c *child) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := c.cutover.Close(ctx)
	if c.journal != nil {
		err = errors.Join(err, c.journal.Close(ctx))
	}
	return err
}

func journalConfig(schema, name string) sqljournal.Config {
	return sqljournal.Config{
		Dialect: sqljournal.PostgreSQL, Schema: schema, Instance: name,
		Lease: lease, LateBound: lateBound, BeginTimeout: beginTimeout, TurnAfter: lease,
	}
}

func newRepair(journal reconcile.Journal, kind *reconcile.Kind[string, string]) (*reconcile.Repair, error) {
	return reconcile.NewRepair(journal, flagKey, reconcile.RepairConfig{
		Workers: 2, Poll: 100 * time.Millisecond, Timeout: repairTimeout, Attempts: 1000,
		Backoff: 50 * time.Millisecond, MaxBackoff: 400 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	}, kind)
}

func openPool(dsn string) (*sql.DB, error) {
	const most = 8
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, nil
}
