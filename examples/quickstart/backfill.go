package main

import (
	"context"
	"fmt"
)

// backfill copies every order of the old database to the new one and returns how many. It may run
// beside live writes once all of them go to both: what it copies is the old database's truth of
// some moment, and modern.Copy keeps a later revision that a live write has brought there first.
func backfill(ctx context.Context, legacy *legacyStore, modern *modernStore) (int, error) {
	copied := 0
	for order, err := range legacy.Orders(ctx) {
		if err == nil {
			err = modern.Copy(ctx, order)
		}
		if err != nil {
			return copied, fmt.Errorf("backfill: %w", err)
		}
		copied++
	}
	return copied, nil
}

// copyNewer copies to the old database each order that it lacks or has at an earlier revision, and
// returns how many there were. It must not run beside live writes: the old database keeps whatever
// comes last.
func copyNewer(ctx context.Context, modern *modernStore, legacy *legacyStore) (int, error) {
	revisions := map[int64]int64{}
	for order, err := range legacy.Orders(ctx) {
		if err != nil {
			return 0, fmt.Errorf("copying back: %w", err)
		}
		revisions[order.ID] = order.Revision
	}
	var newer []Order
	for order, err := range modern.Orders(ctx) {
		if err != nil {
			return 0, fmt.Errorf("copying back: %w", err)
		}
		if order.Revision > revisions[order.ID] {
			newer = append(newer, order)
		}
	}
	if err := legacy.Fill(ctx, newer); err != nil {
		return 0, fmt.Errorf("copying back: %w", err)
	}
	return len(newer), nil
}
