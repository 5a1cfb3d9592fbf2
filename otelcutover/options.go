package otelcutover

import (
	"errors"
	"reflect"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// ErrNilProvider is returned by [New] for a meter or tracer provider that is nil or a nil pointer
// in an interface.
var ErrNilProvider = errors.New("provider is nil")

// ErrNilOption is returned by [New] for an option that is nil.
var ErrNilOption = errors.New("option is nil")

// Option configures an [Observer]. If an option is given twice, the later one counts.
type Option func(*config)

type config struct {
	meters       metric.MeterProvider
	tracers      trace.TracerProvider
	flagProvider string
	contextID    bool
	messages     bool
}

// WithMeterProvider sets the meter provider. The default is OpenTelemetry's global one. With the
// one of package go.opentelemetry.io/otel/metric/noop there are no metrics.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) { c.meters = provider }
}

// WithTracerProvider sets the tracer provider. The default is OpenTelemetry's global one. With the
// one of package go.opentelemetry.io/otel/trace/noop there are no spans, and they cost nothing.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(c *config) { c.tracers = provider }
}

// WithFlagProvider sets the feature_flag.provider.name of the evaluation event. The default is
// LaunchDarkly.
func WithFlagProvider(name string) Option {
	return func(c *config) { c.flagProvider = name }
}

// WithContextID adds feature_flag.context.id to the evaluation event: the fully qualified key of
// the evaluation context, which often identifies a user. By default it is left out. Metrics never
// have it.
func WithContextID() Option {
	return func(c *config) { c.contextID = true }
}

// WithErrorMessages adds the first 256 bytes of an error's message to the span of what failed, as
// its status description. By default a span has the error's type alone, because a message may hold
// what a payload holds. An error whose Error method panics is described by its type.
func WithErrorMessages() Option {
	return func(c *config) { c.messages = true }
}

func isNil(provider any) bool {
	if provider == nil {
		return true
	}
	v := reflect.ValueOf(provider)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
