package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"
)

const (
	deliveryTimeout = 15 * time.Second
	closeTimeout    = 10 * time.Second
)

// migration is the service in operation, with everything around it that a company would have
// elsewhere.
type migration struct {
	cfg     config
	dir     string
	screen  *screen
	legacy  *legacyStore
	modern  *modernStore
	flag    *flagFile
	sink    *sink
	client  *ld.LDClient
	journal *orderJournal
	orders  *orderService
	repair  *reconcile.Repair
	repairs *repairs
	figures *figures
	traffic *traffic
	// insights takes the place of figures while the service is kept running: its memory is bounded.
	insights *insights.Figures

	began   time.Time
	visited []ldmigration.Stage
	fixed   *fix
	crashed []crashed
	left    map[ldmigration.Stage]reconcile.Backlog // at the end of each stage

	stopRepair func()
	closers    []func() error
}

// fix is what a stage had seen when the planted bug was found, and what it had seen when the bug
// was repaired.
type fix struct {
	stage         ldmigration.Stage
	found, before tally
}

// openMigration starts everything but the traffic. If it returns an error, nothing is left running.
func openMigration(ctx context.Context, cfg config, dir string, screen *screen) (*migration, error) {
	m := &migration{cfg: cfg, dir: dir, screen: screen, figures: newFigures(), repairs: newRepairs(), left: map[ldmigration.Stage]reconcile.Backlog{}, began: time.Now()}
	if cfg.serve {
		figures, err := newInsights()
		if err != nil {
			return nil, err
		}
		m.insights = figures
	}
	if err := m.open(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *migration) open(ctx context.Context) (err error) {
	if m.legacy, err = openLegacy(ctx, filepath.Join(m.dir, "old.db")); err != nil {
		return err
	}
	m.closers = append(m.closers, m.legacy.db.Close)
	if m.modern, err = openModern(ctx, filepath.Join(m.dir, "new.db")); err != nil {
		return err
	}
	m.closers = append(m.closers, m.modern.db.Close)
	if m.sink, err = startSink(ctx); err != nil {
		return err
	}
	m.closers = append(m.closers, m.sink.Close)
	if m.flag, err = newFlagFile(m.dir); err != nil {
		return err
	}
	if m.client, err = newClient(m.flag.path, m.sink.URL); err != nil {
		return err
	}
	m.closers = append(m.closers, m.client.Close)
	if m.journal, err = openJournal(ctx, m.dir, "quickstart", lease); err != nil {
		return err
	}
	m.closers = append(m.closers, inTime(ctx, m.journal.Close))
	var observer cutover.Observer = m.figures
	if m.insights != nil {
		observer = m.insights
	}
	if m.orders, err = newOrderService(m.client, m.journal, m.legacy, m.modern, observer); err != nil {
		return err
	}
	m.closers = append(m.closers, inTime(ctx, m.orders.Close))
	if m.repair, err = newRepair(m.journal, m.orders, m.repairs); err != nil {
		return err
	}
	m.startRepair(ctx)
	m.closers = append(m.closers, func() error {
		m.stopRepair()
		return nil
	})
	existing := newGenerator(m.cfg.seed, 0).Orders(m.cfg.orders)
	m.traffic = newTraffic(m.orders, existing, m.cfg)
	return m.legacy.Fill(ctx, existing)
}

// startRepair repairs in the background until stopRepair, which waits for what is half done.
func (m *migration) startRepair(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	if m.cfg.repair {
		running.Go(func() { _ = m.repair.Run(ctx) }) // it ends when it is told to
	}
	m.stopRepair = func() {
		cancel()
		running.Wait()
	}
}

// inTime bounds what is closed even if ctx has ended.
func inTime(ctx context.Context, end func(context.Context) error) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		return end(ctx)
	}
}

// Close ends everything, in the opposite order of its beginning.
func (m *migration) Close() error {
	var errs []error
	for i := len(m.closers) - 1; i >= 0; i-- {
		errs = append(errs, m.closers[i]())
	}
	m.closers = nil
	return errors.Join(errs...)
}

// deliver returns when the sink has an event of every operation.
func (m *migration) deliver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	sent := m.figures.Operations()
	err := await(ctx, func() bool {
		m.client.Flush()
		return m.sink.Arrived() >= sent
	})
	if err != nil {
		return fmt.Errorf("of %d events only %d arrived: %w", sent, m.sink.Arrived(), err)
	}
	return nil
}
