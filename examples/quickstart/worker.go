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

// worker does one thing after the other for its own customers. Its ledger has each of their orders
// as the service last confirmed it, so it knows what a read must return.
type worker struct {
	orders    *orderService
	generator *generator
	faults    *faults
	lastOrder *atomic.Int64
	ledger    []Order
	// limit bounds the ledger. Once it has so many orders, a customer who orders again does so
	// under the number of an earlier order, which is then at its next revision.
	limit int
}

func (w *worker) operate(ctx context.Context) {
	at := w.generator.random.IntN(len(w.ledger))
	switch dice := w.generator.random.IntN(100); {
	case dice < readsOfHundred:
		w.read(ctx, w.ledger[at])
	case dice < readsOfHundred+changesOfHundred:
		w.change(ctx, at, w.generator.Amend(w.ledger[at]))
	case len(w.ledger) >= w.limit:
		w.change(ctx, at, w.generator.Again(w.ledger[at]))
	default:
		placed := w.generator.Order(w.lastOrder.Add(1), w.ledger[at].Customer)
		if w.save(ctx, placed) {
			w.ledger = append(w.ledger, placed)
		}
	}
}

func (w *worker) change(ctx context.Context, at int, changed Order) {
	if w.save(ctx, changed) {
		w.ledger[at] = changed
	}
}

func (w *worker) read(ctx context.Context, want Order) {
	got, err := w.orders.Order(ctx, want.Customer.ID, want.ID)
	switch {
	case err != nil:
		w.faults.Add(fmt.Errorf("reading: %w", err))
	case !sameOrder(want, got):
		first := differences(want, got)[0]
		w.faults.Add(fmt.Errorf("order %d: %s was saved as %s and read as %s", want.ID, first.Field, first.Old, first.New))
	}
}

func (w *worker) save(ctx context.Context, order Order) bool {
	err := w.orders.Save(ctx, order)
	if err != nil {
		w.faults.Add(fmt.Errorf("writing: %w", err))
	}
	return err == nil
}
