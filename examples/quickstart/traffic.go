package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// operationsPerSecond is what all workers do together if the machine can. The latencies in the
	// report are those of a service with room to breathe, not of a saturated disk.
	operationsPerSecond = 1000
	// newOrders is how many orders all workers together add to those that exist at the beginning,
	// before they use the numbers again: the program may be kept running for days.
	newOrders = 4000
)

// traffic is the load on the service: workers that read and write orders at an even pace.
//
// Each worker serves its own customers, one request after the other. So an order has one writer at
// a time, and no read meets a write that has reached one database and not yet the other: every
// difference that the comparison finds is real.
type traffic struct {
	workers []*worker
	faults  *faults
	quit    chan struct{}
	running sync.WaitGroup
	// busy is held for reading during each operation.
	busy sync.RWMutex
}

func newTraffic(orders *orderService, existing []Order, cfg config) *traffic {
	t := &traffic{faults: &faults{}, quit: make(chan struct{})}
	last := &atomic.Int64{}
	last.Store(existing[len(existing)-1].ID)
	for i := range cfg.workers {
		t.workers = append(t.workers, &worker{
			orders:    orders,
			generator: newGenerator(cfg.seed, uint64(i)+1),
			faults:    t.faults,
			lastOrder: last,
		})
	}
	for _, order := range existing {
		w := t.workers[order.Customer.ID%int64(cfg.workers)]
		w.ledger = append(w.ledger, order)
	}
	for _, w := range t.workers {
		w.limit = len(w.ledger) + newOrders/len(t.workers)
	}
	return t
}

// Start sets the workers to work. They end when Stop is called.
func (t *traffic) Start(ctx context.Context) {
	pace := time.Second * time.Duration(len(t.workers)) / operationsPerSecond
	for _, w := range t.workers {
		t.running.Go(func() { t.drive(ctx, w, pace) })
	}
}

func (t *traffic) drive(ctx context.Context, w *worker, pace time.Duration) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-t.quit:
			return
		case <-ticker.C:
			t.busy.RLock()
			w.operate(ctx)
			t.busy.RUnlock()
		}
	}
}

// Settle waits until every operation that has begun by now has ended.
func (t *traffic) Settle() { t.Pause()() }

// Pause waits as Settle does, and holds back new operations until resume is called.
func (t *traffic) Pause() (resume func()) {
	t.busy.Lock()
	return t.busy.Unlock
}

// Stop waits until every worker has ended its operation and gone home. Call it once.
func (t *traffic) Stop() {
	close(t.quit)
	t.running.Wait()
}
