package otelcutover_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/otelcutover"
)

// design is the stage table once more, by hand.
var design = []struct {
	stage         ldmigration.Stage
	reads, writes []string // the authoritative one first
	checked       bool
}{
	{ldmigration.Off, []string{"old"}, []string{"old"}, false},
	{ldmigration.DualWrite, []string{"old"}, []string{"old", "new"}, false},
	{ldmigration.Shadow, []string{"old", "new"}, []string{"old", "new"}, true},
	{ldmigration.Live, []string{"new", "old"}, []string{"new", "old"}, true},
	{ldmigration.RampDown, []string{"new"}, []string{"new", "old"}, false},
	{ldmigration.Complete, []string{"new"}, []string{"new"}, false},
}

func TestEveryStageIsMeasuredAndTraced(t *testing.T) {
	t.Parallel()
	for _, row := range design {
		t.Run(string(row.stage), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			c, err := build(t, row.stage, r).Build()
			require.NoError(t, err)
			reader, err := cutover.NewReader(c, answer(0), answer(0)).CompareEqual().Build()
			require.NoError(t, err)
			save := func(context.Context, string) error { return nil }
			writer, err := cutover.NewWriter(c, save, save).Build()
			require.NoError(t, err)

			ctx, caller := r.tracer.Start(t.Context(), "caller")
			_, err = reader.Read(ctx, user, "payload")
			require.NoError(t, err)
			require.NoError(t, writer.Write(ctx, user, "payload"))
			caller.End()
			require.NoError(t, c.Close(t.Context()))

			points := r.metrics(t)
			assert.Len(t, points["cutover.origin.duration"], len(row.reads)+len(row.writes))
			wantSpans := []string{"caller"}
			for operation, calls := range map[string][]string{"read": row.reads, "write": row.writes} {
				root := r.span(t, operation+" "+flagKey)
				wantSpans = append(wantSpans, root.Name())
				assert.Equal(t, caller.SpanContext().SpanID(), root.Parent().SpanID())
				assert.Empty(t, root.Links())
				for i, origin := range calls {
					role := "authoritative"
					if i > 0 {
						role = "secondary"
					}
					assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration",
						"feature_flag.key", flagKey, "feature_flag.result.variant", string(row.stage),
						"cutover.operation", operation, "cutover.origin", origin, "cutover.role", role, "error.type", ""))
					span := r.span(t, operation+" "+origin)
					wantSpans = append(wantSpans, span.Name())
					assert.Equal(t, root.SpanContext().SpanID(), span.Parent().SpanID())
					attrs := attrsOf(span.Attributes())
					assert.Equal(t, map[string]string{"cutover.origin": origin, "cutover.role": role}, attrs)
				}
			}
			assert.ElementsMatch(t, wantSpans, r.spanNames())

			if row.checked {
				assert.EqualValues(t, 1, r.count(t, "cutover.consistency.checks", "cutover.consistency.outcome", "consistent"))
			}
			assert.Len(t, points["cutover.consistency.checks"], map[bool]int{true: 1, false: 0}[row.checked])
			assert.EqualValues(t, 1, r.count(t, "cutover.stage.active"))
			assert.EqualValues(t, 1, r.count(t, "cutover.stage.active", "feature_flag.result.variant", string(row.stage)))
		})
	}
}

func TestEveryConsistencyIsCounted(t *testing.T) {
	t.Parallel()
	for consistency, want := range map[cutover.Consistency]string{
		cutover.SingleOrigin:       "",
		cutover.NoComparison:       "not_checked no_comparison",
		cutover.ReadFailed:         "not_checked read_failed",
		cutover.NotSampled:         "not_checked not_sampled",
		cutover.SecondarySkipped:   "not_checked secondary_skipped",
		cutover.WrittenMeanwhile:   "not_checked written_meanwhile",
		cutover.ComparedLater:      "not_checked compared_later",
		cutover.ComparisonPanicked: "not_checked comparison_panicked",
		cutover.Undecided:          "not_checked undecided",
		cutover.Consistent:         "consistent ",
		cutover.Inconsistent:       "inconsistent ",
		cutover.Ignored:            "ignored cents-are-rounded",
		250:                        "not_checked _OTHER",
	} {
		t.Run(consistency.String(), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			o := observation()
			o.Consistency = consistency
			if consistency == cutover.Ignored {
				o.IgnoredBy = "cents-are-rounded"
			}
			r.Observe(t.Context(), o)
			var got string
			for _, p := range r.metrics(t)["cutover.consistency.checks"] {
				require.Empty(t, got)
				got = p.attrs["cutover.consistency.outcome"] + " " + p.attrs["cutover.consistency.reason"]
			}
			assert.Equal(t, want, got)

			attrs := attrsOf(r.span(t, "read "+flagKey).Attributes())
			if want != "" {
				assert.Equal(t, want, attrs["cutover.consistency.outcome"]+" "+attrs["cutover.consistency.reason"])
			}
		})
	}
}

