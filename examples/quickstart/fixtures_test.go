package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testLegacy(t *testing.T) *legacyStore {
	t.Helper()
	s, err := openLegacy(t.Context(), filepath.Join(t.TempDir(), "old.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.db.Close()) })
	return s
}

func testModern(t *testing.T) *modernStore {
	t.Helper()
	s, err := openModern(t.Context(), filepath.Join(t.TempDir(), "new.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.db.Close()) })
	return s
}

// testMigration is a migration without a flag client, at dualwrite.
func testMigration(t *testing.T) *migration {
	t.Helper()
	m := &migration{
		cfg: small(), screen: newScreen(t.Output()), legacy: testLegacy(t), modern: testModern(t),
		figures: newFigures(), repairs: newRepairs(), left: map[ldmigration.Stage]reconcile.Backlog{},
		visited: []ldmigration.Stage{ldmigration.DualWrite},
	}
	var err error
	m.journal, err = openJournal(t.Context(), t.TempDir(), "test", lease)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.journal.Close(context.WithoutCancel(t.Context()))) })
	m.orders, err = newOrderService(cutovertest.NewClient(ldmigration.DualWrite), m.journal, m.legacy, m.modern, m.figures)
	require.NoError(t, err)
	m.repair, err = newRepair(m.journal, m.orders, m.repairs)
	require.NoError(t, err)
	m.traffic = newTraffic(m.orders, newGenerator(1, 0).Orders(m.cfg.orders), m.cfg)
	m.stopRepair = func() {}
	t.Cleanup(func() {
		m.stopRepair()
		assert.NoError(t, m.orders.Close(context.WithoutCancel(t.Context())))
	})
	return m
}

func testSink(t *testing.T) *sink {
	t.Helper()
	s, err := startSink(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// testOrder is an order with a price that the planted bug harms.
func testOrder(id int64) Order {
	g := newGenerator(7, uint64(id))
	order := g.Order(id, g.Customer(id))
	order.Lines = []Line{
		{SKU: "FLT-STEEL-1", Title: "Steel filter", Quantity: 2, UnitPrice: 1999},
		{SKU: "POT-GLASS-1L", Title: "Glass teapot, 1 l", Quantity: 1, UnitPrice: 3400},
	}
	return order
}

func save(t *testing.T, s store, orders ...Order) {
	t.Helper()
	for _, order := range orders {
		require.NoError(t, s.Save(t.Context(), order))
	}
}

func all(t *testing.T, s store) []Order {
	t.Helper()
	orders, err := collect(s.Orders(t.Context()))
	require.NoError(t, err)
	return orders
}
