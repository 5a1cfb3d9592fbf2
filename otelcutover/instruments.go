package otelcutover

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
)

// instruments are all metrics there are.
type instruments struct {
	duration metric.Float64Histogram
	checks, timeouts, panics, skips,
	fallbacks, stageChanges metric.Int64Counter
}

// buckets are finer than the convention's for databases below 10 ms, where most of them answer.
var buckets = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func (i *instruments) make(meter metric.Meter, observeStages metric.Int64Callback) error {
	var faults []error
	var err error
	i.duration, err = meter.Float64Histogram("cutover.origin.duration",
		metric.WithDescription("Duration of one call of an origin's function."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(buckets...))
	faults = append(faults, err)

	for _, counter := range []struct {
		into                    *metric.Int64Counter
		name, unit, description string
	}{
		{&i.checks, "cutover.consistency.checks", "{check}", "Reads of both origins, by what their comparison said or why there was none."},
		{&i.timeouts, "cutover.secondary.timeouts", "{timeout}", "Secondary calls whose time was over."},
		{&i.panics, "cutover.secondary.panics", "{panic}", "Secondary calls that panicked or called runtime.Goexit."},
		{&i.skips, "cutover.secondary.skips", "{skip}", "Secondary reads that were not made because the background was full."},
		{&i.fallbacks, "cutover.fallbacks", "{fallback}", "Reads whose authoritative call failed, answered by the secondary."},
		{&i.stageChanges, "cutover.stage.changes", "{change}", "Stage changes seen."},
	} {
		*counter.into, err = meter.Int64Counter(counter.name,
			metric.WithDescription(counter.description), metric.WithUnit(counter.unit))
		faults = append(faults, err)
	}

	_, err = meter.Int64ObservableGauge("cutover.stage.active",
		metric.WithDescription("1 for each stage that operations ran at in the last minute, or last of all; 0 for the others."),
		metric.WithUnit("{flag}"), metric.WithInt64Callback(observeStages))
	return errors.Join(append(faults, err)...)
}
