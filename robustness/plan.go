//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// step is something that happens in a round.
type step struct {
	At       time.Duration // since the traffic began
	Do       action
	Child    int
	Point    string        // of die and pause
	For      time.Duration // how long it lasts
	Database string        // of delay and cut
	Stage    ldmigration.Stage
	Lags     []time.Duration // of each child
	Then     bool            // kill it right after that
}

type action string

const (
	doKill   action = "kill"   // SIGKILL now
	doDie    action = "die"    // SIGKILL at a point
	doPause  action = "pause"  // SIGSTOP now, and SIGCONT later
	doFreeze action = "freeze" // SIGSTOP at a point, and SIGCONT later
	doCrash  action = "crash"  // stop the server at once, and start it again
	doDelay  action = "delay"  // deliver late
	doLate   action = "late"   // writes of one kind fail, and take effect later
	doCut    action = "cut"    // cut connections
	doMove   action = "move"   // the stage
)

// plan is a round, as the seed decides it.
type plan struct {
	Round     int
	Seed      uint64
	Children  int
	Traffic   time.Duration
	Stage     ldmigration.Stage // at first
	Joins     bool
	Serialize bool
	Linger    time.Duration
	Steps     []step
}

var moving = []ldmigration.Stage{ldmigration.DualWrite, ldmigration.Shadow, ldmigration.Live, ldmigration.RampDown}

const (
	children    = 4
	traffic     = 3800 * time.Millisecond
	slowMachine = 3 * time.Second // for more writes without faults
)

// newPlan draws a round. The same seed and round give the same plan.
func newPlan(seed uint64, round int) plan {
	random := rand.New(rand.NewPCG(seed, uint64(round))) //nolint:gosec // rounds count from 1
	at := random.IntN(len(moving))
	p := plan{
		Round: round, Seed: random.Uint64(), Children: children, Traffic: traffic, Stage: moving[at],
		Joins: random.IntN(2) == 0, Serialize: random.IntN(3) == 0,
		Linger: []time.Duration{-1, 0, 0, 500 * time.Millisecond}[random.IntN(4)],
	}
	d := drawing{random: random, plan: &p}
	for range 2 {
		p.Steps = append(p.Steps, step{At: d.time(0.1, 0.85), Do: doKill, Child: random.IntN(children)})
	}
	for range 3 {
		p.Steps = append(p.Steps, step{
			At: d.time(0.1, 0.8), Do: doDie, Child: random.IntN(children), Point: allPoints[random.IntN(len(allPoints))],
		})
	}
	pause := step{
		At: d.time(0.1, 0.3), Do: doPause, Child: random.IntN(children), For: lease + d.span(300, 900), Then: random.IntN(2) == 0,
	}
	if random.IntN(2) == 0 {
		pause.Do, pause.Point = doFreeze, allPoints[random.IntN(len(allPoints))]
	}
	p.Steps = append(p.Steps, pause)
	if random.IntN(4) == 0 {
		p.Steps = append(p.Steps, step{At: d.time(0.2, 0.7), Do: doCrash})
	}
	for range 2 {
		p.Steps = append(p.Steps, step{At: d.time(0.1, 0.8), Do: doDelay, Database: "new", For: d.span(300, 600)})
	}
	p.Steps = append(p.Steps, step{At: d.time(0.1, 0.8), Do: doDelay, Database: "old", For: d.span(200, 400)})
	for range 2 {
		p.Steps = append(p.Steps, step{
			At: d.time(0.1, 0.8), Do: doLate, Child: random.IntN(children), Point: latePoints[random.IntN(len(latePoints))], For: d.span(300, 900),
		})
	}
	for range 2 {
		cut := step{At: d.time(0.1, 0.9), Do: doCut, Database: databases[random.IntN(3)]}
		if cut.Database == "journal" && p.Joins {
			cut.Database = "old" // where it is
		}
		p.Steps = append(p.Steps, cut)
	}
	d.moves(at)
	slices.SortStableFunc(p.Steps, func(a, b step) int { return int(a.At - b.At) })
	return p
}

// drawing draws the parts of a plan.
type drawing struct {
	random *rand.Rand
	plan   *plan
}

func (d drawing) time(from, to float64) time.Duration {
	part := from + d.random.Float64()*(to-from)
	return time.Duration(part * float64(d.plan.Traffic)).Round(time.Millisecond)
}

func (d drawing) span(from, to int) time.Duration {
	return time.Duration(from+d.random.IntN(to-from)) * time.Millisecond
}

// moves walks up and down the stages, one at a time. Each child sees a move at another time.
func (d drawing) moves(at int) {
	count := 3 + d.random.IntN(3)
	for i := range count {
		switch {
		case at == 0:
			at++
		case at == len(moving)-1:
			at--
		default:
			at += 1 - 2*d.random.IntN(2)
		}
		lags := make([]time.Duration, d.plan.Children)
		for c := range lags {
			lags[c] = d.span(0, 250)
		}
		from := 0.05 + 0.9*float64(i)/float64(count)
		d.plan.Steps = append(d.plan.Steps, step{
			At: d.time(from, from+0.5/float64(count)), Do: doMove, Stage: moving[at], Lags: lags,
		})
	}
}

func (s step) String() string {
	text := fmt.Sprintf("%5v %s", s.At, s.Do)
	switch s.Do {
	case doMove:
		return text + " to " + string(s.Stage)
	case doDelay, doCut:
		text += " " + s.Database
	case doCrash:
	default:
		text += fmt.Sprintf(" child %d", s.Child)
	}
	if s.Point != "" {
		text += " " + s.Point
	}
	if s.For != 0 {
		text += fmt.Sprintf(" for %v", s.For)
	}
	if s.Then {
		text += ", then kill it"
	}
	return text
}
