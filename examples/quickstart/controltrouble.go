package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	// stopFor is how long the control stops the new database.
	stopFor = 5 * time.Second
	// mendWithin is how long the control waits for an order that an instance crashed with.
	mendWithin = 10 * time.Second
)

// fix deploys the correction of the planted bug, and repairs what it has harmed if the old database
// has it right and every write goes to both.
func (c *control) fix(ctx context.Context) error {
	switch at := route[c.at]; {
	case at.serves == ldmigration.New:
		c.m.modern.FixPrices()
		c.said = "Fixed the price column. What it has harmed is what the service answers now, and is not repaired."
		return nil
	case !bothWritten(at.stage):
		c.m.modern.FixPrices()
		c.said = "Fixed the price column. Orders are copied when the writes go to both databases."
		return nil
	}
	repaired, err := c.m.repairPrices(ctx)
	c.said = fmt.Sprintf("Fixed the price column and repaired %s.", orders(repaired))
	switch {
	case errors.Is(err, reconcile.ErrParked):
		c.said += " Orders that only the new database has are left alone."
	case err != nil:
		return err
	default:
		c.mended()
	}
	return nil
}

// stopNew stops the new database for a while.
func (c *control) stopNew(context.Context) error {
	c.m.modern.Stop()
	time.AfterFunc(stopFor, c.m.modern.Start)
	c.said = fmt.Sprintf("The new database is down for %s. See what the journal knows, and what callers notice.", stopFor)
	return nil
}

// crash lets a second instance crash between its two writes, and waits for the repair.
func (c *control) crash(ctx context.Context) error {
	if !bothWritten(route[c.at].stage) {
		c.said = "At this stage no write goes to both databases, so none can end between two."
		return nil
	}
	lost, err := c.m.crash(ctx)
	if err != nil {
		return err
	}
	defer c.m.traffic.Give(lost.order)
	ctx, cancel := context.WithTimeout(ctx, mendWithin)
	defer cancel()
	var at time.Time
	err = await(ctx, func() (copied bool) {
		at, copied = c.m.repairs.AfterCrash(lost.order.ID)
		return copied && at.After(lost.at)
	})
	c.said = fmt.Sprintf("A second instance crashed between its two writes of order %d. ", lost.order.ID)
	if err != nil {
		c.said += fmt.Sprintf("After %s it is not repaired yet.", mendWithin)
	} else {
		c.said += fmt.Sprintf("When its lease was over the order was repaired, %s after the crash.", brief(at.Sub(lost.at)))
	}
	return nil
}

// backlog says what the journal knows.
func (c *control) backlog(ctx context.Context) string {
	backlog, err := c.m.journal.Backlog(ctx, flagKey)
	if err != nil {
		return "The journal does not answer: " + err.Error()
	}
	said := "No order may differ."
	if backlog.Dirty > 0 {
		said = fmt.Sprintf("%s may differ, the oldest for %s.", orders(backlog.Dirty), brief(backlog.OldestDirty))
	}
	if backlog.Parked > 0 {
		said += fmt.Sprintf(" %s given up, because they differ still after they were repaired.", orders(backlog.Parked))
	}
	return fmt.Sprintf("%s %s repaired since the start.", said, orders(c.m.repairs.Mended()))
}
