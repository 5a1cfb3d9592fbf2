package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// verify says what is not as it should be after the walk: nil, or everything at once.
func (m *migration) verify(ctx context.Context) error {
	errs := []error{m.traffic.faults.Err(), m.sink.Err(), m.keptEverything(ctx)}
	for _, stop := range route {
		errs = append(errs, m.verifyStage(stop))
	}
	return errors.Join(errs...)
}

func (m *migration) verifyStage(at stop) error {
	var errs []error
	seen := m.figures.Tally(at.stage)
	switch served := m.figures.Served(at.stage, at.serves); {
	case seen.Operations() == 0:
		errs = append(errs, fmt.Errorf("stage %s: no operation ran at it", at.stage))
	case served != seen.Operations():
		errs = append(errs, fmt.Errorf("stage %s: %s served %d of %d operations", at.stage, at.serves, served, seen.Operations()))
	}
	if _, known := m.figures.Missed(at.stage); seen.Errors != known {
		errs = append(errs, fmt.Errorf("stage %s: %d errors, and the journal knows of %d", at.stage, seen.Errors, known))
	}
	if left := m.mismatchesLeft(at.stage, seen); left > 0 {
		errs = append(errs, fmt.Errorf("stage %s: %d reads differ", at.stage, left))
	}
	if arrived := m.sink.Tally(at.stage); arrived != seen {
		errs = append(errs, fmt.Errorf("stage %s: observed %+v, but the events say %+v", at.stage, seen, arrived))
	}
	return errors.Join(errs...)
}

// mismatchesLeft is how many there were that the fix does not account for.
func (m *migration) mismatchesLeft(stage ldmigration.Stage, seen tally) int {
	if m.fixed != nil && m.fixed.stage == stage {
		seen = seen.Since(m.fixed.before)
	}
	return seen.Inconsistent
}

// keptEverything compares the new database with what the service has confirmed to its callers.
func (m *migration) keptEverything(ctx context.Context) error {
	stored, err := collect(m.modern.Orders(ctx))
	if err != nil {
		return err
	}
	var confirmed []Order
	for _, w := range m.traffic.workers {
		confirmed = append(confirmed, w.ledger...)
	}
	slices.SortFunc(confirmed, func(a, b Order) int { return cmp.Compare(a.ID, b.ID) })
	if found := compareOrders(confirmed, stored); len(found) > 0 {
		return fmt.Errorf("the new database (new) is not what was confirmed (old): %s", firstOf(found))
	}
	m.say("", m.screen.Paint(green, fmt.Sprintf("all %s orders are in the new database as last saved", thousands(len(stored)))))
	return nil
}
