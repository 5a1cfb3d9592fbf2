package cutover

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"

	"github.com/gocutover/cutover/internal/turn"
)

// settings is what all operations of one Cutover or Migrator share. It does not change once built.
type settings struct {
	evaluator
	log          logger
	once         *onceLog
	describes    bool // functions can ask what they are called for
	order        ldmigration.ExecutionOrder
	trackLatency bool
	trackErrors  bool
	observers    []Observer
	inline       bool // secondaries that do not run beside the authoritative call run inline
	seldom       *seldomLog

	// Only a Cutover has these.
	flag             string
	background       *background
	reads, writes    *lane
	keys             *turn.Space
	watch            *stageWatch
	journal          *journaling // nil for none
	returnAtDeadline bool
}

// request is the flag, the evaluation context and the default stage of an operation.
type request struct {
	flag         string
	user         ldcontext.Context
	defaultStage ldmigration.Stage
	memory       *flagMemory
}

// outcome is what became of the call of one origin's function.
type outcome struct {
	invoked  bool
	returned bool
	absent   bool // it returned "no such record"
	asked    bool // whether it is absent is known
	lost     bool // its value could not be copied
	err      error
	start    time.Duration
	latency  time.Duration
}

// record is what one operation finds out, except for the values, whose type only the operation
// knows.
type record struct {
	request
	evaluation
	operation ldmigration.Operation
	plan      plan
	sides     [2]outcome
	answer    side // whose outcome the caller gets
	explain   bool // the caller wants to know where the results differ
	rechecks  int  // how often both were read again
	detached  bool // the caller has its result already
	compared
	drawn        drawn
	falls        bool        // the secondary may answer for the failed authoritative read
	since        uint64      // a mark of when the reads began, to find writes meanwhile
	turn         *turn.Turn  // of the record that is written, if writes of it take turns
	again        [2]outcome  // of the last reads, if rechecks is not zero
	payloadFault *PanicError // of a clone of the payload
	err          error       // why the operation was not run

	intents    [2]Intent // what the journal holds until endIntents, or nil
	protection *protection
	uncovered  bool // the journal failed, and is to be told later
	allowed    bool // the breaker allowed the secondary, and is to be told of its end
	probe      bool
	journaled  Journaled
}

// endTurn lets the next write of the record continue.
func (rec *record) endTurn() {
	if rec.turn != nil {
		rec.turn.End()
	}
}

// observed returns an outcome as observers get it: the times of the first call, the answer of the
// last.
func (rec *record) observed(which side) outcome {
	out := rec.sides[which]
	if rec.rechecks > 0 {
		last := rec.again[which]
		out.returned, out.err, out.absent, out.lost = last.returned, last.err, last.absent, last.lost
	}
	return out
}

// skipped reports whether the stage uses both systems and the secondary was skipped.
func (rec *record) skipped() bool {
	second := &rec.sides[rec.plan.authoritative.other()]
	return rec.plan.both && !second.invoked && second.err != nil
}

// succeeded reports whether the call returned a value and no error.
func (o *outcome) succeeded() bool { return o.returned && o.err == nil && !o.absent }

// answered reports whether the call succeeded or said that there is no such record.
func (o *outcome) answered() bool { return o.returned && (o.err == nil || o.absent) }

// end returns when the call ended, by the monotonic clock, if it was made.
func (o *outcome) end() time.Duration { return o.start + o.latency }

func (rec *record) fellBack() bool { return rec.answer != rec.plan.authoritative }

// report builds the op event and sends it.
func (s *settings) report(ctx context.Context, rec *record) {
	var event ldevents.MigrationOpEventData
	var err error
	s.contain(ctx, rec.flag, "flag client", func() {
		if err = s.event(rec, &event); err != nil {
			return
		}
		if event.Evaluation.IsDefaultValue() {
			s.notice(ctx, rec, &event.Evaluation)
		}
		err = s.client.TrackMigrationOp(event)
	})
	if err != nil && s.seldom.first(rec.flag, "event") {
		s.log.error(ctx, "op event not sent", flagAttr(rec.flag), errAttr(err))
	}
}

// tellPanic logs a panic that is not the caller's, which only observers would see otherwise.
func (s *settings) tellPanic(ctx context.Context, rec *record, out *outcome, what string) {
	if out.err == nil {
		return
	}
	var fault *PanicError
	if errors.As(out.err, &fault) && fault.Stack != nil && s.seldom.first(rec.flag, what) {
		s.log.error(ctx, what, flagAttr(rec.flag), errAttr(fault), stackAttr(fault))
	}
}

// event fills in the op event, by the client's tracker or, without one, by the flag's facts.
func (s *settings) event(rec *record, event *ldevents.MigrationOpEventData) error {
	var m marks
	for i := range rec.sides {
		out := &rec.sides[i]
		m.sides[i] = mark{
			invoked: out.invoked,
			failed:  s.trackErrors && out.invoked && out.err != nil && !out.absent,
			timed:   s.trackLatency && out.invoked,
			latency: out.latency,
		}
	}
	if rec.tracker != nil {
		return m.fillBy(rec.tracker, rec, event)
	}
	if rec.consistency.Checked() {
		m.check = checkOf(rec.consistency == Consistent, rec.facts.checkRatio())
	}
	event.CreationDate = rec.facts.wallAt(rec.end())
	event.Context = ldevents.Context(rec.user)
	event.Op = rec.operation
	event.FlagKey = rec.flag
	event.Evaluation = rec.detail
	event.Default = rec.defaultStage
	if rec.flagFound() {
		event.Version, event.SamplingRatio = rec.facts.version, rec.facts.samplingRatio
	}
	m.fill(event)
	return validIn(rec.flag, &rec.user)
}

// end returns when the last of the calls ended, by the monotonic clock.
func (rec *record) end() time.Duration {
	before, after := &rec.sides[oldSide], &rec.sides[newSide]
	switch { // times may be negative, in a testing/synctest bubble
	case !before.invoked:
		return after.end()
	case !after.invoked:
		return before.end()
	default:
		return max(before.end(), after.end())
	}
}

// notice logs once per flag that operations run at the default stage because the flag gives none.
func (s *settings) notice(ctx context.Context, rec *record, detail *ldreason.EvaluationDetail) {
	if detail.Reason.GetKind() == "" {
		return
	}
	subject := string(detail.Reason.GetErrorKind())
	if subject == "" {
		subject = "no variation"
	}
	if !s.once.first(rec.flag, subject) {
		return
	}
	attrs := []slog.Attr{
		flagAttr(rec.flag), slog.String("default", string(rec.defaultStage)), slog.String("reason", detail.Reason.String()),
	}
	if rec.evaluation.err != nil {
		attrs = append(attrs, errAttr(rec.evaluation.err))
	}
	s.log.warn(ctx, "flag gives no stage: using the default stage", attrs...)
}

func flagAttr(flag string) slog.Attr        { return slog.String("flag", flag) }
func errAttr(err error) slog.Attr           { return slog.Any("error", err) }
func stackAttr(fault *PanicError) slog.Attr { return slog.String("stack", string(fault.Stack)) }
