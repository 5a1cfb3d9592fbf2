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

// validIn refuses a flag key and an evaluation context of which no event can be built.
func validIn(flag string, user *ldcontext.Context) error {
	if flag == "" {
		return fmt.Errorf("building a migration op event: %w", ErrEmptyFlagKey)
	}
	if err := user.Err(); err != nil {
		return fmt.Errorf("building a migration op event: invalid evaluation context: %w", err)
	}
	return nil
}

// validate refuses what would contradict itself, as the SDK's tracker does.
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

// fillBy has a tracker that is not ours build the event of what was measured. The consistency is put in afterwards: the
// tracker only drew it.
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
