package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The program leaves a stage only after so much traffic, however long that takes on a slow machine.
const (
	fewestReads  = 40
	fewestWrites = 10
	readsToFind  = 1000
)

var errMismatch = errors.New("the databases do not agree")

// justServe lets the traffic go on until the given time, and until the stage has seen enough of it.
func (m *migration) justServe(ctx context.Context, until time.Time) error {
	_, err := m.watch(ctx, until, enoughTraffic)
	return err
}

// fillNew copies what was there before the dual writes began. Then the new database misses writes.
func (m *migration) fillNew(ctx context.Context, until time.Time) error {
	began := time.Now()
	copied, err := backfill(ctx, m.legacy, m.modern)
	if err != nil {
		return err
	}
	m.say("", fmt.Sprintf("copied %s orders to the new database in %s", thousands(copied), brief(time.Since(began))))
	if err := m.loseInstance(ctx); err != nil {
		return err
	}
	if err := m.loseNew(ctx); err != nil {
		return err
	}
	return m.justServe(ctx, until)
}

// findAndFix watches the consistency check until it has found the planted bug, fixes it under
// traffic, and watches again.
func (m *migration) findAndFix(ctx context.Context, until time.Time) error {
	seen, err := m.watch(ctx, halfWay(until), func(t tally) bool {
		return enoughTraffic(t) && (t.Inconsistent > 0 || t.Reads >= readsToFind)
	})
	if err != nil {
		return err
	}
	if seen.Inconsistent == 0 {
		return fmt.Errorf("the planted bug was not found in %d reads, %d of them compared", seen.Reads, seen.Checked)
	}
	m.say("", m.screen.Paint(red, consistencyOf(seen)))
	found := m.figures.Mismatches()
	for _, order := range found[:min(differencesShown, len(found))] {
		m.say("", "  "+order[0].String())
	}
	if m.cfg.fix {
		if err := m.fix(ctx); err != nil {
			return err
		}
		m.fixed = &fix{stage: m.stage(), found: seen, before: m.figures.Tally(m.stage())}
	}
	return m.stayConsistent(ctx, until)
}

func (m *migration) fix(ctx context.Context) error {
	repaired, err := m.repairPrices(ctx)
	if err != nil {
		return err
	}
	m.say("", fmt.Sprintf("fixed the price column and repaired %s orders", thousands(repaired)))
	return nil
}

// stayConsistent fails unless every read that is compared from now on agrees.
func (m *migration) stayConsistent(ctx context.Context, until time.Time) error {
	seen, err := m.watch(ctx, until, enoughTraffic)
	if err != nil {
		return err
	}
	if seen.Inconsistent > 0 || seen.Checked == 0 {
		return fmt.Errorf("%s: %w", consistencyOf(seen), errMismatch)
	}
	m.say("", m.screen.Paint(green, consistencyOf(seen)))
	return nil
}

// watch returns what the stage saw from now until the given time, and longer if it was not enough.
func (m *migration) watch(ctx context.Context, until time.Time, enough func(tally) bool) (tally, error) {
	before := m.figures.Tally(m.stage())
	since := func() tally { return m.figures.Tally(m.stage()).Since(before) }
	err := await(ctx, func() bool { return time.Now().After(until) && enough(since()) })
	seen := since()
	if err != nil {
		err = fmt.Errorf("after %d reads, %d mismatches and %d writes: %w", seen.Reads, seen.Inconsistent, seen.Writes, err)
	}
	return seen, err
}

func enoughTraffic(t tally) bool { return t.Reads >= fewestReads && t.Writes >= fewestWrites }

func halfWay(until time.Time) time.Time { return time.Now().Add(time.Until(until) / 2) }

func consistencyOf(t tally) string {
	return fmt.Sprintf("%s consistent: %s of %s reads differ",
		percent(t.Consistency()), thousands(t.Inconsistent), thousands(t.Checked))
}
