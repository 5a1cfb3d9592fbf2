package otelcutover_test

import (
	"context"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/otelcutover"
)

const flagKey = "orders-to-postgres"

var (
	user      = ldcontext.New("user-key")
	allStages = []ldmigration.Stage{
		ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow,
		ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
	}
)

// stagedClient answers one stage for every flag.
type stagedClient struct{ stage ldmigration.Stage }

func (c *stagedClient) MigrationVariation(
	key string, context ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return c.stage, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: context, Default: defaultStage, Stage: c.stage,
	}), nil
}

func (c *stagedClient) TrackMigrationOp(ldevents.MigrationOpEventData) error { return nil }

// rig is an observer whose metrics and spans can be read back.
type rig struct {
	*otelcutover.Observer
	reader *sdkmetric.ManualReader
	spans  *tracetest.SpanRecorder
	tracer trace.Tracer // the caller's
}

func newRig(tb testing.TB, options ...otelcutover.Option) *rig {
	tb.Helper()
	r := &rig{reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader), sdkmetric.WithCardinalityLimit(0))
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.spans))
	r.tracer = tracers.Tracer("caller")
	observer, err := otelcutover.New(append([]otelcutover.Option{
		otelcutover.WithMeterProvider(meters), otelcutover.WithTracerProvider(tracers),
	}, options...)...)
	require.NoError(tb, err)
	r.Observer = observer
	return r
}

// point is one series: its attributes, and its count or value.
type point struct {
	attrs map[string]string
	value int64
}

func attrsOf(set []attribute.KeyValue) map[string]string {
	attrs := make(map[string]string)
	for _, kv := range set {
		attrs[string(kv.Key)] = kv.Value.String()
	}
	return attrs
}

func (r *rig) collect(tb testing.TB) metricdata.ResourceMetrics {
	tb.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(tb, r.reader.Collect(context.Background(), &all))
	return all
}

// metrics are all series by their metric. A counter that is zero is left out.
func (r *rig) metrics(tb testing.TB) map[string][]point {
	tb.Helper()
	points := make(map[string][]point)
	for _, scope := range r.collect(tb).ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{attrsOf(p.Attributes.ToSlice()), int64(p.Count)})
				}
			case metricdata.Sum[int64]:
				require.True(tb, data.IsMonotonic)
				for _, p := range data.DataPoints {
					if p.Value != 0 {
						points[m.Name] = append(points[m.Name], point{attrsOf(p.Attributes.ToSlice()), p.Value})
					}
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{attrsOf(p.Attributes.ToSlice()), p.Value})
				}
			default:
				tb.Fatalf("%s is a %T", m.Name, data)
			}
		}
	}
	return points
}

// count adds up what a metric has with the given attributes: key, value, key, value.
func (r *rig) count(tb testing.TB, metric string, with ...string) int64 {
	tb.Helper()
	var sum int64
	for _, p := range r.metrics(tb)[metric] {
		matches := true
		for i := 0; i < len(with); i += 2 {
			matches = matches && p.attrs[with[i]] == with[i+1]
		}
		if matches {
			sum += p.value
		}
	}
	return sum
}

// zeros counts the series of each counter that are zero.
func (r *rig) zeros(tb testing.TB) map[string]int {
	tb.Helper()
	zeros := make(map[string]int)
	for _, scope := range r.collect(tb).ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
				for _, p := range sum.DataPoints {
					if p.Value == 0 {
						zeros[m.Name]++
					}
				}
			}
		}
	}
	return zeros
}

// active are the stages that the gauge tells as in use.
func (r *rig) active(tb testing.TB) (stages []string) {
	tb.Helper()
	for _, stage := range allStages {
		if r.count(tb, "cutover.stage.active", "feature_flag.result.variant", string(stage)) == 1 {
			stages = append(stages, string(stage))
		}
	}
	return stages
}

// span returns the one span of a name.
func (r *rig) span(tb testing.TB, name string) sdktrace.ReadOnlySpan {
	tb.Helper()
	var found sdktrace.ReadOnlySpan
	for _, span := range r.spans.Ended() {
		if span.Name() == name {
			require.Nil(tb, found, "two spans %q", name)
			found = span
		}
	}
	require.NotNil(tb, found, "no span %q", name)
	return found
}

func (r *rig) spanNames() []string {
	var names []string
	for _, span := range r.spans.Ended() {
		names = append(names, span.Name())
	}
	return names
}

// observation is a read at shadow that went well: the old system took 10 ms, the new one 20 ms, and
// they agreed.
func observation() cutover.Observation {
	start := time.Now().Add(-30 * time.Millisecond)
	return cutover.Observation{
		Operation:     ldmigration.Read,
		Flag:          flagKey,
		Context:       user,
		Stage:         ldmigration.Shadow,
		Authoritative: ldmigration.Old,
		Order:         ldmigration.Concurrent,
		Old:           cutover.Outcome[any]{Invoked: true, Start: start, Latency: 10 * time.Millisecond},
		New:           cutover.Outcome[any]{Invoked: true, Start: start.Add(time.Millisecond), Latency: 20 * time.Millisecond},
		Consistency:   cutover.Consistent,
	}
}

type readFunc = func(context.Context, string) (string, error)

// answer is a function that returns its payload after a while.
func answer(after time.Duration) readFunc {
	return func(_ context.Context, payload string) (string, error) {
		time.Sleep(after)
		return payload, nil
	}
}

func refuseWith(err error) readFunc {
	return func(context.Context, string) (string, error) { return "", err }
}

func build(tb testing.TB, stage ldmigration.Stage, with ...cutover.Observer) *cutover.Builder {
	tb.Helper()
	b := cutover.New(&stagedClient{stage: stage}, flagKey)
	for _, observer := range with {
		b.Observe(observer)
	}
	return b
}
