package otelcutover

import (
	"errors"
	"reflect"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// ErrNilProvider is returned by [New] for a meter or tracer provider that is nil or a nil pointer in an interface.
var ErrNilProvider = errors.New("provider is nil")

// Option configures an [Observer]. If two say the same thing, the later one counts.
type Option func(*config)

type config struct {
	meters       metric.MeterProvider
	tracers      trace.TracerProvider
	flagProvider string
	contextID    bool
	messages     bool
}

// WithMeterProvider says whose metrics they are. The default is OpenTelemetry's global provider. To record none, give the
// one of package go.opentelemetry.io/otel/metric/noop.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) { c.meters = provider }
}

// WithTracerProvider says whose spans they are. The default is OpenTelemetry's global provider. With the one of package
// go.opentelemetry.io/otel/trace/noop there are none, and they cost nothing.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(c *config) { c.tracers = provider }
}

// WithFlagProvider says who evaluates the flags: the feature_flag.provider.name of the evaluation event. The default is
// LaunchDarkly.
func WithFlagProvider(name string) Option {
	return func(c *config) { c.flagProvider = name }
}

// WithContextID adds feature_flag.context.id to the evaluation event: the fully qualified key of the evaluation context,
// which often identifies a user. Without it, and on metrics always, nobody is identified.
func WithContextID() Option {
	return func(c *config) { c.contextID = true }
}

// WithErrorMessages adds the first 256 bytes of an error's message to the span of what failed, as its status description.
// Without it there are error types alone, since a message may hold what a payload holds.
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
