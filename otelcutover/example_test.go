package otelcutover_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/otelcutover"
)

// In a service the providers are the global ones, and the client is an *ld.LDClient.
func Example() {
	reader, spans := sdkmetric.NewManualReader(), tracetest.NewSpanRecorder()
	telemetry, err := otelcutover.New(
		otelcutover.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		otelcutover.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	orders, err := cutover.New(&stagedClient{stage: ldmigration.Shadow}, "orders-to-postgres").
		ReadOrder(ldmigration.Serial).Observe(telemetry).Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	legacy := func(_ context.Context, id string) (string, error) { return "order " + id, nil }
	postgres := func(context.Context, string) (string, error) { return "", errors.New("no rows") }
	getOrder, err := cutover.NewReader(orders, legacy, postgres).Build()
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	order, err := getOrder.Read(ctx, ldcontext.NewWithKind("tenant", "acme"), "o-1")
	fmt.Println(order, err)

	for _, span := range spans.Ended() {
		fmt.Println("span:", span.Name(), span.Status().Code)
	}
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &metrics); err != nil {
		fmt.Println(err)
		return
	}
	for _, metric := range metrics.ScopeMetrics[0].Metrics {
		fmt.Println("metric:", metric.Name)
	}
	// Output:
	// order o-1 <nil>
	// span: read old Unset
	// span: read new Error
	// span: read orders-to-postgres Unset
	// metric: cutover.origin.duration
	// metric: cutover.consistency.checks
	// metric: cutover.rechecks
	// metric: cutover.secondary.timeouts
	// metric: cutover.secondary.panics
	// metric: cutover.secondary.skips
	// metric: cutover.fallbacks
	// metric: cutover.stage.active
}
