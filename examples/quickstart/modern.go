package main

import (
	"context"
	_ "embed"
	"fmt"
	"iter"
	"sync/atomic"
)

// modernStore is the new database: customers, products, orders and lines, each in a table of their
// own.
type modernStore struct {
	db      *database
	prices  atomic.Pointer[priceColumn]
	stopped atomic.Bool
}

//go:embed modern.sql
var modernSchema string

func openModern(ctx context.Context, path string) (*modernStore, error) {
	db, err := openDatabase(ctx, path, modernSchema)
	if err != nil {
		return nil, err
	}
	s := &modernStore{db: db}
	s.prices.Store(&truncatedPrices)
	return s, nil
}

const (
	modernSelect = `SELECT o.id, o.revision, o.status, o.placed, c.id, c.name, c.email, c.city,
		l.sku, p.title, l.quantity, l.unit_cents
	FROM orders o
	JOIN customers c ON c.id = o.customer_id
	JOIN lines l ON l.order_id = o.id
	JOIN products p ON p.sku = l.sku`
	modernSelectOne = modernSelect + ` WHERE o.id = ? ORDER BY l.position`
	modernSelectAll = modernSelect + ` ORDER BY o.id, l.position`
)

// Order returns the order with that number, or errNoOrder.
func (s *modernStore) Order(ctx context.Context, id int64) (Order, error) {
	if s.stopped.Load() {
		return Order{}, fmt.Errorf("new database: order %d: %w", id, errStopped)
	}
	rows, err := s.db.reads.QueryContext(ctx, modernSelectOne, id)
	if err != nil {
		return Order{}, fmt.Errorf("new database: order %d: %w", id, err)
	}
	for order, err := range gather(rows) {
		return order, err
	}
	return Order{}, fmt.Errorf("new database: order %d: %w", id, errNoOrder)
}

// Orders returns all orders by number, as they were when the iteration began.
func (s *modernStore) Orders(ctx context.Context) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		rows, err := s.db.reads.QueryContext(ctx, modernSelectAll)
		if err != nil {
			yield(Order{}, fmt.Errorf("new database: %w", err))
			return
		}
		gather(rows)(yield)
	}
}
