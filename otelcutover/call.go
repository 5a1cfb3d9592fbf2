package otelcutover

import (
	"context"
	"errors"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/gocutover/cutover"
)

// call is what is told of one origin's part in an operation: all but its value.
type call struct {
	origin, role     value
	invoked, skipped bool
	start, end       time.Time
	latency          time.Duration
	err              error
	errorType        string
}

func (x *Observer) callOf(
	o *cutover.Observation, origin ldmigration.Origin, out *cutover.Outcome[any], now time.Time,
) call {
	c := call{origin: originOf(origin), role: secondary, invoked: out.Invoked, latency: out.Latency, err: out.Err}
	if origin == o.Authoritative {
		c.role = authoritative
	}
	if !out.Invoked {
		c.skipped = errors.Is(out.Err, cutover.ErrSecondarySkipped)
		return c
	}
	if out.Err != nil {
		c.errorType = x.errorTypes.of(errorTypeOf(out.Err))
	}
	if c.start = out.Start; c.start.IsZero() {
		c.start = now.Add(-out.Latency)
	}
	c.end = c.start.Add(out.Latency)
	return c
}

// errorTypeOf names the class of an error. Where the library knows it, it is not left to the error's type.
func errorTypeOf(err error) string {
	switch {
	case errors.Is(err, cutover.ErrSecondaryTimeout):
		return "timeout"
	case errors.Is(err, cutover.ErrUnwound):
		return "panic"
	case errors.Is(err, context.Canceled):
		return "context.Canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "context.DeadlineExceeded"
	default:
		return semconv.ErrorType(err).Value.AsString()
	}
}
