package cutover

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldtime"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
)

// The SDK's MigrationVariation makes a tracker, and each tracker seeds a random source: nearly all that an operation
// costs. StringVariationDetail gives the same stage, variation and reason for next to nothing. What it lacks is the
// same for every evaluation context, so that one operation now and then learns it for those that follow.

// flagFacts is what an op event tells of a flag beside its evaluation. It does not change once learnt.
type flagFacts struct {
	version       ldvalue.OptionalInt
	samplingRatio ldvalue.OptionalInt
	checkRatio    int // 0 if it drew no attempt to learn it

	learnt time.Duration              // by the monotonic clock
	wall   ldtime.UnixMillisecondTime // what the wall clock said then
}

const (
	// factsFresh is how long facts are believed: half of the second in which a change of the flag must be followed.
	factsFresh = 500 * time.Millisecond
	// checkAttempts bounds how often a tracker is asked to draw before its check ratio counts as unknown.
	checkAttempts = 2048
)

// flagMemory holds what was last learnt of one flag.
type flagMemory struct {
	facts atomic.Pointer[flagFacts]
}

// recall returns the facts while they are fresh, else nil. A clock that ran backwards, as it does for what leaves a
// synctest bubble, makes them stale too.
func (m *flagMemory) recall() *flagFacts {
	facts := m.facts.Load()
	if facts == nil {
		return nil
	}
	if age := now() - facts.learnt; age < 0 || age >= factsFresh {
		return nil
	}
	return facts
}

// learn takes from an evaluation's tracker what it knows of the flag, and does without the tracker from then on. It
// reports false, and leaves the tracker, if that cannot build an event.
func learn(req *request, ev *evaluation) bool {
	tracker := ev.tracker
	tracker.Operation(ldmigration.Read)
	tracker.TrackInvoked(ldmigration.Old)
	tracker.TrackInvoked(ldmigration.New)
	for i := 0; i < checkAttempts && !drawnBy(tracker); i++ {
	}
	event, err := tracker.Build()
	if err != nil {
		return false // an invalid evaluation context or an empty key: no op event will be built of it either
	}
	facts := &flagFacts{
		version:       event.Version,
		samplingRatio: event.SamplingRatio,
		learnt:        now(),
		wall:          ldtime.UnixMillisNow(),
	}
	if check := event.ConsistencyCheck; check != nil {
		facts.checkRatio = check.SamplingRatio()
	}
	ev.detail, ev.facts, ev.tracker = event.Evaluation, facts, nil
	req.memory.facts.Store(facts)
	return true
}

// stringVariation evaluates the stage without a tracker, and turns what it gets into what MigrationVariation would have
// said.
func (e *evaluator) stringVariation(ctx context.Context, req *request, facts *flagFacts, ev *evaluation) {
	value, detail, err := e.detail.StringVariationDetailCtx(ctx, req.flag, req.user, string(req.defaultStage))
	ev.stage, ev.detail, ev.facts = ldmigration.Stage(value), detail, facts
	if err == nil && !isStage(ev.stage) {
		ev.err = &StageError{Flag: req.flag, Stage: ev.stage}
		ev.stage = req.defaultStage
		ev.detail = ldreason.NewEvaluationDetailForError(
			ldreason.EvalErrorWrongType, ldvalue.String(string(req.defaultStage)),
		)
	}
	if !facts.version.IsDefined() && ev.flagFound() {
		req.memory.facts.Store(nil) // the flag came to be since
	}
}

// wallAt tells a time of the monotonic clock by the wall clock, as it stood when the facts were learnt.
func (f *flagFacts) wallAt(at time.Duration) ldtime.UnixMillisecondTime {
	return f.wall + ldtime.UnixMillisecondTime(max(at-f.learnt, 0)/time.Millisecond)
}

// flagFound reports whether there was a flag to evaluate, by the reasons that the SDK gives where there is none.
func (ev *evaluation) flagFound() bool {
	switch ev.detail.Reason.GetErrorKind() {
	case ldreason.EvalErrorFlagNotFound, ldreason.EvalErrorClientNotReady,
		ldreason.EvalErrorUserNotSpecified, ldreason.EvalErrorException:
		return false
	default:
		return true
	}
}
