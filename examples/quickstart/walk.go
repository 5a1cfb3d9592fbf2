package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// stop is a stage on the way, and what is done there.
type stop struct {
	stage  ldmigration.Stage
	serves ldmigration.Origin
	means  string
	share  float64 // of the program's time
	visit  func(m *migration, ctx context.Context, until time.Time) error
}

// route is the whole way. Each stage is left only when its visit says so.
var route = []stop{
	{ldmigration.Off, ldmigration.Old, "the old database serves reads and writes", 0.10, (*migration).justServe},
	{ldmigration.DualWrite, ldmigration.Old, "writes go to both, the old one first", 0.20, (*migration).fillNew},
	{ldmigration.Shadow, ldmigration.Old, "reads go to both and are compared; the old one answers", 0.30, (*migration).findAndFix},
	{ldmigration.Live, ldmigration.New, "reads still go to both; the new one answers", 0.15, (*migration).stayConsistent},
	{ldmigration.RampDown, ldmigration.New, "reads leave the old one; writes still go to both", 0.15, (*migration).compareAll},
	{ldmigration.Complete, ldmigration.New, "the new database serves reads and writes", 0.10, (*migration).justServe},
}

// Stage and Means are what the control shows of it.
func (s stop) Stage() ldmigration.Stage { return s.stage }
func (s stop) Means() string            { return strings.ToUpper(s.means[:1]) + s.means[1:] + "." }

// walk moves the flag through all stages while the traffic goes on.
func (m *migration) walk(ctx context.Context) error {
	m.traffic.Start(ctx)
	defer m.traffic.Stop()
	served := route[0].serves
	for _, next := range route {
		if err := m.flag.Turn(ctx, m.client, next.stage); err != nil {
			return err
		}
		// Operations that began under the stage before may still write the way it told them to.
		m.traffic.Settle()
		if next.serves != served {
			if err := m.journal.Follow(ctx, next.serves); err != nil {
				return err
			}
		}
		served = next.serves
		m.repairs.Enter(next.stage)
		m.visited = append(m.visited, next.stage)
		m.say(string(next.stage), next.means)
		until := time.Now().Add(time.Duration(next.share * float64(m.cfg.duration)))
		err := next.visit(m, ctx, until)
		if err == nil && bothWritten(next.stage) {
			err = m.mend(ctx)
		}
		if err != nil {
			return m.rollBack(ctx, fmt.Errorf("stage %s: %w", next.stage, err))
		}
	}
	return nil
}

// rollBack notes what is left in the journal and turns the flag off, so that the old database
// serves as it did before. It has every write: the program gives up only at stages that write to
// both databases, so nothing is lost.
func (m *migration) rollBack(ctx context.Context, reason error) error {
	if ctx.Err() != nil {
		return reason
	}
	m.stopRepair()
	resume := m.traffic.Pause()
	left, err := m.journal.Still(ctx)
	resume()
	m.left[m.stage()] = left
	if err = errors.Join(err, m.flag.Turn(ctx, m.client, ldmigration.Off)); err != nil {
		return fmt.Errorf("%w; rolling back: %w", reason, err)
	}
	m.say(string(ldmigration.Off), "rolled back: the old database serves reads and writes again")
	return reason
}

func (m *migration) stage() ldmigration.Stage {
	if len(m.visited) == 0 {
		return ldmigration.Off
	}
	return m.visited[len(m.visited)-1]
}

func (m *migration) say(head, text string) {
	head = m.screen.Paint(bold, fmt.Sprintf("%-9s", head))
	m.screen.Print(fmt.Sprintf("%5.1fs  %s  %s", time.Since(m.began).Seconds(), head, text))
}
