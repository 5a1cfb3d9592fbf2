package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// run is the program. It returns nil only if everything was as it should be.
func run(ctx context.Context, cfg config, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience(cfg), errors.New("gave up waiting"))
	defer cancel()
	dir, err := os.MkdirTemp("", "cutover-quickstart-")
	if err != nil {
		return fmt.Errorf("making a place for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	screen := newScreen(out)
	screen.Print(fmt.Sprintf("%s a running order service moves to a new database, in six stages and about %s\n"+
		"%s orders made from seed %d, %d workers\n",
		screen.Paint(bold, "cutover quickstart:"), cfg.duration, thousands(cfg.orders), cfg.seed, cfg.workers))
	m, err := openMigration(ctx, cfg, dir, screen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()

	hide := screen.Show(m.status)
	walked := m.walk(ctx)
	delivered := m.deliver(ctx)
	hide()
	if ctx.Err() != nil {
		return cmp.Or(walked, delivered, context.Cause(ctx))
	}
	if walked == nil {
		walked = m.verify(ctx)
	}
	screen.Print(m.report())
	if err := errors.Join(walked, delivered); err != nil {
		return err
	}
	screen.Print(screen.Paint(green, "everything is as it should be: "+m.summary()))
	return nil
}

// patience is when a run is given up. A slow machine, or the race detector, may need several times
// the duration.
func patience(cfg config) time.Duration { return 10*cfg.duration + 5*time.Minute }
