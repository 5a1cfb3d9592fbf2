package cutover

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldtime"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// OpTrackerParams is what an [OpTracker] knows of the flag and its evaluation.
type OpTrackerParams struct {
	// FlagKey is the flag's key. Without one, Build returns an error.
	FlagKey string
	// Context is the evaluation context. If it is invalid, Build returns an error.
	Context ldcontext.Context
	// Default is the caller's default stage.
	Default ldmigration.Stage
	// Stage is the evaluated stage. It is put into Detail if Detail has no value.
	Stage ldmigration.Stage
	// Detail is the evaluation's value, variation and reason, as the op event reports them.
	Detail ldreason.EvaluationDetail
	// Version is the flag's version, if it has one.
	Version ldvalue.OptionalInt
	// SamplingRatio is the flag's: one in so many of its op events is sent. Undefined means 1; zero
	// or less means never.
	SamplingRatio ldvalue.OptionalInt
	// CheckRatio is the flag's: one in so many of its reads from both is compared. Undefined means
	// 1; zero or less means never.
	CheckRatio ldvalue.OptionalInt
}

// OpTracker collects the measurements of one operation and builds its op event, as the SDK's
// tracker does. A fake flag client returns one for each evaluation. It is safe for concurrent use.
//
// It differs from the SDK's tracker in three ways. TrackConsistency calls its function without a
// lock. What is recorded after Build does not change an event already built. Making a tracker seeds
// no random source.
type OpTracker struct {
	params OpTrackerParams

	mu    sync.Mutex
	op    ldmigration.Operation
	marks marks
}

var _ interfaces.LDMigrationOpTracker = (*OpTracker)(nil)

// NewOpTracker returns a tracker for one operation. Build needs an operation and at least one
// invoked origin.
func NewOpTracker(params OpTrackerParams) *OpTracker {
	if params.Stage != "" && params.Detail.Value.IsNull() {
		params.Detail.Value = ldvalue.String(string(params.Stage))
	}
	return &OpTracker{params: params}
}

// Operation records whether this is a read or a write.
func (t *OpTracker) Operation(op ldmigration.Operation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.op = op
}

// TrackInvoked records that an origin's function was called. Like the other methods it ignores an
// unknown origin.
func (t *OpTracker) TrackInvoked(origin ldmigration.Origin) {
	t.mark(origin, func(m *mark) { m.invoked = true })
}

// TrackError records that an origin failed.
func (t *OpTracker) TrackError(origin ldmigration.Origin) {
	t.mark(origin, func(m *mark) { m.failed = true })
}

// TrackLatency records how long an origin took. The op event has whole milliseconds, rounded down.
func (t *OpTracker) TrackLatency(origin ldmigration.Origin, duration time.Duration) {
	t.mark(origin, func(m *mark) { m.timed, m.latency = true, duration })
}

// TrackConsistency calls isConsistent if the flag's check ratio selects this operation, and records
// the answer. The function runs on the caller's goroutine and may use the tracker. If it panics,
// nothing is recorded.
func (t *OpTracker) TrackConsistency(isConsistent func() bool) {
	ratio := t.params.CheckRatio.OrElse(1)
	if !draw(ratio) {
		return
	}
	check := checkOf(isConsistent(), ratio)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.marks.check = check
}

// Build returns the op event. It returns an error and no event if the flag key is empty, the
// evaluation context is invalid, no operation or no invoked origin was recorded, a latency or an
// error was recorded for an origin that was not invoked, or a consistency was recorded without both
// origins.
func (t *OpTracker) Build() (*ldevents.MigrationOpEventData, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.check(); err != nil {
		return nil, err
	}
	event := &ldevents.MigrationOpEventData{
		BaseEvent: ldevents.BaseEvent{
			CreationDate: ldtime.UnixMillisNow(),
			Context:      ldevents.Context(t.params.Context),
		},
		Op:            t.op,
		FlagKey:       t.params.FlagKey,
		Version:       t.params.Version,
		Evaluation:    t.params.Detail,
		Default:       t.params.Default,
		SamplingRatio: t.params.SamplingRatio,
	}
	t.marks.fill(event)
	return event, nil
}

func (t *OpTracker) mark(origin ldmigration.Origin, set func(*mark)) {
	if s, ok := sideOf(origin); ok {
		t.mu.Lock()
		defer t.mu.Unlock()
		set(&t.marks.sides[s])
	}
}

func (t *OpTracker) check() error {
	if err := validIn(t.params.FlagKey, &t.params.Context); err != nil {
		return err
	}
	if t.op == "" {
		return errors.New("building a migration op event: no operation was recorded")
	}
	return t.marks.validate()
}

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
