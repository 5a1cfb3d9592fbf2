package main

import (
	"context"
	"database/sql"
	"fmt"
)

const (
	saveCustomer = `INSERT INTO customers (id, name, email, city) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, city = excluded.city`
	saveOrder = `INSERT INTO orders (id, revision, customer_id, status, placed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, customer_id = excluded.customer_id,
			status = excluded.status, placed = excluded.placed`
	// unlessLater keeps a later revision that is there already.
	unlessLater = ` WHERE excluded.revision >= orders.revision`
	dropLines   = `DELETE FROM lines WHERE order_id = ?`
	saveProduct = `INSERT INTO products (sku, title) VALUES (?, ?) ON CONFLICT (sku) DO UPDATE SET title = excluded.title`
	saveLine    = `INSERT INTO lines (order_id, position, sku, quantity, unit_cents) VALUES (?, ?, ?, ?, ?)`
)

// Save makes the order in the database what it is given, whether there is one or not.
func (s *modernStore) Save(ctx context.Context, order Order) error {
	return s.save(ctx, order, saveOrder)
}

// Copy is Save, unless a later revision of the order is there already. That is what lets the
// backfill run beside live writes: a copy that arrives late changes nothing.
func (s *modernStore) Copy(ctx context.Context, order Order) error {
	return s.save(ctx, order, saveOrder+unlessLater)
}

func (s *modernStore) save(ctx context.Context, order Order, saveOrder string) error {
	toColumn := *s.prices.Load()
	err := s.transaction(ctx, func(tx *sql.Tx) error {
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

// Delete deletes the order with that number, if there is one.
func (s *modernStore) Delete(ctx context.Context, id int64) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, dropLines, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM orders WHERE id = ?`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("new database: deleting order %d: %w", id, err)
	}
	return nil
}

func (s *modernStore) transaction(ctx context.Context, do func(tx *sql.Tx) error) error {
	if s.stopped.Load() {
		return errStopped
	}
	return s.db.Transaction(ctx, do)
}
