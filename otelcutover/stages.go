package otelcutover

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// A stage is in use for a minute after an operation ran at it. When one ran is known to the second, so that operations do
// not contend for it.
const (
	inUse      = time.Minute
	resolution = time.Second
)

// flag is what is kept of one flag.
type flag struct {
	name   string
	spans  [len(operationNames)]string
	seen   [len(stageNames)]atomic.Int64 // when an operation ran at the stage; zero is never, or that it was left
	series series
}

func newFlag(name string) *flag {
	name = strings.Clone(name)
	f := &flag{name: name, series: series{flag: name, known: make(map[labels]*ready)}}
	for operation, verb := range operationNames {
		f.spans[operation] = verb + " " + name
	}
	return f
}

func (f *flag) saw(stage value, at time.Time) {
	nanos := at.UnixNano()
	if nanos-f.seen[stage].Load() >= int64(resolution) {
		f.seen[stage].Store(nanos)
	}
}

func (f *flag) left(stage value) { f.seen[stage].Store(0) }

func (x *Observer) observeStages(_ context.Context, gauge metric.Int64Observer) error {
	since := time.Now().Add(-inUse).UnixNano()
	x.flags.each(func(f *flag) { f.observe(gauge, since) })
	return nil
}

func (f *flag) observe(gauge metric.Int64Observer, since int64) {
	var seen [len(stageNames)]int64
	var latest int64
	for stage := range seen {
		seen[stage] = f.seen[stage].Load()
		latest = max(latest, seen[stage])
	}
	if latest == 0 {
		return
	}
	for stage := value(1); stage <= noStage; stage++ {
		var active int64
		if seen[stage] >= min(since, latest) {
			active = 1
		} else if stage == noStage {
			continue
		}
		gauge.Observe(active, f.series.of(labels{stage: stage}).observe)
	}
}
