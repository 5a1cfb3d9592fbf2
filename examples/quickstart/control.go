package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// actionTimeout bounds an action. An action is not ended when its browser goes away: the flag would
// be turned, and the control would not know.
const actionTimeout = 30 * time.Second

// control moves the stage by hand. It stands in for LaunchDarkly's dashboard, and for the people
// who mend things.
type control struct {
	m *migration

	mu    sync.Mutex // one action at a time
	at    int        // the place on the route
	said  string
	lacks map[ldmigration.Origin]bool // the databases that have not got what was written without them
}

func newControl(m *migration) *control {
	return &control{
		m: m, said: route[0].Means(),
		lacks: map[ldmigration.Origin]bool{ldmigration.New: true},
	}
}

// turn handles a request to change the stage. An unsafe move needs a confirmation.
func (c *control) turn(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actionTimeout)
	defer cancel()
	stage := ldmigration.Stage(r.PostFormValue("stage"))
	to := slices.IndexFunc(route, func(s stop) bool { return s.stage == stage })
	if to < 0 {
		http.Error(w, fmt.Sprintf("%q: unknown stage", stage), http.StatusBadRequest)
		return
	}
	if to == c.at {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	planned, err := c.lookBefore(ctx, to)
	if err == nil && planned.Answer() == unsafe && r.PostFormValue("confirm") != planned.Key() {
		ask(w, planned)
		return
	}
	if err == nil {
		err = c.turnTo(ctx, to)
	}
	c.answer(w, r, err)
}

// plan says what is known of a move without a look into the databases.
func (c *control) plan(to int) move {
	m := move{From: route[c.at], To: route[to]}
	m.Reasons = append(skips(c.at, to), judge(c.m.insights, m.From.stage, to > c.at)...)
	if c.lacks[m.To.serves] && m.To.serves != m.From.serves {
		m.Reasons = append(m.Reasons, reason{unsafe, fmt.Sprintf("the %s database has not got what was written without it", m.To.serves)})
	}
	return m
}

// lookBefore is plan, and counts what would go missing.
func (c *control) lookBefore(ctx context.Context, to int) (move, error) {
	m := c.plan(to)
	old, modern, err := c.m.bothHold(ctx)
	if err != nil {
		return move{}, err
	}
	m.look(gapOf(old, modern), gapOf(modern, old))
	return m, nil
}

// turnTo sets the stage. When the writes begin to go to both databases, it copies to the new one
// what was written before.
func (c *control) turnTo(ctx context.Context, to int) error {
	if err := c.m.flag.Turn(ctx, c.m.client, route[to].stage); err != nil {
		return err
	}
	// Operations that began at the stage before may still write as it told them to.
	c.m.traffic.Settle()
	turned := route[to].serves != route[c.at].serves
	c.at = to
	c.said = route[to].Means()
	if turned {
		if err := c.m.journal.Follow(ctx, route[to].serves); err != nil {
			c.said += fmt.Sprintf(" The journal does not follow: %v.", err)
		}
	}
	switch stage := route[to].stage; {
	case stage == ldmigration.Off:
		c.lacks[ldmigration.New] = true
	case stage == ldmigration.Complete:
		c.lacks[ldmigration.Old] = true
	case c.lacks[ldmigration.New]:
		copied, err := backfill(ctx, c.m.legacy, c.m.modern)
		if err != nil {
			return err
		}
		c.lacks[ldmigration.New] = false
		c.mended()
		c.said += fmt.Sprintf(" %s orders were copied to the new one.", thousands(copied))
	}
	return nil
}

// mended tells the figures after a copy or a repair that both databases are equal, if they are.
func (c *control) mended() {
	if bothWritten(route[c.at].stage) && !c.lacks[ldmigration.Old] && !c.lacks[ldmigration.New] {
		c.m.insights.Repaired(flagKey)
	}
}

// copyBack copies to the old database what was written without it.
func (c *control) copyBack(ctx context.Context) error {
	defer c.m.traffic.Pause()()
	copied, err := copyNewer(ctx, c.m.modern, c.m.legacy)
	if err != nil {
		return err
	}
	c.said = fmt.Sprintf("Copied %s orders to the old database.", thousands(copied))
	if bothWritten(route[c.at].stage) {
		c.lacks[ldmigration.Old] = false
		c.mended()
	} else {
		c.said += " It still gets no writes at this stage, so it will lack the next ones."
	}
	return nil
}

// spoil changes an order in the new database behind the service's back, and then reads it as its
// customer would.
func (c *control) spoil(ctx context.Context) error {
	defer c.m.traffic.Pause()()
	id, customer, err := c.m.modern.Spoil(ctx)
	if err != nil {
		return err
	}
	if _, err := c.m.orders.Order(ctx, customer, id); err != nil {
		return err
	}
	c.said = fmt.Sprintf("Changed the status of order %d in the new database and read it.", id)
	if stage := route[c.at].stage; stage != ldmigration.Shadow && stage != ldmigration.Live {
		c.said += " Reads are compared at shadow and live only."
	}
	return nil
}
