package otelcutover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/otelcutover"
)

func TestSpansHaveTheTimesOfTheirCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c, err := build(t, ldmigration.Live, r).ReadOrder(ldmigration.Serial).Build()
		require.NoError(t, err)
		reader, err := cutover.NewReader(c, answer(20*time.Millisecond), answer(30*time.Millisecond)).Build()
		require.NoError(t, err)
		time.Sleep(time.Hour)
		start := time.Now()
		_, err = reader.Read(t.Context(), user, "payload")
		require.NoError(t, err)
		require.NoError(t, c.Close(t.Context()))

		for name, want := range map[string][2]time.Duration{
			"read " + flagKey: {0, 50 * time.Millisecond},
			"read new":        {0, 30 * time.Millisecond},
			"read old":        {30 * time.Millisecond, 50 * time.Millisecond},
		} {
			span := r.span(t, name)
			assert.Equal(t, want, [2]time.Duration{span.StartTime().Sub(start), span.EndTime().Sub(start)}, name)
		}
		assert.False(t, r.span(t, "read "+flagKey).Parent().IsValid(), "a root where the caller has no span")
	})
}

func TestADetachedSecondaryIsLinkedToItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c, err := build(t, ldmigration.Shadow, r).ReadOrder(cutover.Detached).Build()
		require.NoError(t, err)
		reader, err := cutover.NewReader(c, answer(10*time.Millisecond), answer(300*time.Millisecond)).
			CompareEqual().Build()
		require.NoError(t, err)

		start := time.Now()
		ctx, caller := r.tracer.Start(t.Context(), "caller")
		_, err = reader.Read(ctx, user, "payload")
		require.NoError(t, err)
		caller.End()
		require.NoError(t, c.Close(t.Context()))

		operation, first, second := r.span(t, "read "+flagKey), r.span(t, "read old"), r.span(t, "read new")
		assert.Equal(t, caller.SpanContext().SpanID(), operation.Parent().SpanID())
		assert.Equal(t, 10*time.Millisecond, operation.EndTime().Sub(start), "what the caller waited for")
		assert.Equal(t, 10*time.Millisecond, first.EndTime().Sub(start))
		assert.Equal(t, 300*time.Millisecond, second.EndTime().Sub(start))
		assert.Equal(t, operation.SpanContext().SpanID(), second.Parent().SpanID())
		require.Len(t, second.Links(), 1)
		assert.Equal(t, caller.SpanContext(), second.Links()[0].SpanContext)
		assert.Empty(t, first.Links())
		assert.Empty(t, operation.Links())
		assert.Equal(t, "true", attrsOf(second.Attributes())["cutover.detached"])
		assert.Equal(t, "true", attrsOf(operation.Attributes())["cutover.detached"])
		assert.EqualValues(t, 1, r.count(t, "cutover.consistency.checks", "cutover.consistency.outcome", "consistent"))
	})
}

func TestAnOperationIsDetachedOnlyIfItsCallerDidNotWait(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cutover.Observation){
		"one that fell back":          func(o *cutover.Observation) { o.FellBack, o.Old.Err = true, errors.New("down") },
		"one without a secondary":     func(o *cutover.Observation) { o.New = cutover.Outcome[any]{} },
		"one with its secondary left": func(o *cutover.Observation) { o.New = cutover.Outcome[any]{Err: cutover.ErrSecondarySkipped} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			ctx, caller := r.tracer.Start(t.Context(), "caller")
			defer caller.End()
			o := observation()
			o.Order = cutover.Detached
			change(&o)
			r.Observe(ctx, o)
			for _, span := range r.spans.Ended() {
				assert.NotContains(t, attrsOf(span.Attributes()), "cutover.detached")
				assert.Empty(t, span.Links())
			}
		})
	}
}

func TestADetachedReadOutsideATraceHasNothingToLinkTo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := observation()
	o.Order, o.Detached = cutover.Detached, true
	r.Observe(t.Context(), o)
	assert.Empty(t, r.span(t, "read new").Links())
}