// pgError stands for a driver's own error.
type pgError struct{ error }

// coded is an error that names its own type.
type coded struct{ error }

func (coded) ErrorType() string { return "40001" }

func TestErrorTypesAreClassesAndNoMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"timeout":            {&cutover.TimeoutError{After: time.Second}, "timeout"},
		"panic":              {&cutover.PanicError{Value: "secret"}, "panic"},
		"Goexit":             {fmt.Errorf("runtime.Goexit: %w", cutover.ErrUnwound), "panic"},
		"canceled":           {fmt.Errorf("query: %w", context.Canceled), "context.Canceled"},
		"deadline":           {fmt.Errorf("query: %w", context.DeadlineExceeded), "context.DeadlineExceeded"},
		"driver's":           {fmt.Errorf("order secret: %w", &pgError{}), "*otelcutover_test.pgError"},
		"names itself":       {coded{}, "40001"},
		"plain":              {errors.New("secret"), "*errors.errorString"},
		"a panic, and late":  {&cutover.TimeoutError{Err: &cutover.PanicError{Value: 1}}, "timeout"},
		"with a long type":   {long{}, longName[:128]},
		"with no valid text": {garbled{}, "a?b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			o := observation()
			o.New.Err = c.err
			r.Observe(t.Context(), o)
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "cutover.origin", "new", "error.type", c.want))
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "cutover.origin", "old", "error.type", ""))
			assert.Equal(t, c.want, attrsOf(r.span(t, "read new").Attributes())["error.type"])
		})
	}
}

func TestWhatGoesWrongWithASecondaryIsCounted(t *testing.T) {
	t.Parallel()
	t.Run("it hangs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			c, err := build(t, ldmigration.Shadow, r).SecondaryTimeout(time.Second).Build()
			require.NoError(t, err)
			reader, err := cutover.NewReader(c, answer(0), answer(time.Hour)).Build()
			require.NoError(t, err)
			_, err = reader.Read(t.Context(), user, "payload")
			require.NoError(t, err)
			assert.EqualValues(t, 1, r.count(t, "cutover.secondary.timeouts", "cutover.origin", "new", "cutover.operation", "read"))
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "error.type", "timeout"))
			assert.Zero(t, r.count(t, "cutover.secondary.panics"))
			span := r.span(t, "read new")
			assert.Equal(t, time.Second, span.EndTime().Sub(span.StartTime()))
			require.NoError(t, c.Close(t.Context()))
		})
	})
	t.Run("it panics", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		c, err := build(t, ldmigration.Live, r).Build()
		require.NoError(t, err)
		save := func(context.Context, string) error { return nil }
		writer, err := cutover.NewWriter(c, func(context.Context, string) error { panic("secret") }, save).Build()
		require.NoError(t, err)
		require.NoError(t, writer.Write(t.Context(), user, "payload"))
		assert.EqualValues(t, 1, r.count(t, "cutover.secondary.panics", "cutover.origin", "old", "cutover.operation", "write"))
		assert.Zero(t, r.count(t, "cutover.secondary.timeouts"))
	})
	t.Run("the background is full", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			c, err := build(t, ldmigration.Shadow, r).ReadOrder(cutover.Detached).MaxBackground(1).Build()
			require.NoError(t, err)
			reader, err := cutover.NewReader(c, answer(0), answer(time.Second)).CompareEqual().Build()
			require.NoError(t, err)
			for range 2 {
				_, err = reader.Read(t.Context(), user, "payload")
				require.NoError(t, err)
			}
			assert.EqualValues(t, 1, r.count(t, "cutover.secondary.skips"))
			assert.EqualValues(t, 1, r.count(t, "cutover.consistency.checks", "cutover.consistency.reason", "secondary_skipped"))
			assert.Equal(t, "true", attrsOf(r.span(t, "read "+flagKey).Attributes())["cutover.secondary.skipped"])
			require.NoError(t, c.Close(t.Context()))
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "cutover.origin", "new"))
		})
	})
	t.Run("it answers for the other one", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		c, err := build(t, ldmigration.Live, r).Build()
		require.NoError(t, err)
		reader, err := cutover.NewReader(c, answer(0), refuseWith(errors.New("secret"))).FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "payload")
		require.NoError(t, err)
		assert.EqualValues(t, 1, r.count(t, "cutover.fallbacks", "feature_flag.result.variant", "live"))
	})
}

