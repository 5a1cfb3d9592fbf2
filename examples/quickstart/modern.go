package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"iter"
	"sync/atomic"
)

// modernStore is the new database: customers, products, orders and lines, each in a table of their
// own.
type modernStore struct {
	db     *database
	prices atomic.Pointer[priceColumn]
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

// FixPrices deploys the correction of the planted bug: whatever is saved from now on has its exact
// price. What is there already stays as it is.
func (s *modernStore) FixPrices() { s.prices.Store(&exactPrices) }

// Spoil changes the status of an order, as somebody might who does not know of the migration. It
// returns the order's number and its customer's.
func (s *modernStore) Spoil(ctx context.Context) (id, customer int64, err error) {
	const spoil = `UPDATE orders SET status = 'lost'
		WHERE id = (SELECT id FROM orders WHERE status != 'lost' ORDER BY random() LIMIT 1)
		RETURNING id, customer_id`
	if err := s.db.writes.QueryRowContext(ctx, spoil).Scan(&id, &customer); err != nil {
		return 0, 0, fmt.Errorf("new database: spoiling an order: %w", err)
	}
	return id, customer, nil
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

const (
	saveCustomer = `INSERT INTO customers (id, name, email, city) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, city = excluded.city`
	saveOrder = `INSERT INTO orders (id, revision, customer_id, status, placed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, customer_id = excluded.customer_id,
			status = excluded.status, placed = excluded.placed
		WHERE excluded.revision >= orders.revision`
	dropLines   = `DELETE FROM lines WHERE order_id = ?`
	saveProduct = `INSERT INTO products (sku, title) VALUES (?, ?) ON CONFLICT (sku) DO UPDATE SET title = excluded.title`
	saveLine    = `INSERT INTO lines (order_id, position, sku, quantity, unit_cents) VALUES (?, ?, ?, ?, ?)`
)

// Save stores the order, unless a later revision of it is there already. That is what lets the
// backfill run beside live writes: a copy that arrives late changes nothing.
func (s *modernStore) Save(ctx context.Context, order Order) error {
	toColumn := *s.prices.Load()
	err := s.db.Transaction(ctx, func(tx *sql.Tx) error {
		c := order.Customer
		if _, err := tx.ExecContext(ctx, saveCustomer, c.ID, c.Name, c.Email, c.City); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, saveOrder, order.ID, order.Revision, c.ID, order.Status, order.Placed.Unix())
		if err != nil {
			return err
		}
		if stored, err := result.RowsAffected(); stored == 0 || err != nil {
			return err
		}
		return saveLines(ctx, tx, order, toColumn)
	})
	if err != nil {
		return fmt.Errorf("new database: saving order %d: %w", order.ID, err)
	}
	return nil
}

func saveLines(ctx context.Context, tx *sql.Tx, order Order, toColumn priceColumn) error {
	if _, err := tx.ExecContext(ctx, dropLines, order.ID); err != nil {
		return err
	}
	for i, line := range order.Lines {
		if _, err := tx.ExecContext(ctx, saveProduct, line.SKU, line.Title); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, saveLine, order.ID, i+1, line.SKU, line.Quantity, toColumn(line.UnitPrice))
		if err != nil {
			return err
		}
	}
	return nil
}
