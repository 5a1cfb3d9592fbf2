package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// newRepair returns what makes dirty orders equal while the service runs. It looks more often and
// waits less after a failure than a service would need to.
func newRepair(journal reconcile.Journal, orders *orderService, seen *repairs) (*reconcile.Repair, error) {
	return reconcile.NewRepair(journal, flagKey, reconcile.RepairConfig{
		Workers: 2, Poll: 100 * time.Millisecond,
		Attempts: 4, Backoff: 300 * time.Millisecond, MaxBackoff: 500 * time.Millisecond,
		Observe: seen.Observe,
		Logger:  slog.New(slog.DiscardHandler), // the report says how many were given up
	}, orders.kind)
}

// repairs counts the orders that have left the journal, by the stage at which they did.
type repairs struct {
	mu     sync.Mutex
	stage  ldmigration.Stage
	stages map[ldmigration.Stage]repaired
	// wrote has the orders that the repair has written and that are in the journal still.
	wrote map[string]bool
	// lost tells when it has copied an order because an instance was lost.
	lost map[string]time.Time
}

// repaired is what the repair did at one stage.
type repaired struct {
	mended  int // orders that were different
	equal   int // orders that were equal, or were made so by a later write
	longest time.Duration
}

func newRepairs() *repairs {
	return &repairs{stages: map[ldmigration.Stage]repaired{}, wrote: map[string]bool{}, lost: map[string]time.Time{}}
}

// Enter counts for another stage from now on.
func (r *repairs) Enter(stage ldmigration.Stage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stage = stage
}

// Observe counts one order.
func (r *repairs) Observe(_ context.Context, one reconcile.Repaired) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := one.Record.Key
	if one.Wrote && one.Err == nil {
		r.wrote[key] = true
	}
	if !one.Left {
		return
	}
	at := r.stages[r.stage]
	if r.wrote[key] {
		at.mended++
		delete(r.wrote, key)
		if one.Dirty == cutover.OwnerLost {
			r.lost[key] = time.Now()
		}
	} else {
		at.equal++
	}
	at.longest = max(at.longest, time.Since(one.Since))
	r.stages[r.stage] = at
}

// At returns what was repaired at a stage.
func (r *repairs) At(stage ldmigration.Stage) repaired {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stages[stage]
}

// Mended returns how many orders were mended at all stages.
func (r *repairs) Mended() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	for _, at := range r.stages {
		total += at.mended
	}
	return total
}

// AfterCrash returns when the order was copied because the instance that wrote it was lost, and
// false if it was not.
func (r *repairs) AfterCrash(order int64) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, copied := r.lost[strconv.FormatInt(order, 10)]
	return at, copied
}
