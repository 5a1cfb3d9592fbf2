package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
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
	screen  *screen
	legacy  *legacyStore
	modern  *modernStore
	flag    *flagFile
	sink    *sink
	client  *ld.LDClient
	orders  *orderService
	figures *figures
	traffic *traffic
	// insights takes the place of figures while the service is kept running: its memory is bounded.
	insights *insights.Figures

	began   time.Time
	visited []ldmigration.Stage
	fixed   *fix
	closers []func() error
}

// fix is what a stage had seen when the planted bug was found, and what it had seen when the bug
// was repaired.
type fix struct {
	stage         ldmigration.Stage
	found, before tally
}

// openMigration starts everything but the traffic. If it returns an error, nothing is left running.
func openMigration(ctx context.Context, cfg config, dir string, screen *screen) (*migration, error) {
	m := &migration{cfg: cfg, screen: screen, figures: newFigures(), began: time.Now()}
	if cfg.serve {
		figures, err := newInsights()
		if err != nil {
			return nil, err
		}
		m.insights = figures
	}
	if err := m.open(ctx, dir); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *migration) open(ctx context.Context, dir string) (err error) {
	if m.legacy, err = openLegacy(ctx, filepath.Join(dir, "old.db")); err != nil {
		return err
	}
	m.closers = append(m.closers, m.legacy.db.Close)
	if m.modern, err = openModern(ctx, filepath.Join(dir, "new.db")); err != nil {
		return err
	}
	m.closers = append(m.closers, m.modern.db.Close)
	if m.sink, err = startSink(ctx); err != nil {
		return err
	}
	m.closers = append(m.closers, m.sink.Close)
	if m.flag, err = newFlagFile(dir); err != nil {
		return err
	}
	if m.client, err = newClient(m.flag.path, m.sink.URL); err != nil {
		return err
	}
	m.closers = append(m.closers, m.client.Close)
	var observer cutover.Observer = m.figures
	if m.insights != nil {
		observer = m.insights
	}
	if m.orders, err = newOrderService(m.client, m.legacy, m.modern, observer); err != nil {
		return err
	}
	m.closers = append(m.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		return m.orders.Close(ctx)
	})
	existing := newGenerator(m.cfg.seed, 0).Orders(m.cfg.orders)
	m.traffic = newTraffic(m.orders, existing, m.cfg)
	return m.legacy.Fill(ctx, existing)
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
