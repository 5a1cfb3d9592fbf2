package main

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheBackfillCopiesEveryOrder(t *testing.T) {
	t.Parallel()
	legacy, modern := testLegacy(t), testModern(t)
	modern.FixPrices()
	orders := newGenerator(1, 0).Orders(50)
	require.NoError(t, legacy.Fill(t.Context(), orders))
	copied, err := backfill(t.Context(), legacy, modern)
	require.NoError(t, err)
	assert.Equal(t, 50, copied)
	assert.Equal(t, orders, all(t, modern))
}

func TestTheBackfillNeverOverwritesALaterRevision(t *testing.T) {
	t.Parallel()
	legacy, modern := testLegacy(t), testModern(t)
	modern.FixPrices()
	stale := testOrder(100_001)
	current := newGenerator(1, 1).Amend(stale)
	save(t, legacy, stale)
	save(t, modern, current)
	_, err := backfill(t.Context(), legacy, modern)
	require.NoError(t, err)
	assert.Equal(t, []Order{current}, all(t, modern))
}

func TestTheBackfillMayRunBesideDualWrites(t *testing.T) {
	t.Parallel()
	legacy, modern := testLegacy(t), testModern(t)
	modern.FixPrices()
	orders := newGenerator(1, 0).Orders(60)
	require.NoError(t, legacy.Fill(t.Context(), orders))
	var writing sync.WaitGroup
	writing.Go(func() {
		g := newGenerator(2, 0)
		for _, order := range orders {
			changed := g.Amend(order)
			assert.NoError(t, legacy.Save(t.Context(), changed))
			assert.NoError(t, modern.Save(t.Context(), changed))
		}
	})
	_, err := backfill(t.Context(), legacy, modern)
	require.NoError(t, err)
	writing.Wait()
	assert.Empty(t, compareOrders(all(t, legacy), all(t, modern)))
}

func TestCopyingBackTakesWhatTheOldDatabaseLacks(t *testing.T) {
	t.Parallel()
	legacy, modern := testLegacy(t), testModern(t)
	modern.FixPrices()
	same, changed, added := testOrder(100_001), testOrder(100_002), testOrder(100_003)
	later := newGenerator(1, 1).Amend(changed)
	onlyOld := testOrder(100_004)
	save(t, legacy, same, changed, onlyOld)
	save(t, modern, same, later, added)
	copied, err := copyNewer(t.Context(), modern, legacy)
	require.NoError(t, err)
	assert.Equal(t, 2, copied)
	assert.Equal(t, []Order{same, later, added, onlyOld}, all(t, legacy))
}

func TestTheCopiesTellWhatWentWrong(t *testing.T) {
	t.Parallel()
	legacy, modern := testLegacy(t), testModern(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := backfill(ctx, legacy, modern)
	require.ErrorIs(t, err, context.Canceled)
	_, err = copyNewer(ctx, modern, legacy)
	require.ErrorIs(t, err, context.Canceled)
}
