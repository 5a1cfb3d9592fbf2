package otelcutover

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/gocutover/cutover"
)

// scope is the name of the meter and of the tracer.
const scope = "github.com/gocutover/cutover/otelcutover"

// Observer records metrics and spans of the operations it observes. It is safe for concurrent use
// and may serve any number of flags. Make one for each meter provider, which holds on to it.
type Observer struct {
	config
	instruments
	tracer trace.Tracer // nil for no spans

	flags      *names[*flag]
	errorTypes *names[string]
	rules      *names[string]
}

var (
	_ cutover.Observer      = (*Observer)(nil)
	_ cutover.StageObserver = (*Observer)(nil)
)

// New returns an Observer, or nil and everything that is wrong: [ErrNilOption], [ErrNilProvider],
// or the errors of the meter provider for instruments that it could not make.
func New(options ...Option) (*Observer, error) {
	x := &Observer{config: config{
		meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider(), flagProvider: "LaunchDarkly",
	}}
	var faults []error
	for i, option := range options {
		if option == nil {
			faults = append(faults, fmt.Errorf("option %d: %w", i, ErrNilOption))
			continue
		}
		option(&x.config)
	}
	faults = append(faults, checkNil("meter", x.meters), checkNil("tracer", x.tracers))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	x.flags = newNames(maxFlags, newFlag)
	x.errorTypes = newNames(maxErrorTypes, strings.Clone)
	for _, known := range []string{timeoutType, panicType, canceledType, deadlineType} {
		x.errorTypes.of(known)
	}
	x.rules = newNames(maxRules, strings.Clone)

	tracer := x.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL))
	if _, off := tracer.(noop.Tracer); !off {
		x.tracer = tracer
	}
	meter := x.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	if err := x.make(meter, x.observeStages); err != nil {
		return nil, err
	}
	return x, nil
}

func checkNil(which string, provider any) error {
	if !isNil(provider) {
		return nil
	}
	return fmt.Errorf("%s %w", which, ErrNilProvider)
}

// Observe records one operation.
func (x *Observer) Observe(ctx context.Context, o cutover.Observation) {
	now := time.Now()
	f, at := x.flags.of(o.Flag), labels{stage: stageOf(o.Stage), operation: operationOf(o.Operation)}
	f.ran(at.stage, o.Context.Kind(), now)
	calls := [2]call{
		x.callOf(&o, ldmigration.Old, &o.Old, now),
		x.callOf(&o, ldmigration.New, &o.New, now),
	}
	if x.tracer != nil {
		ctx = x.trace(ctx, &o, f, at, &calls)
	}
	x.measure(ctx, &o, f, at, &calls)
}

// ObserveStage counts a stage change, and adds an event cutover.stage.change to the caller's span
// of the operation that was the first to see it.
func (x *Observer) ObserveStage(ctx context.Context, change cutover.StageChange) {
	f := x.flags.of(change.Flag)
	at := labels{
		from: stageOf(change.From), to: stageOf(change.To),
		sideBySide: truth(change.SideBySide), warned: truth(change.Warning != ""),
	}
	f.changed(at.from, at.to, change.SideBySide, change.ContextKind, time.Now())
	of := f.series.of(at)
	x.stageChanges.Add(ctx, 1, of.add...)
	span := trace.SpanFromContext(ctx)
	if x.tracer == nil || !span.IsRecording() {
		return
	}
	event := []trace.EventOption{of.event}
	if change.Warning != "" {
		event = append(event, trace.WithAttributes(warningKey.String(clip(change.Warning, maxMessage))))
	}
	span.AddEvent(stageChangeEvent, event...)
}

func (x *Observer) measure(
	ctx context.Context, o *cutover.Observation, f *flag, at labels, calls *[2]call,
) {
	for i := range calls {
		c := &calls[i]
		if c.role == secondary && (c.invoked || c.skipped) {
			x.begin(ctx, o, f, at, c)
		}
		if !c.invoked {
			if c.skipped {
				x.skips.Add(ctx, 1, f.series.of(at).add...)
			}
			continue
		}
		each := at
		each.origin, each.role, each.errorType = c.origin, c.role, c.errorType
		if c.notFound {
			each.notFound = yes
		}
		x.duration.Record(ctx, c.latency.Seconds(), f.series.of(each).record...)
		if c.role == secondary && c.err != nil {
			x.measureSecondary(ctx, f, c, at)
		}
	}
	if o.Rechecks > 0 {
		x.rechecks.Add(ctx, int64(o.Rechecks), f.series.of(at).add...)
	}
	if o.FellBack {
		x.fallbacks.Add(ctx, 1, f.series.of(at).add...)
	}
	if outcome, reason := x.checkOf(o); outcome != 0 {
		check := at
		check.outcome, check.reason = outcome, reason
		x.checks.Add(ctx, 1, f.series.of(check).add...)
	}
}

// begin adds zero to the counters of each flag, stage and operation that has a secondary, once. A
// rare event is then seen as a rise from zero; a counter that first appears at one does not rise.
func (x *Observer) begin(
	ctx context.Context, o *cutover.Observation, f *flag, at labels, c *call,
) {
	operation := f.series.of(at)
	if operation.begun.Load() || !operation.begun.CompareAndSwap(false, true) {
		return
	}
	of := at
	of.origin = c.origin
	x.timeouts.Add(ctx, 0, f.series.of(of).add...)
	x.panics.Add(ctx, 0, f.series.of(of).add...)
	x.skips.Add(ctx, 0, operation.add...)
	if o.Operation != ldmigration.Read {
		return
	}
	x.fallbacks.Add(ctx, 0, operation.add...)
	x.rechecks.Add(ctx, 0, operation.add...)
	for _, outcome := range []value{consistent, inconsistent} {
		check := at
		check.outcome = outcome
		x.checks.Add(ctx, 0, f.series.of(check).add...)
	}
}

// measureSecondary counts what the error of a secondary means. A panic that came too late is both.
func (x *Observer) measureSecondary(ctx context.Context, f *flag, c *call, at labels) {
	at.origin = c.origin
	if is(c.err, cutover.ErrSecondaryTimeout) {
		x.timeouts.Add(ctx, 1, f.series.of(at).add...)
	}
	if is(c.err, cutover.ErrUnwound) {
		x.panics.Add(ctx, 1, f.series.of(at).add...)
	}
}