// A counter that appears with its first event is not seen to rise by what computes rates.
func TestWhatIsRareBeginsAtZero(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 2 {
		r.Observe(t.Context(), observation())
	}
	assert.Equal(t, map[string]int{
		"cutover.consistency.checks": 1, "cutover.secondary.timeouts": 1, "cutover.secondary.panics": 1,
		"cutover.secondary.skips": 1, "cutover.fallbacks": 1, "cutover.rechecks": 1,
	}, r.zeros(t))
}

func TestNewRefusesWhatIsNil(t *testing.T) {
	t.Parallel()
	var meters *sdkmetric.MeterProvider
	var tracers *sdktrace.TracerProvider
	observer, err := otelcutover.New(
		otelcutover.WithMeterProvider(meters), nil, otelcutover.WithTracerProvider(tracers))
	require.ErrorIs(t, err, otelcutover.ErrNilProvider)
	require.ErrorIs(t, err, otelcutover.ErrNilOption)
	require.EqualError(t, err, "option 1: option is nil\nmeter provider is nil\ntracer provider is nil")
	assert.Nil(t, observer)
	_, err = otelcutover.New(otelcutover.WithMeterProvider(nil))
	require.ErrorIs(t, err, otelcutover.ErrNilProvider)
	_, err = otelcutover.New(nil)
	require.ErrorIs(t, err, otelcutover.ErrNilOption)
}

// brokenMeters make no gauge.
type brokenMeters struct{ metricnoop.MeterProvider }

type brokenMeter struct{ metricnoop.Meter }

func (brokenMeters) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

func (brokenMeter) Int64ObservableGauge(
	string, ...metric.Int64ObservableGaugeOption,
) (metric.Int64ObservableGauge, error) {
	return nil, errors.New("no gauges here")
}

func TestThereIsNoObserverBesideAnError(t *testing.T) {
	t.Parallel()
	observer, err := otelcutover.New(otelcutover.WithMeterProvider(brokenMeters{}))
	require.EqualError(t, err, "no gauges here")
	assert.Nil(t, observer)
}

func TestTheGlobalProvidersAreTheDefault(t *testing.T) {
	t.Parallel()
	observer, err := otelcutover.New()
	require.NoError(t, err)
	observer.Observe(t.Context(), observation())
}

func TestOneObserverServesAllAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				o := observation()
				o.Flag = "flag-" + strconv.Itoa(n%3)
				o.Stage = allStages[(i+n)%len(allStages)]
				r.Observe(context.Background(), o)
				r.ObserveStage(context.Background(), cutover.StageChange{Flag: o.Flag, From: "off", To: o.Stage})
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			r.metrics(t)
		}
	})
	wg.Wait()
	assert.EqualValues(t, 800, r.count(t, "cutover.origin.duration"))
	assert.EqualValues(t, 400, r.count(t, "cutover.stage.changes"))
}

func TestMeasuringAllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	if testing.CoverMode() != "" || raceEnabled {
		t.Skip("counts only without instrumentation")
	}
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	observer, err := otelcutover.New(
		otelcutover.WithMeterProvider(meters), otelcutover.WithTracerProvider(tracenoop.NewTracerProvider()))
	require.NoError(t, err)
	ctx, o := context.Background(), observation()
	assert.Zero(t, testing.AllocsPerRun(1000, func() { observer.Observe(ctx, o) }))
}

func BenchmarkObserve(b *testing.B) {
	sampled := sdktrace.NewTracerProvider()
	unsampled := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	for _, c := range []struct {
		name    string
		options []otelcutover.Option
	}{
		{"nothing", []otelcutover.Option{
			otelcutover.WithMeterProvider(metricnoop.NewMeterProvider()), otelcutover.WithTracerProvider(tracenoop.NewTracerProvider()),
		}},
		{"metrics", []otelcutover.Option{
			otelcutover.WithMeterProvider(meters), otelcutover.WithTracerProvider(tracenoop.NewTracerProvider()),
		}},
		{"metrics, unsampled spans", []otelcutover.Option{
			otelcutover.WithMeterProvider(meters), otelcutover.WithTracerProvider(unsampled),
		}},
		{"metrics, spans", []otelcutover.Option{
			otelcutover.WithMeterProvider(meters), otelcutover.WithTracerProvider(sampled),
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			observer, err := otelcutover.New(c.options...)
			require.NoError(b, err)
			ctx, o := context.Background(), observation()
			b.ReportAllocs()
			for b.Loop() {
				observer.Observe(ctx, o)
			}
		})
	}
}
