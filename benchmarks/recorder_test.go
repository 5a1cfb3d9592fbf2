package benchmarks_test

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems"

	"github.com/gocutover/cutover/benchmarks"
)

// sighting is what can be seen of a contender at work.
type sighting struct {
	values []int
	errs   []error
	calls  [4]int64 // of the old read, the new read, the old write, the new write
	events []ldevents.MigrationOpEventData
}

// callCounts counts the calls of the systems it makes.
type callCounts struct{ oldRead, newRead, oldWrite, newWrite atomic.Int64 }

func (n *callCounts) systems(a answers) benchmarks.Systems {
	return benchmarks.Systems{
		OldRead: func(context.Context, string) (int, error) {
			n.oldRead.Add(1)
			return a.oldValue, a.oldErr
		},
		NewRead: func(context.Context, string) (int, error) {
			n.newRead.Add(1)
			return a.newValue, a.newErr
		},
		OldWrite: func(context.Context, string) error {
			n.oldWrite.Add(1)
			return a.oldErr
		},
		NewWrite: func(context.Context, string) error {
			n.newWrite.Add(1)
			return a.newErr
		},
	}
}

func (n *callCounts) counts() [4]int64 {
	return [4]int64{n.oldRead.Load(), n.newRead.Load(), n.oldWrite.Load(), n.newWrite.Load()}
}

// recorder is an event processor that keeps the op events it gets.
type recorder struct {
	mu     sync.Mutex
	events []ldevents.MigrationOpEventData
}

var _ benchmarks.Events = (*recorder)(nil)

func (r *recorder) Build(subsystems.ClientContext) (ldevents.EventProcessor, error) { return r, nil }

func (r *recorder) RecordMigrationOpEvent(event ldevents.MigrationOpEventData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

func (r *recorder) RecordEvaluation(ldevents.EvaluationData)       {}
func (r *recorder) RecordIdentifyEvent(ldevents.IdentifyEventData) {}
func (r *recorder) RecordCustomEvent(ldevents.CustomEventData)     {}
func (r *recorder) RecordRawEvent(json.RawMessage)                 {}
func (r *recorder) Flush()                                         {}
func (r *recorder) FlushBlocking(time.Duration) bool               { return true }
func (r *recorder) Close() error                                   { return nil }

// timeless returns the events without what differs from one moment to the next: when, and how long.
// Which origins were timed stays.
func (r *recorder) timeless() []ldevents.MigrationOpEventData {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []ldevents.MigrationOpEventData
	for _, event := range r.events {
		event.CreationDate = 0
		timed := map[ldmigration.Origin]int{}
		for origin := range event.Latency {
			timed[origin] = 0
		}
		event.Latency = timed
		events = append(events, event)
	}
	return events
}
