package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// repairPrices deploys the fix, tells the journal of every order that the bug has harmed, and
// returns when they are repaired, with how many that were.
func (m *migration) repairPrices(ctx context.Context) (int, error) {
	before := m.repairs.Mended()
	// A write that began before the fix may still store what it rounded. So may the repair.
	m.stopRepair()
	m.modern.FixPrices()
	m.traffic.Settle()
	m.startRepair(ctx)
	if _, err := m.journal.Unpark(ctx, flagKey); err != nil {
		return 0, err
	}
	if err := m.markDifferent(ctx); err != nil {
		return 0, err
	}
	err := m.repair.Drain(ctx)
	m.traffic.Settle()
	if err != nil {
		err = fmt.Errorf("repairing: %w", err)
	}
	return m.repairs.Mended() - before, err
}

// markDifferent tells the journal of the orders that the new database has wrong or not at all. A
// write on its way may be among them: the repair then finds both equal.
func (m *migration) markDifferent(ctx context.Context) error {
	stored := map[int64]Order{}
	for order, err := range m.modern.Orders(ctx) {
		if err != nil {
			return err
		}
		stored[order.ID] = order
	}
	different := cutover.JournalMark{Flag: flagKey, From: ldmigration.Old, Dirty: cutover.SeenDifferent}
	for order, err := range m.legacy.Orders(ctx) {
		if err != nil {
			return err
		}
		if is, ok := stored[order.ID]; !ok || !sameOrder(order, is) {
			key := cutover.RecordKey{Kind: m.orders.kind.Name(), Key: strconv.FormatInt(order.ID, 10)}
			different.Records = append(different.Records, key)
		}
	}
	m.journal.Mark(ctx, different)
	return nil
}
