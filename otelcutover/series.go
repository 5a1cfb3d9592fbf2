package otelcutover

import (
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// The attributes that no convention has a name for.
const (
	operationKey   = attribute.Key("cutover.operation")
	originKey      = attribute.Key("cutover.origin")
	roleKey        = attribute.Key("cutover.role")
	notFoundKey    = attribute.Key("cutover.not_found")
	outcomeKey     = attribute.Key("cutover.consistency.outcome")
	reasonKey      = attribute.Key("cutover.consistency.reason")
	fromKey        = attribute.Key("cutover.stage.from")
	toKey          = attribute.Key("cutover.stage.to")
	sideBySideKey  = attribute.Key("cutover.stage.side_by_side")
	warnedKey      = attribute.Key("cutover.stage.warned")
	warningKey     = attribute.Key("cutover.stage.warning")
	authorityKey   = attribute.Key("cutover.authoritative")
	fellBackKey    = attribute.Key("cutover.fell_back")
	rechecksKey    = attribute.Key("cutover.rechecks")
	detachedKey    = attribute.Key("cutover.detached")
	skippedKey     = attribute.Key("cutover.secondary.skipped")
	pathsKey       = attribute.Key("cutover.difference.paths")
	differencesKey = attribute.Key("cutover.difference.count")
)

// labels tell the series of one flag apart. A zero is left out.
type labels struct {
	errorType, reason      string
	stage, operation       value
	origin, role, notFound value
	outcome                value
	from, to               value
	sideBySide, warned     value
}

func (l *labels) attributes(flag string) []attribute.KeyValue {
	attrs := []attribute.KeyValue{semconv.FeatureFlagKey(flag)}
	for _, label := range []struct {
		key   attribute.Key
		value string
	}{
		{semconv.FeatureFlagResultVariantKey, stageNames[l.stage]},
		{operationKey, operationNames[l.operation]},
		{originKey, originNames[l.origin]},
		{roleKey, roleNames[l.role]},
		{semconv.ErrorTypeKey, l.errorType},
		{outcomeKey, outcomeNames[l.outcome]},
		{reasonKey, l.reason},
		{fromKey, stageNames[l.from]},
		{toKey, stageNames[l.to]},
	} {
		if label.value != "" {
			attrs = append(attrs, label.key.String(label.value))
		}
	}
	for _, label := range []struct {
		key   attribute.Key
		value value
	}{{notFoundKey, l.notFound}, {sideBySideKey, l.sideBySide}, {warnedKey, l.warned}} {
		if label.value != 0 {
			attrs = append(attrs, label.key.Bool(label.value == yes))
		}
	}
	return attrs
}

// series are those of one flag that were seen. Each has its attributes in the forms that
// instruments and spans take, so that a measurement allocates none.
type series struct {
	flag  string
	mu    sync.RWMutex
	known map[labels]*ready
}

type ready struct {
	record  []metric.RecordOption
	add     []metric.AddOption
	observe metric.ObserveOption
	event   trace.SpanStartEventOption
	begun   atomic.Bool
}

func (s *series) of(l labels) *ready {
	s.mu.RLock()
	found := s.known[l]
	s.mu.RUnlock()
	if found != nil {
		return found
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found = s.known[l]; found != nil {
		return found
	}
	set := metric.WithAttributeSet(attribute.NewSet(l.attributes(s.flag)...))
	found = &ready{
		record:  []metric.RecordOption{set},
		add:     []metric.AddOption{set},
		observe: set,
		event:   trace.WithAttributes(l.attributes(s.flag)...),
	}
	s.known[l] = found
	return found
}
