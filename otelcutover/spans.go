package otelcutover

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

const (
	evaluationEvent  = "feature_flag.evaluation"
	differenceEvent  = "cutover.difference"
	stageChangeEvent = "cutover.stage.change"
)

// trace makes the spans of an operation that is over. It returns a context with the operation's
// span, by which its measurements are found.
func (x *Observer) trace(
	ctx context.Context, o *cutover.Observation, f *flag, at labels, calls *[2]call,
) context.Context {
	detached := isDetached(o)
	start, end := extent(calls, detached)
	if start.IsZero() {
		return ctx
	}
	caller := trace.SpanContextFromContext(ctx)
	within, span := x.tracer.Start(
		ctx, f.spans[at.operation], trace.WithTimestamp(start), f.series.of(at).event)
	defer span.End(trace.WithTimestamp(end))
	if !span.IsRecording() {
		return within
	}
	span.AddEvent(evaluationEvent,
		trace.WithTimestamp(start), trace.WithAttributes(x.evaluation(o, f, at)...))
	x.describe(span, o, calls, detached)
	for i := range calls {
		if calls[i].invoked {
			x.traceCall(within, &calls[i], at, detached, caller)
		}
	}
	if differences := o.Shown.Differences; len(differences) > 0 {
		span.AddEvent(differenceEvent, trace.WithTimestamp(end), trace.WithAttributes(
			pathsKey.StringSlice(pathsOf(differences)), differencesKey.Int(len(differences))))
	}
	return within
}

func (x *Observer) evaluation(o *cutover.Observation, f *flag, at labels) []attribute.KeyValue {
	attrs := []attribute.KeyValue{
		semconv.FeatureFlagKey(f.name),
		semconv.FeatureFlagResultVariant(stageNames[at.stage]),
		semconv.FeatureFlagProviderName(clip(x.flagProvider, maxName)),
	}
	if x.contextID {
		attrs = append(attrs, semconv.FeatureFlagContextID(clip(o.Context.FullyQualifiedKey(), maxName)))
	}
	return attrs
}

// describe adds to an operation's span what came of it. It failed if its caller got no answer.
func (x *Observer) describe(
	span trace.Span, o *cutover.Observation, calls *[2]call, detached bool,
) {
	attrs := []attribute.KeyValue{authorityKey.String(originNames[originOf(o.Authoritative)])}
	if detached {
		attrs = append(attrs, detachedKey.Bool(true))
	}
	if o.FellBack {
		attrs = append(attrs, fellBackKey.Bool(true))
	}
	if o.Rechecks > 0 {
		attrs = append(attrs, rechecksKey.Int(o.Rechecks))
	}
	if outcome, reason := x.checkOf(o); outcome != 0 {
		attrs = append(attrs, outcomeKey.String(outcomeNames[outcome]))
		if reason != "" {
			attrs = append(attrs, reasonKey.String(reason))
		}
	}
	for i := range calls {
		if calls[i].skipped {
			attrs = append(attrs, skippedKey.Bool(true))
		}
	}
	answer := answering(calls, o.FellBack)
	if answer.notFound {
		attrs = append(attrs, notFoundKey.Bool(true))
	}
	span.SetAttributes(attrs...)
	x.fail(span, answer)
}

func (x *Observer) traceCall(
	ctx context.Context, c *call, at labels, detached bool, caller trace.SpanContext,
) {
	attrs := []attribute.KeyValue{
		originKey.String(originNames[c.origin]), roleKey.String(roleNames[c.role]),
	}
	if c.notFound {
		attrs = append(attrs, notFoundKey.Bool(true))
	}
	options := []trace.SpanStartOption{trace.WithTimestamp(c.start)}
	if detached && c.role == secondary {
		attrs = append(attrs, detachedKey.Bool(true))
		if caller.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: caller}))
		}
	}
	name := operationNames[at.operation] + " " + originNames[c.origin]
	_, span := x.tracer.Start(ctx, name, append(options, trace.WithAttributes(attrs...))...)
	defer span.End(trace.WithTimestamp(c.end))
	x.fail(span, c)
}

// fail marks the span of a call that failed, or of the operation that failed because of it.
func (x *Observer) fail(span trace.Span, c *call) {
	if !c.failed() {
		return
	}
	var description string
	if x.messages {
		description = clip(messageOf(c.err), maxMessage)
	}
	span.SetStatus(codes.Error, description)
	span.SetAttributes(semconv.ErrorTypeKey.String(c.errorType))
}

// isDetached reports whether the caller had its result while the secondary ran. In any other order
// than [cutover.Detached], an operation that was read again was left to the background for that,
// and one that was not has returned at its caller's deadline.
func isDetached(o *cutover.Observation) bool {
	return o.Detached && (o.Order == cutover.Detached || o.Rechecks == 0)
}

// extent is when the operation was under way, as far as the caller waited for it.
func extent(calls *[2]call, detached bool) (start, end time.Time) {
	for i := range calls {
		c := &calls[i]
		if !c.invoked {
			continue
		}
		if start.IsZero() || c.start.Before(start) {
			start = c.start
		}
		if c.end.After(end) && (c.role == authoritative || !detached) {
			end = c.end
		}
	}
	return start, end
}

func pathsOf(differences []compare.Difference) []string {
	paths := make([]string, 0, min(len(differences), maxPaths))
	for i := range differences[:min(len(differences), maxPaths)] {
		paths = append(paths, clip(differences[i].Path, maxPath))
	}
	return paths
}
