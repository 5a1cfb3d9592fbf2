package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// legacyStore is the old database: one table, each order a JSON document.
type legacyStore struct {
	db *database
}

const legacySchema = `CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, document TEXT NOT NULL)`

func openLegacy(ctx context.Context, path string) (*legacyStore, error) {
	db, err := openDatabase(ctx, path, legacySchema)
	if err != nil {
		return nil, err
	}
	return &legacyStore{db: db}, nil
}

// Order returns the order with that number, or errNoOrder.
func (s *legacyStore) Order(ctx context.Context, id int64) (Order, error) {
	var document []byte
	err := s.db.reads.QueryRowContext(ctx, `SELECT document FROM orders WHERE id = ?`, id).Scan(&document)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Order{}, fmt.Errorf("old database: order %d: %w", id, errNoOrder)
	case err != nil:
		return Order{}, fmt.Errorf("old database: order %d: %w", id, err)
	}
	return parseOrder(document)
}

const legacySave = `INSERT INTO orders (id, document) VALUES (?, ?)
	ON CONFLICT (id) DO UPDATE SET document = excluded.document`

// Save stores the order in place of what is there under its number.
func (s *legacyStore) Save(ctx context.Context, order Order) error {
	document, err := json.Marshal(order)
	if err == nil {
		_, err = s.db.writes.ExecContext(ctx, legacySave, order.ID, string(document))
	}
	if err != nil {
		return fmt.Errorf("old database: saving order %d: %w", order.ID, err)
	}
	return nil
}

// Delete deletes the order with that number, if there is one.
func (s *legacyStore) Delete(ctx context.Context, id int64) error {
	if _, err := s.db.writes.ExecContext(ctx, `DELETE FROM orders WHERE id = ?`, id); err != nil {
		return fmt.Errorf("old database: deleting order %d: %w", id, err)
	}
	return nil
}

// Fill stores many orders in one transaction.
func (s *legacyStore) Fill(ctx context.Context, orders []Order) error {
	return s.db.Transaction(ctx, func(tx *sql.Tx) error {
		for _, order := range orders {
			document, err := json.Marshal(order)
			if err == nil {
				_, err = tx.ExecContext(ctx, legacySave, order.ID, string(document))
			}
			if err != nil {
				return fmt.Errorf("old database: filling in order %d: %w", order.ID, err)
			}
		}
		return nil
	})
}

// Orders returns all orders by number, as they were when the iteration began.
func (s *legacyStore) Orders(ctx context.Context) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		rows, err := s.db.reads.QueryContext(ctx, `SELECT document FROM orders ORDER BY id`)
		if err != nil {
			yield(Order{}, fmt.Errorf("old database: %w", err))
			return
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var document []byte
			if err := rows.Scan(&document); err != nil {
				yield(Order{}, fmt.Errorf("old database: %w", err))
				return
			}
			if !yield(parseOrder(document)) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Order{}, fmt.Errorf("old database: %w", err))
		}
	}
}

func parseOrder(document []byte) (Order, error) {
	var order Order
	if err := json.Unmarshal(document, &order); err != nil {
		return Order{}, fmt.Errorf("old database: reading a document: %w", err)
	}
	return order, nil
}
