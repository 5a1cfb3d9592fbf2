package main

import (
	"path/filepath"
	"testing"

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
