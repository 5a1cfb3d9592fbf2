package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

const (
	// outageShare is the part of the program's time for which the new database is down, and
	// longestOutage bounds that.
	outageShare   = 0.05
	longestOutage = time.Second
	fewestMissed  = 3
)

var errDirty = errors.New("orders may differ")

// loseInstance lets a second instance of the service crash between its two writes.
func (m *migration) loseInstance(ctx context.Context) error {
	lost, err := m.crash(ctx)
	if err != nil {
		return err
	}
	m.crashed = append(m.crashed, lost)
	m.say("", m.screen.Paint(red, fmt.Sprintf("a second instance crashed between its two writes of order %d", lost.order.ID)))
	return nil
}

// loseNew stops the new database for a while.
func (m *migration) loseNew(ctx context.Context) error {
	m.modern.Stop()
	defer m.modern.Start()
	m.say("", m.screen.Paint(red, "the new database is down"))
	outage := min(longestOutage, time.Duration(outageShare*float64(m.cfg.duration)))
	if _, err := m.watch(ctx, time.Now().Add(outage), func(t tally) bool { return t.Errors >= fewestMissed }); err != nil {
		return err
	}
	m.modern.Start()
	// What the repair has given up by now is tried again.
	if _, err := m.journal.Unpark(ctx, flagKey); err != nil {
		return err
	}
	backlog, err := m.journal.Backlog(ctx, flagKey)
	if err != nil {
		return err
	}
	m.say("", fmt.Sprintf("the new database is back; the journal knows %s that may differ", orders(backlog.Dirty)))
	return nil
}

// mend returns when no order is dirty: the stage may be left then. Until the planted bug is fixed,
// an order with a price that it harms cannot be repaired. The repair notices that, and gives it up.
func (m *migration) mend(ctx context.Context) error {
	if !m.cfg.repair {
		return m.unmended(ctx)
	}
	err := m.repair.Drain(ctx)
	parked := errors.Is(err, reconcile.ErrParked) && !m.modern.Fixed()
	if err != nil && !parked {
		return fmt.Errorf("repairing: %w", err)
	}
	if m.left[m.stage()], err = m.journal.Backlog(ctx, flagKey); err != nil {
		return err
	}
	for _, lost := range m.crashed {
		at, copied := m.repairs.AfterCrash(lost.order.ID)
		if !copied {
			return fmt.Errorf("nobody noticed the crash between the two writes of order %d", lost.order.ID)
		}
		m.traffic.Give(lost.order)
		m.say("", m.screen.Paint(green, fmt.Sprintf("repaired %s; order %d was copied %s after the crash",
			orders(m.repairs.At(m.stage()).mended), lost.order.ID, brief(at.Sub(lost.at)))))
	}
	m.crashed = nil
	if parked {
		m.say("", orders(m.left[m.stage()].Parked)+" given up: they differ still after they were written")
	}
	return nil
}

// unmended returns what is dirty, and why.
func (m *migration) unmended(ctx context.Context) error {
	defer m.traffic.Pause()()
	backlog, err := m.journal.Still(ctx)
	if err != nil {
		return err
	}
	entries, err := m.journal.Entries(ctx, reconcile.Filter{Flag: flagKey, Limit: maxOrders})
	if err != nil || len(entries) == 0 {
		return err
	}
	why := map[cutover.DirtyReason]int{}
	for _, entry := range entries {
		why[entry.Dirty]++
	}
	var reasons []string
	for _, reason := range slices.SortedFunc(maps.Keys(why), func(a, b cutover.DirtyReason) int { return cmp.Compare(why[b], why[a]) }) {
		reasons = append(reasons, fmt.Sprintf("%s %s", thousands(why[reason]), reason))
	}
	return fmt.Errorf("%s %w, the oldest for %s, and nobody repairs them: %s",
		thousands(len(entries)), errDirty, brief(backlog.OldestDirty), strings.Join(reasons, ", "))
}

func orders(n int) string {
	if n == 1 {
		return "1 order"
	}
	return thousands(n) + " orders"
}
