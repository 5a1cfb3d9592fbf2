package main

import (
	"context"
	"errors"
	"fmt"
)

// errStopped is the error of the new database while it is down.
var errStopped = errors.New("database is down")

// Stop makes every call of an order fail until Start, as if the database's machine were down.
func (s *modernStore) Stop() { s.stopped.Store(true) }

// Start ends Stop.
func (s *modernStore) Start() { s.stopped.Store(false) }

// FixPrices deploys the correction of the planted bug: whatever is saved from now on has its exact
// price. What is there already stays as it is.
func (s *modernStore) FixPrices() { s.prices.Store(&exactPrices) }

// Fixed reports whether the bug is fixed.
func (s *modernStore) Fixed() bool { return s.prices.Load() == &exactPrices }

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
