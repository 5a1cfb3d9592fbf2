package main

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Of a hundred operations so many are reads and changes; the rest are new orders.
const (
	readsOfHundred   = 70
	changesOfHundred = 20
)

// worker does one thing after the other for its own customers. Its ledger has each of their orders as the service last
// confirmed it, so it knows what a read must return.
type worker struct {
	orders    *orderService
	generator *generator
	faults    *faults
	lastOrder *atomic.Int64
	ledger    []Order
}

func (w *worker) operate(ctx context.Context) {
	at := w.generator.random.IntN(len(w.ledger))
	switch dice := w.generator.random.IntN(100); {
	case dice < readsOfHundred:
		w.read(ctx, w.ledger[at])
	case dice < readsOfHundred+changesOfHundred:
		changed := w.generator.Amend(w.ledger[at])
		if w.save(ctx, changed) {
			w.ledger[at] = changed
		}
	default:
		placed := w.generator.Order(w.lastOrder.Add(1), w.ledger[at].Customer)
		if w.save(ctx, placed) {
			w.ledger = append(w.ledger, placed)
		}
	}
}

func (w *worker) read(ctx context.Context, want Order) {
	got, err := w.orders.Order(ctx, want.Customer, want.ID)
	switch {
	case err != nil:
		w.faults.Add(fmt.Errorf("reading: %w", err))
	case !sameOrder(want, got):
		w.faults.Add(fmt.Errorf("a read returned what was not saved: %v", differences(want, got)))
	}
}

func (w *worker) save(ctx context.Context, order Order) bool {
	err := w.orders.Save(ctx, order)
	if err != nil {
		w.faults.Add(fmt.Errorf("writing: %w", err))
	}
	return err == nil
}
