package main

import (
	"context"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWritesThatTheNewDatabaseMissedAreRepaired(t *testing.T) {
	t.Parallel()
	m := testMigration(t)
	m.modern.FixPrices()
	m.modern.Stop()
	const missed = breakerFailures + 2
	for id := range int64(missed) {
		require.NoError(t, m.orders.Save(t.Context(), testOrder(firstOrder+id)), "callers notice nothing")
	}
	m.modern.Start()
	assert.Empty(t, all(t, m.modern))
	backlog, err := m.journal.Backlog(t.Context(), flagKey)
	require.NoError(t, err)
	assert.Equal(t, missed, backlog.Dirty)
	known, failed := m.figures.Missed(ldmigration.DualWrite)
	assert.Equal(t, missed, known)
	assert.GreaterOrEqual(t, failed, breakerFailures, "the others were left to the repair")

	require.NoError(t, m.mend(t.Context()))
	assert.Equal(t, all(t, m.legacy), all(t, m.modern))
	assert.Equal(t, missed, m.repairs.Mended())
	assert.Zero(t, m.left[ldmigration.DualWrite])
	require.NoError(t, m.journalIsEmpty(t.Context()))
}

func TestWithoutTheRepairTheStageIsNotLeft(t *testing.T) {
	t.Parallel()
	m := testMigration(t)
	m.cfg.repair = false
	require.NoError(t, m.mend(t.Context()), "nothing is dirty")
	m.modern.Stop()
	require.NoError(t, m.orders.Save(t.Context(), testOrder(100_001)))
	m.modern.Start()
	err := m.mend(t.Context())
	require.ErrorIs(t, err, errDirty)
	require.ErrorContains(t, err, "nobody repairs them: 1 secondary write failed")
	require.Error(t, m.journalIsEmpty(t.Context()))
	assert.Empty(t, all(t, m.modern))
}

func TestThePlantedBugIsFoundAndRepaired(t *testing.T) {
	t.Parallel()
	m := testMigration(t)
	harmed, unharmed, missing := testOrder(100_001), testOrder(100_002), testOrder(100_003)
	unharmed.Lines[0].UnitPrice = 3400
	save(t, m.legacy, harmed, unharmed, missing)
	save(t, m.modern, harmed, unharmed)
	assert.Contains(t, compareOrders(all(t, m.legacy), all(t, m.modern)),
		difference{100_001, "line 1 unit price", "19.99", "19.98"})

	repaired, err := m.repairPrices(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, repaired)
	assert.Empty(t, compareOrders(all(t, m.legacy), all(t, m.modern)))
}

func TestTheRepairGivesUpWhatTheBugHarmsUntilItIsFixed(t *testing.T) {
	t.Parallel()
	m := testMigration(t)
	order := testOrder(100_001)
	require.NoError(t, m.legacy.Save(t.Context(), order))
	require.NoError(t, m.markDifferent(t.Context()))
	require.NoError(t, m.mend(t.Context()))
	assert.Equal(t, 1, m.left[ldmigration.DualWrite].Parked)
	assert.Zero(t, m.repairs.Mended())

	repaired, err := m.repairPrices(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, repaired)
	assert.Equal(t, []Order{order}, all(t, m.modern))
	require.NoError(t, m.journalIsEmpty(t.Context()))
}

func TestACrashThatNobodyNoticesIsAnError(t *testing.T) {
	t.Parallel()
	m := testMigration(t)
	m.crashed = []crashed{{order: testOrder(100_001)}}
	assert.ErrorContains(t, m.mend(t.Context()), "nobody noticed the crash between the two writes of order 100001")
}

func TestTheJournalFollowsTheStage(t *testing.T) {
	t.Parallel()
	m := testMigration(t)
	m.modern.FixPrices()
	require.NoError(t, m.orders.Save(t.Context(), testOrder(100_001)))
	for number, serves := range []ldmigration.Origin{ldmigration.New, ldmigration.New, ldmigration.Old} {
		require.NoError(t, m.journal.Follow(t.Context(), serves))
		epoch, err := m.journal.Epoch(t.Context(), flagKey)
		require.NoError(t, err)
		assert.Equal(t, cutover.Epoch{Number: []int64{2, 2, 3}[number], From: serves}, epoch)
	}
	m.modern.Stop()
	require.NoError(t, m.orders.Save(t.Context(), testOrder(100_001)))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	require.ErrorIs(t, m.journal.Follow(ctx, ldmigration.New), reconcile.ErrNotTurned, "an order is dirty")
}
