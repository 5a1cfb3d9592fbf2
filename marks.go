package cutover

import (
	"errors"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// marks is what an operation measured, in the terms of its op event.
type marks struct {
	sides [2]mark
	check *ldmigration.ConsistencyCheck
}

type mark struct {
	invoked, failed, timed bool
	latency                time.Duration
}

// validIn returns an error for a flag key or an evaluation context that no event can be built of.
func validIn(flag string, user *ldcontext.Context) error {
	if flag == "" {
		return fmt.Errorf("building a migration op event: %w", ErrEmptyFlagKey)
	}
	if err := user.Err(); err != nil {
		return fmt.Errorf("building a migration op event: invalid evaluation context: %w", err)
	}
	return nil
}

// validate returns an error for measurements that contradict each other, as the SDK's tracker does.
func (m *marks) validate() error {
	if !m.sides[oldSide].invoked && !m.sides[newSide].invoked {
		return errors.New("building a migration op event: no origin was recorded as invoked")
	}
	for s := range m.sides {
		switch one := &m.sides[s]; {
		case one.invoked:
		case one.timed:
			return fmt.Errorf("building a migration op event: latency of %q without its invocation", origins[s])
		case one.failed:
			return fmt.Errorf("building a migration op event: error of %q without its invocation", origins[s])
		case m.check != nil:
			return fmt.Errorf("building a migration op event: consistency without an invocation of %q", origins[s])
		}
	}
	return nil
}

// fillBy has the client's tracker build the event of the measurements. It adds the consistency
// afterwards, because the tracker only drew.
func (m *marks) fillBy(
	tracker interfaces.LDMigrationOpTracker, rec *record, event *ldevents.MigrationOpEventData,
) error {
	tracker.Operation(rec.operation)
	for s := range m.sides {
		one := &m.sides[s]
		if one.invoked {
			tracker.TrackInvoked(origins[s])
		}
		if one.timed {
			tracker.TrackLatency(origins[s], one.latency)
		}
		if one.failed {
			tracker.TrackError(origins[s])
		}
	}
	built, err := tracker.Build()
	if err != nil {
		return err
	}
	*event = *built
	if drawn := built.ConsistencyCheck; drawn != nil {
		event.ConsistencyCheck = nil
		if rec.consistency.Checked() {
			event.ConsistencyCheck = checkOf(rec.consistency == Consistent, drawn.SamplingRatio())
		}
	}
	return nil
}

// fill writes the measurements into an event.
func (m *marks) fill(event *ldevents.MigrationOpEventData) {
	before, after := &m.sides[oldSide], &m.sides[newSide]
	event.Invoked = originSets[bits(before.invoked, after.invoked)]
	event.Error = originSets[bits(before.failed, after.failed)]
	event.Latency = m.latencies()
	event.ConsistencyCheck = m.check
}

// An op event has two sets of origins, a map of latencies and a pointer to a consistency. There are
// so few different ones that most operations share them; whoever gets an event only reads it.
type (
	originSet = map[ldmigration.Origin]struct{}
	latencies = map[ldmigration.Origin]int
)

// originSets are the four sets that two origins can form.
var originSets = [4]originSet{
	{},
	{ldmigration.Old: {}},
	{ldmigration.New: {}},
	{ldmigration.Old: {}, ldmigration.New: {}},
}

func bits(before, after bool) (i int) {
	if before {
		i |= 1
	}
	if after {
		i |= 2
	}
	return i
}

// sharedMs limits the latencies that are shared: a slower operation can afford a map.
const sharedMs = 10

var (
	noLatencies   = latencies{}
	oneLatency    [2][sharedMs]latencies
	bothLatencies [sharedMs][sharedMs]latencies
)

func init() {
	for i := range sharedMs {
		oneLatency[oldSide][i] = latencies{ldmigration.Old: i}
		oneLatency[newSide][i] = latencies{ldmigration.New: i}
		for j := range sharedMs {
			bothLatencies[i][j] = latencies{ldmigration.Old: i, ldmigration.New: j}
		}
	}
}

// latencies returns the event's map, in whole milliseconds, rounded down.
func (m *marks) latencies() latencies {
	before, after := &m.sides[oldSide], &m.sides[newSide]
	oldMs, newMs := int(before.latency.Milliseconds()), int(after.latency.Milliseconds())
	switch {
	case before.timed && after.timed:
		if uint(oldMs) < sharedMs && uint(newMs) < sharedMs {
			return bothLatencies[oldMs][newMs]
		}
		return latencies{ldmigration.Old: oldMs, ldmigration.New: newMs}
	case before.timed:
		return latencyOf(oldSide, oldMs)
	case after.timed:
		return latencyOf(newSide, newMs)
	default:
		return noLatencies
	}
}

func latencyOf(s side, ms int) latencies {
	if uint(ms) < sharedMs {
		return oneLatency[s][ms]
	}
	return latencies{s.origin(): ms}
}

var (
	consistentAlways   = ldmigration.NewConsistencyCheck(true, 1)
	inconsistentAlways = ldmigration.NewConsistencyCheck(false, 1)
)

// checkOf returns the consistency of an event; at a check ratio of 1 it is shared.
func checkOf(consistent bool, ratio int) *ldmigration.ConsistencyCheck {
	switch {
	case ratio != 1:
		return ldmigration.NewConsistencyCheck(consistent, ratio)
	case consistent:
		return consistentAlways
	default:
		return inconsistentAlways
	}
}
