package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNoDatabaseSeesWhatTheOtherDoesToAnOrder(t *testing.T) {
	t.Parallel()
	for _, stage := range []ldmigration.Stage{ldmigration.DualWrite, ldmigration.RampDown} {
		old, modern := &vandal{}, &vandal{}
		service, _ := testService(t, stage, old, modern)
		require.NoError(t, service.Save(t.Context(), testOrder(100_001)))
		assert.Equal(t, testOrder(100_001), old.saw, stage)
		assert.Equal(t, testOrder(100_001), modern.saw, stage)
	}
}

func TestAnOrderThatNeitherDatabaseHasIsNoDifference(t *testing.T) {
	t.Parallel()
	service, seen := testService(t, ldmigration.Shadow, testLegacy(t), testModern(t))
	_, err := service.Order(t.Context(), 1, 100_001)
	require.ErrorIs(t, err, errNoOrder)
	assert.Equal(t, cutover.Consistent, seen.last().Consistency)
	assert.True(t, seen.last().Old.NotFound)
	assert.True(t, seen.last().New.NotFound)
}

func TestAnOrderThatOneDatabaseLacksIsADifferenceByItsNumber(t *testing.T) {
	t.Parallel()
	legacy := testLegacy(t)
	save(t, legacy, testOrder(100_001))
	service, seen := testService(t, ldmigration.Shadow, legacy, testModern(t))
	_, err := service.Order(t.Context(), 1, 100_001)
	require.NoError(t, err)
	assert.Equal(t, cutover.Inconsistent, seen.last().Consistency)
	assert.Equal(t, []string{"100001"}, seen.last().Shown.Keys)
	assert.Equal(t, cutover.SeenDifferent, seen.last().Journaled.Dirty, "so that it is repaired")
}

func TestAWriteThatTheNewDatabaseMissedIsKnownByItsNumber(t *testing.T) {
	t.Parallel()
	service, seen := testService(t, ldmigration.DualWrite, testLegacy(t), &vandal{err: errors.New("disk full")})
	require.NoError(t, service.Save(t.Context(), testOrder(100_001)))
	require.Error(t, seen.last().New.Err)
	assert.Equal(t, []string{"100001"}, seen.last().Shown.Keys)
	assert.Equal(t, cutover.SecondaryFailed, seen.last().Journaled.Dirty)
	assert.Equal(t, []cutover.RecordKey{{Kind: "order", Key: "100001"}}, seen.last().Journaled.Records)
}

func TestNothingPersonalIsShown(t *testing.T) {
	t.Parallel()
	legacy, modern := testLegacy(t), testModern(t)
	order := testOrder(100_001)
	save(t, legacy, order)
	save(t, modern, order)
	service, seen := testService(t, ldmigration.Shadow, legacy, modern)
	_, err := service.Order(t.Context(), order.Customer.ID, order.ID)
	require.NoError(t, err)
	assert.Equal(t, cutover.Inconsistent, seen.last().Consistency, "the planted bug is in it")
	require.NoError(t, service.Save(t.Context(), order))
	for _, o := range seen.all {
		shown := fmt.Sprintf("%+v", o.Shown)
		assert.NotContains(t, shown, order.Customer.Name)
		assert.NotContains(t, shown, order.Customer.Email)
		assert.NotContains(t, shown, order.Customer.City)
	}
}

func testService(t *testing.T, stage ldmigration.Stage, legacy, modern orderStore) (*orderService, *seen) {
	t.Helper()
	observed := &seen{}
	service, err := newOrderService(cutovertest.NewClient(stage), reconcile.NewMemory(reconcile.MemoryConfig{}), legacy, modern, observed)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, service.Close(context.WithoutCancel(t.Context()))) })
	return service, observed
}

// seen keeps every observation.
type seen struct {
	mu  sync.Mutex
	all []cutover.Observation
}

func (s *seen) Observe(_ context.Context, o cutover.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, o)
}

func (s *seen) last() cutover.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[len(s.all)-1]
}

// vandal is a store that changes the order it is given to save.
type vandal struct {
	saw Order
	err error
}

func (v *vandal) Order(context.Context, int64) (Order, error) { return Order{}, errNoOrder }

func (v *vandal) Delete(context.Context, int64) error { return v.err }

func (v *vandal) Save(_ context.Context, order Order) error {
	v.saw = order.Clone()
	order.Lines[0].Quantity = -1
	return v.err
}
