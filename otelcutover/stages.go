package otelcutover

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"go.opentelemetry.io/otel/metric"
)

// A stage is in use for a minute after an operation ran at it. The time of that operation is known
// to the second, so that operations do not contend for it.
const (
	inUse      = time.Minute
	resolution = time.Second
)

// flag is what is kept of one flag.
type flag struct {
	name   string
	spans  [len(operationNames)]string
	seen   [len(stageNames)]atomic.Int64 // when an operation ran at the stage; zero if it is not in use
	series series

	mu   sync.Mutex
	left map[departure]int64 // when
}

// departure is a stage that one kind of evaluation context has left.
type departure struct {
	stage value
	kind  ldcontext.Kind
}

func newFlag(name string) *flag {
	name = strings.Clone(name)
	f := &flag{
		name:   name,
		series: series{flag: name, known: make(map[labels]*ready)},
		left:   make(map[departure]int64),
	}
	for operation, verb := range operationNames {
		f.spans[operation] = verb + " " + name
	}
	return f
}

// ran notes that an operation ran at a stage. What pinned and slow operations still do at a stage
// that was left does not bring it back within the next minute.
func (f *flag) ran(stage value, kind ldcontext.Kind, at time.Time) {
	nanos := at.UnixNano()
	if nanos-f.seen[stage].Load() < int64(resolution) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if left, ok := f.left[departure{stage, kind}]; ok && nanos-left < int64(inUse) {
		return
	}
	f.seen[stage].Store(nanos)
}

// changed notes that a kind of context is given another stage, and that the one before is in use
// beside it or was left.
func (f *flag) changed(from, to value, sideBySide bool, kind ldcontext.Kind, at time.Time) {
	nanos := at.UnixNano()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.use(to, kind, nanos)
	switch {
	case sideBySide:
		f.use(from, kind, nanos)
	case from != to:
		f.leave(from, kind, nanos)
	}
}

func (f *flag) use(stage value, kind ldcontext.Kind, nanos int64) {
	delete(f.left, departure{stage, kind})
	f.seen[stage].Store(nanos)
}

func (f *flag) leave(stage value, kind ldcontext.Kind, nanos int64) {
	f.seen[stage].Store(0)
	for gone, left := range f.left {
		if nanos-left >= int64(inUse) {
			delete(f.left, gone)
		}
	}
	if len(f.left) < maxDepartures {
		f.left[departure{stage, kind}] = nanos
	}
}

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
