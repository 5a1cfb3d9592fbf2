package cutover

import (
	"context"
	"log/slog"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
)

// settings is what all operations of one Cutover or one Migrator share. It does not change once built.
type settings struct {
	evaluator
	log          logger
	once         *onceLog
	order        ldmigration.ExecutionOrder
	trackLatency bool
	trackErrors  bool
	observers    []Observer
	inline       bool // secondaries that run before or after the authoritative call run on its goroutine

	// What follows only a Cutover has.
	limits *timeouts // of secondaries; nil is none
	owner  *background
	keys   *keySpace
	watch  *stageWatch
}

// request is whose stage an operation asks for.
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
	err      error
	start    time.Duration
	latency  time.Duration
}

// record is what one operation finds out on its way, but for the values, whose type only the operation knows.
type record struct {
	request
	evaluation
	operation ldmigration.Operation
	plan      plan
	sides     [2]outcome
	answer    side // whose outcome the caller gets
	explain   bool // the caller wants to know where the results differ
	rechecked bool
	detached  bool // the caller has its result already
	compared
	drawn  drawn
	glance glance
	err    error // why the operation was not run
}

// succeeded and failed are what a call is that returned; one that did not is neither.
func (o *outcome) succeeded() bool { return o.returned && o.err == nil }
func (o *outcome) failed() bool    { return o.returned && o.err != nil }

// end is when the call ended, by the monotonic clock, if it was made.
func (o *outcome) end() time.Duration { return o.start + o.latency }

func (rec *record) fellBack() bool { return rec.answer != rec.plan.authoritative }

// report builds the op event and sends it.
func (s *settings) report(ctx context.Context, rec *record) {
	var event ldevents.MigrationOpEventData
	if err := s.event(rec, &event); err != nil {
		if s.once.first(rec.flag, "event") {
			s.log.error(ctx, "op event not sent", flagAttr(rec.flag), errAttr(err))
		}
		return
	}
	if event.Evaluation.IsDefaultValue() {
		s.notice(ctx, rec, &event.Evaluation)
	}
	if err := s.client.TrackMigrationOp(event); err != nil {
		s.log.error(ctx, "op event not sent", flagAttr(rec.flag), errAttr(err))
	}
}

// event fills in the op event: by the client's tracker, or by what was learnt of the flag where there is none.
func (s *settings) event(rec *record, event *ldevents.MigrationOpEventData) error {
	var m marks
	for i := range rec.sides {
		out := &rec.sides[i]
		m.sides[i] = mark{
			invoked: out.invoked,
			failed:  s.trackErrors && out.invoked && out.err != nil,
			timed:   s.trackLatency && out.invoked,
			latency: out.latency,
		}
	}
	if rec.tracker != nil {
		return m.fillBy(rec.tracker, rec, event)
	}
	if rec.consistency.Checked() {
		m.check = checkOf(rec.consistency == Consistent, rec.facts.checkRatio)
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

// end is when the last of the calls ended, by the monotonic clock.
func (rec *record) end() time.Duration {
	before, after := &rec.sides[oldSide], &rec.sides[newSide]
	switch { // times may lie below zero, in a testing/synctest bubble
	case !before.invoked:
		return after.end()
	case !after.invoked:
		return before.end()
	default:
		return max(before.end(), after.end())
	}
}

// notice says once per flag that operations run at the default stage because the flag gives none.
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