func TestAnOperationFailsIfItsCallerGotAnError(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, c := range map[string]struct {
		change        func(*cutover.Observation)
		operation     codes.Code
		oldOne, newer codes.Code
	}{
		"none fails":              {func(*cutover.Observation) {}, codes.Unset, codes.Unset, codes.Unset},
		"the secondary fails":     {func(o *cutover.Observation) { o.New.Err = down }, codes.Unset, codes.Unset, codes.Error},
		"the authoritative fails": {func(o *cutover.Observation) { o.Old.Err = down }, codes.Error, codes.Error, codes.Unset},
		"and the other answers": {
			func(o *cutover.Observation) { o.Old.Err, o.FellBack = down, true }, codes.Unset, codes.Error, codes.Unset,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			o := observation()
			c.change(&o)
			r.Observe(t.Context(), o)
			for span, want := range map[string]codes.Code{
				"read " + flagKey: c.operation, "read old": c.oldOne, "read new": c.newer,
			} {
				status := r.span(t, span).Status()
				assert.Equal(t, want, status.Code, span)
				assert.Empty(t, status.Description, "no message unless asked for")
				if want == codes.Error {
					assert.Equal(t, "*errors.errorString", attrsOf(r.span(t, span).Attributes())["error.type"])
				}
			}
		})
	}
}

func TestTheEvaluationIsAnEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Observe(t.Context(), observation())
	span := r.span(t, "read "+flagKey)
	require.Len(t, span.Events(), 1)
	event := span.Events()[0]
	assert.Equal(t, "feature_flag.evaluation", event.Name)
	assert.Equal(t, span.StartTime(), event.Time)
	assert.Equal(t, map[string]string{
		"feature_flag.key": flagKey, "feature_flag.result.variant": "shadow", "feature_flag.provider.name": "LaunchDarkly",
	}, attrsOf(event.Attributes))
	assert.Equal(t, map[string]string{
		"feature_flag.key": flagKey, "feature_flag.result.variant": "shadow", "cutover.operation": "read",
		"cutover.authoritative": "old", "cutover.consistency.outcome": "consistent",
	}, attrsOf(span.Attributes()))
}

func TestWhatIsAskedForIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, otelcutover.WithContextID(), otelcutover.WithErrorMessages(), otelcutover.WithFlagProvider("flagd"))
	o := observation()
	o.Context = ldcontext.NewWithKind("org", "acme")
	o.New.Err = errors.New("no order " + strings.Repeat("ö", 200))
	r.Observe(t.Context(), o)
	event := attrsOf(r.span(t, "read "+flagKey).Events()[0].Attributes)
	assert.Equal(t, "org:acme", event["feature_flag.context.id"])
	assert.Equal(t, "flagd", event["feature_flag.provider.name"])
	assert.Equal(t, "no order "+strings.Repeat("ö", 123), r.span(t, "read new").Status().Description)
}

func TestDifferingPathsAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := observation()
	o.Consistency = cutover.Inconsistent
	for i := range 20 {
		o.Shown.Differences = append(o.Shown.Differences, compare.Difference{
			Path: fmt.Sprintf("%02d", i) + strings.Repeat("ö", 100), Old: "secret", New: "secret",
		})
	}
	o.Differences = []compare.Difference{{Path: "secret"}}
	r.Observe(t.Context(), o)
	events := r.span(t, "read "+flagKey).Events()
	require.Len(t, events, 2)
	assert.Equal(t, "cutover.difference", events[1].Name)
	set := attribute.NewSet(events[1].Attributes...)
	count, _ := set.Value("cutover.difference.count")
	paths, _ := set.Value("cutover.difference.paths")
	assert.EqualValues(t, 20, count.AsInt64())
	require.Len(t, paths.AsStringSlice(), 16)
	for i, path := range paths.AsStringSlice() {
		assert.Equal(t, fmt.Sprintf("%02d", i)+strings.Repeat("ö", 63), path)
	}
}

