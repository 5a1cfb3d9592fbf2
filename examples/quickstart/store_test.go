package main

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// store is what both databases can do.
type store interface {
	Order(ctx context.Context, id int64) (Order, error)
	Save(ctx context.Context, order Order) error
	Delete(ctx context.Context, id int64) error
	Orders(ctx context.Context) iter.Seq2[Order, error]
}

func TestStores(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T) store{
		"old": func(t *testing.T) store { t.Helper(); return testLegacy(t) },
		"new": func(t *testing.T) store {
			t.Helper()
			s := testModern(t)
			s.FixPrices()
			return s
		},
	}
	rules := map[string]func(t *testing.T, s store){
		"an order comes back as it was saved":          comesBack,
		"a later revision takes an order's place":      takesPlace,
		"an earlier revision takes an order's place":   takesPlaceOfLater,
		"an order that is deleted is gone":             isGone,
		"an order that was never saved is not found":   notFound,
		"all orders come by number":                    comesByNumber,
		"readers and writers do not hinder each other": doesNotHinder,
		"a cancelled context is an error":              cancelled,
	}
	for name, open := range stores {
		for rule, holds := range rules {
			t.Run(name+"/"+rule, func(t *testing.T) {
				t.Parallel()
				holds(t, open(t))
			})
		}
	}
}

func comesBack(t *testing.T, s store) {
	t.Helper()
	want := testOrder(100_001)
	save(t, s, want)
	got, err := s.Order(t.Context(), want.ID)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func takesPlace(t *testing.T, s store) {
	t.Helper()
	order := testOrder(100_001)
	changed := newGenerator(1, 1).Amend(order)
	changed.Lines = changed.Lines[:1]
	save(t, s, order, changed)
	assert.Equal(t, []Order{changed}, all(t, s))
}

func takesPlaceOfLater(t *testing.T, s store) {
	t.Helper()
	order := testOrder(100_001)
	save(t, s, newGenerator(1, 1).Amend(order), order)
	assert.Equal(t, []Order{order}, all(t, s))
}

func isGone(t *testing.T, s store) {
	t.Helper()
	save(t, s, testOrder(100_001), testOrder(100_002))
	require.NoError(t, s.Delete(t.Context(), 100_001))
	require.NoError(t, s.Delete(t.Context(), 100_001), "it may be deleted already")
	assert.Equal(t, []Order{testOrder(100_002)}, all(t, s))
}

func notFound(t *testing.T, s store) {
	t.Helper()
	save(t, s, testOrder(100_001))
	_, err := s.Order(t.Context(), 100_002)
	require.ErrorIs(t, err, errNoOrder)
	assert.ErrorContains(t, err, "100002")
}

func comesByNumber(t *testing.T, s store) {
	t.Helper()
	assert.Empty(t, all(t, s))
	first, second, third := testOrder(100_001), testOrder(100_002), testOrder(100_003)
	save(t, s, second, third, first)
	assert.Equal(t, []Order{first, second, third}, all(t, s))
}

func doesNotHinder(t *testing.T, s store) {
	t.Helper()
	const workers, rounds = 4, 10
	var running sync.WaitGroup
	for i := range workers {
		running.Go(func() {
			order, g := testOrder(int64(i+1)), newGenerator(1, uint64(i))
			for range rounds {
				order = g.Amend(order)
				saveErr := s.Save(t.Context(), order)
				got, err := s.Order(t.Context(), order.ID)
				assert.NoError(t, errors.Join(saveErr, err)) //nolint:testifylint // require is for the test's own goroutine
				assert.Equal(t, order, got)
			}
		})
	}
	running.Wait()
	assert.Len(t, all(t, s), workers)
}

func cancelled(t *testing.T, s store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Save(ctx, testOrder(1)), context.Canceled)
	_, err := s.Order(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, s.Delete(ctx, 1), context.Canceled)
	_, err = collect(s.Orders(ctx))
	require.ErrorIs(t, err, context.Canceled)
}

func TestLegacyFillSavesManyOrders(t *testing.T) {
	t.Parallel()
	s := testLegacy(t)
	orders := newGenerator(1, 0).Orders(50)
	require.NoError(t, s.Fill(t.Context(), orders))
	assert.Equal(t, orders, all(t, s))
}

func TestOpenDatabaseSaysWhichFileItCouldNotOpen(t *testing.T) {
	t.Parallel()
	_, err := openLegacy(t.Context(), t.TempDir()+"/missing/old.db")
	assert.ErrorContains(t, err, "missing/old.db")
}
