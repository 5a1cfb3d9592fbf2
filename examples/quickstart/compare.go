package main

import (
	"context"
	"fmt"
	"time"
)

// compareAll compares the databases as a whole, when the old one has missed a write and got it.
func (m *migration) compareAll(ctx context.Context, until time.Time) error {
	if err := m.loseInstance(ctx); err != nil {
		return err
	}
	if err := m.justServe(ctx, until); err != nil {
		return err
	}
	if err := m.mend(ctx); err != nil {
		return err
	}
	defer m.traffic.Pause()()
	if err := m.repair.Drain(ctx); err != nil {
		return fmt.Errorf("repairing: %w", err)
	}
	old, modern, err := m.readBoth(ctx)
	if err != nil {
		return err
	}
	if found := compareOrders(old, modern); len(found) > 0 {
		return fmt.Errorf("%w: %s", errMismatch, firstOf(found))
	}
	if err := m.journalIsEmpty(ctx); err != nil {
		return err
	}
	m.say("", m.screen.Paint(green, fmt.Sprintf("the journal is empty, and both databases hold the same %s orders, row by row",
		thousands(len(old)))))
	return nil
}

// journalIsEmpty fails unless nothing is left to repair. Of an instance that crashed nobody knows
// whether it also wrote without the journal, so it keeps a gap. All orders were just compared: the
// gaps can be closed.
func (m *migration) journalIsEmpty(ctx context.Context) error {
	if err := m.journal.CloseGaps(ctx, flagKey, time.Now()); err != nil {
		return err
	}
	backlog, err := m.journal.Still(ctx)
	if err == nil && !backlog.Equal() {
		err = fmt.Errorf("the journal is not empty: %+v", backlog)
	}
	return err
}

// bothHold returns all orders of both databases as they are at one moment, while the traffic waits.
func (m *migration) bothHold(ctx context.Context) (old, modern []Order, err error) {
	defer m.traffic.Pause()()
	return m.readBoth(ctx)
}

func (m *migration) readBoth(ctx context.Context) (old, modern []Order, err error) {
	if old, err = collect(m.legacy.Orders(ctx)); err != nil {
		return nil, nil, err
	}
	if modern, err = collect(m.modern.Orders(ctx)); err != nil {
		return nil, nil, err
	}
	return old, modern, nil
}
