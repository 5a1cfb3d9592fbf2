package otelcutover

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
)

// instruments are the metrics, except for the gauge of stages.
type instruments struct {
	duration metric.Float64Histogram
	checks, timeouts, panics, skips,
	fallbacks, rechecks, stageChanges metric.Int64Counter
}

// buckets are finer than those of the convention for databases below 10 ms, where most answer.
var buckets = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func (i *instruments) make(meter metric.Meter, observeStages metric.Int64Callback) error {
	var faults []error
	var err error
	i.duration, err = meter.Float64Histogram("cutover.origin.duration",
		metric.WithDescription("Duration of one call of an origin's function."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(buckets...))
	faults = append(faults, err)

	for _, counter := range []struct {
		into              *metric.Int64Counter
		name, unit, about string
	}{
		{
			&i.checks, "cutover.consistency.checks", "{check}",
			"Reads of both origins, by what the comparison said or why it said nothing.",
		},
		{
			&i.rechecks, "cutover.rechecks", "{recheck}",
			"Times that both origins were read again because they differed.",
		},
		{
			&i.timeouts, "cutover.secondary.timeouts", "{timeout}",
			"Secondary calls that ran out of time.",
		},
		{
			&i.panics, "cutover.secondary.panics", "{panic}",
			"Secondary calls that panicked or called runtime.Goexit.",
		},
		{
			&i.skips, "cutover.secondary.skips", "{skip}",
			"Secondary reads and writes that were not made.",
		},
		{
			&i.fallbacks, "cutover.fallbacks", "{fallback}",
			"Reads whose authoritative call failed, answered by the secondary.",
		},
		{
			&i.stageChanges, "cutover.stage.changes", "{change}",
			"Stage changes.",
		},
	} {
		*counter.into, err = meter.Int64Counter(counter.name,
			metric.WithDescription(counter.about), metric.WithUnit(counter.unit))
		faults = append(faults, err)
	}

	_, err = meter.Int64ObservableGauge("cutover.stage.active",
		metric.WithDescription("1 for each stage in use, 0 for the others."),
		metric.WithUnit("{flag}"), metric.WithInt64Callback(observeStages))
	return errors.Join(append(faults, err)...)
}
