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

// Observer records metrics and spans of the operations it observes. It is safe for concurrent use, and may serve any
// number of flags. Make one for a meter provider, which keeps it for as long as it lives.
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

// New returns an Observer, or everything that is wrong: [ErrNilProvider], or what the meter provider says of an
// instrument it cannot make.
func New(options ...Option) (*Observer, error) {
	x := &Observer{config: config{
		meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider(), flagProvider: "LaunchDarkly",
	}}
	for _, option := range options {
		option(&x.config)
	}
	if err := errors.Join(
		refuse("meter", x.meters), refuse("tracer", x.tracers),
	); err != nil {
		return nil, err
	}
	x.flags = newNames(maxFlags, newFlag)
	x.errorTypes = newNames(maxErrorTypes, strings.Clone)
	x.rules = newNames(maxRules, strings.Clone)

	tracer := x.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL))
	if _, off := tracer.(noop.Tracer); !off {
		x.tracer = tracer
	}
	meter := x.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	return x, x.make(meter, x.observeStages)
}

func refuse(which string, provider any) error {
	if !isNil(provider) {
		return nil
	}
	return fmt.Errorf("%s %w", which, ErrNilProvider)
}

// Observe records one operation.
func (x *Observer) Observe(ctx context.Context, o cutover.Observation) {
	now := time.Now()
	f, at := x.flags.of(o.Flag), labels{stage: stageOf(o.Stage), operation: operationOf(o.Operation)}
	f.saw(at.stage, now)
	calls := [2]call{x.callOf(&o, ldmigration.Old, &o.Old, now), x.callOf(&o, ldmigration.New, &o.New, now)}
	if x.tracer != nil {
		ctx = x.trace(ctx, &o, f, at, &calls)
	}
	x.measure(ctx, &o, f, at, &calls)
}

// ObserveStage counts a stage change, and adds an event cutover.stage.change to the span of the operation that saw it
// first.
func (x *Observer) ObserveStage(ctx context.Context, change cutover.StageChange) {
	f, at := x.flags.of(change.Flag), labels{from: stageOf(change.From), to: stageOf(change.To), changeHasLoss: lossOf(&change)}
	f.left(at.from)
	f.saw(at.to, time.Now())
	of := f.series.of(at)
	x.stageChanges.Add(ctx, 1, of.add...)
	if span := trace.SpanFromContext(ctx); x.tracer != nil && span.IsRecording() {
		span.AddEvent(stageChangeEvent, of.event)
	}
}

func (x *Observer) measure(ctx context.Context, o *cutover.Observation, f *flag, at labels, calls *[2]call) {
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
		x.duration.Record(ctx, c.latency.Seconds(), f.series.of(each).record...)
		if c.role == secondary && c.err != nil {
			x.measureSecondary(ctx, f, c, at)
		}
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

// begin counts nothing, once for each flag, stage and operation that has a secondary: what is rare is then seen to rise
// from zero, where a counter that appears with its first event does not rise.
func (x *Observer) begin(ctx context.Context, o *cutover.Observation, f *flag, at labels, c *call) {
	operation := f.series.of(at)
	if operation.begun.Load() || !operation.begun.CompareAndSwap(false, true) {
		return
	}
	of := at
	of.origin = c.origin
	x.timeouts.Add(ctx, 0, f.series.of(of).add...)
	x.panics.Add(ctx, 0, f.series.of(of).add...)
	if o.Operation != ldmigration.Read {
		return
	}
	x.skips.Add(ctx, 0, operation.add...)
	x.fallbacks.Add(ctx, 0, operation.add...)
	for _, outcome := range []value{consistent, inconsistent} {
		check := at
		check.outcome = outcome
		x.checks.Add(ctx, 0, f.series.of(check).add...)
	}
}

// measureSecondary counts what the error of a secondary means. A panic that took too long is both.
func (x *Observer) measureSecondary(ctx context.Context, f *flag, c *call, at labels) {
	at.origin = c.origin
	if errors.Is(c.err, cutover.ErrSecondaryTimeout) {
		x.timeouts.Add(ctx, 1, f.series.of(at).add...)
	}
	if errors.Is(c.err, cutover.ErrUnwound) {
		x.panics.Add(ctx, 1, f.series.of(at).add...)
	}
}