// Everything that could hold a user's data holds the word.
func TestNothingOfUsersIsTold(t *testing.T) {
	t.Parallel()
	const secret = "secret"
	r := newRig(t)
	o := observation()
	o.Context = ldcontext.New(secret)
	o.Payload = secret
	o.Consistency = cutover.Inconsistent
	o.Differences = []compare.Difference{{Path: secret, Old: secret, New: secret}}
	o.Shown = cutover.Shown{
		Keys: []string{secret}, Payload: secret, Old: secret, New: secret,
		Differences: []compare.Difference{{Path: "/email", Old: secret, New: secret}},
	}
	o.Old.Value, o.New.Value = secret, secret
	o.New.Err = &cutover.PanicError{Value: secret, Stack: []byte(secret)}
	r.Observe(t.Context(), o)
	o.New.Err = &cutover.TimeoutError{Err: errors.New(secret)}
	r.Observe(t.Context(), o)
	o.Old.Err = errors.New(secret)
	r.Observe(t.Context(), o)

	var told strings.Builder
	for _, span := range tracetest.SpanStubsFromReadOnlySpans(r.spans.Ended()) {
		fmt.Fprintf(&told, "%+v\n", span)
	}
	metrics, err := json.Marshal(r.collect(t))
	require.NoError(t, err)
	told.Write(metrics)
	assert.Contains(t, told.String(), "/email")
	assert.NotContains(t, told.String(), secret)
}

func TestWithoutATracerOrASampleThereAreNoSpans(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	for name, option := range map[string]otelcutover.Option{
		"no tracer": otelcutover.WithTracerProvider(tracenoop.NewTracerProvider()),
		"no sample": otelcutover.WithTracerProvider(sdktrace.NewTracerProvider(
			sdktrace.WithSampler(sdktrace.NeverSample()), sdktrace.WithSpanProcessor(spans))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, option)
			r.Observe(t.Context(), observation())
			assert.Empty(t, spans.Ended())
			assert.EqualValues(t, 2, r.count(t, "cutover.origin.duration"))
		})
	}
}

func TestMeasurementsAreFoundByTheirTrace(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	r := newRig(t, otelcutover.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	r.reader = reader
	r.Observe(t.Context(), observation())
	data, err := json.Marshal(r.collect(t))
	require.NoError(t, err)
	id := r.span(t, "read "+flagKey).SpanContext().SpanID()
	want, err := json.Marshal(id[:])
	require.NoError(t, err)
	assert.Contains(t, string(data), `"SpanID":`+string(want))
}

// With ReturnAtDeadline the caller does not wait for the secondary beyond its context.
func TestAnOperationThatReturnedAtItsDeadlineIsDetached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c, err := build(t, ldmigration.Shadow, r.Observer).ReturnAtDeadline().Build()
		require.NoError(t, err)
		slow := answer(300 * time.Millisecond)
		reader, err := cutover.NewReader(c, answer(10*time.Millisecond), slow).CompareEqual().Build()
		require.NoError(t, err)
		writer, err := cutover.NewWriter(c,
			func(context.Context, string) error { return nil },
			func(ctx context.Context, payload string) error { _, err := slow(ctx, payload); return err }).Build()
		require.NoError(t, err)

		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = reader.Read(ctx, user, "payload")
		require.NoError(t, err)
		assert.Equal(t, 50*time.Millisecond, time.Since(start))
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.NoError(t, writer.Write(ctx, user, "payload"))
		require.NoError(t, c.Close(t.Context()))

		for _, operation := range []string{"read", "write"} {
			span, second := r.span(t, operation+" "+flagKey), r.span(t, operation+" new")
			assert.Equal(t, "true", attrsOf(span.Attributes())["cutover.detached"])
			assert.Equal(t, "true", attrsOf(second.Attributes())["cutover.detached"])
			assert.LessOrEqual(t, span.EndTime().Sub(span.StartTime()), 10*time.Millisecond, "what the caller had to wait for")
			assert.Equal(t, 300*time.Millisecond, second.EndTime().Sub(second.StartTime()))
		}
	})
}
