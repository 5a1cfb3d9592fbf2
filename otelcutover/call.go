package otelcutover

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/gocutover/cutover"
)

// call is what is told of one origin's part in an operation: everything except its value.
type call struct {
	origin, role               value
	invoked, skipped, notFound bool
	start, end                 time.Time
	latency                    time.Duration
	err                        error
	errorType                  string // empty unless the call failed
}

func (x *Observer) callOf(
	o *cutover.Observation, origin ldmigration.Origin, out *cutover.Outcome[any], now time.Time,
) call {
	c := call{
		origin: originOf(origin), role: secondary,
		invoked: out.Invoked, notFound: out.NotFound, latency: out.Latency, err: out.Err,
	}
	if origin == o.Authoritative {
		c.role = authoritative
	}
	if !out.Invoked {
		c.skipped = is(out.Err, cutover.ErrSecondarySkipped)
		return c
	}
	if c.failed() {
		c.errorType = x.errorTypes.of(errorTypeOf(out.Err))
	}
	if c.start = out.Start; c.start.IsZero() {
		c.start = now.Add(-out.Latency)
	}
	c.end = c.start.Add(out.Latency)
	return c
}

// failed reports whether the call failed. The answer that there is no such record is not a failure.
func (c *call) failed() bool { return c.invoked && c.err != nil && !c.notFound }

// answering returns the call whose outcome the caller got. If a secondary came first and ended the
// operation before the authoritative call, it returns the secondary.
func answering(calls *[2]call, fellBack bool) *call {
	for i := range calls {
		if c := &calls[i]; c.invoked && (c.role == authoritative) != fellBack {
			return c
		}
	}
	if calls[0].invoked {
		return &calls[0]
	}
	return &calls[1]
}

// The error types of what the library knows by itself. They have their places from the start, so
// that no other types can take them.
const (
	timeoutType  = "timeout"
	panicType    = "panic"
	canceledType = "context.Canceled"
	deadlineType = "context.DeadlineExceeded"
)

// errorTypeOf names the class of an error. If the error's methods panic, as those of a nil pointer
// do, it is the name of the Go type.
func errorTypeOf(err error) (name string) {
	defer func() {
		if recover() != nil {
			name = reflect.TypeOf(err).String()
		}
	}()
	switch {
	case is(err, cutover.ErrSecondaryTimeout):
		return timeoutType
	case is(err, cutover.ErrUnwound):
		return panicType
	case is(err, context.Canceled):
		return canceledType
	case is(err, context.DeadlineExceeded):
		return deadlineType
	default:
		return semconv.ErrorType(err).Value.AsString()
	}
}

// messageOf returns an error's text, or the name of its Go type if its Error method panics.
func messageOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = reflect.TypeOf(err).String()
		}
	}()
	return err.Error()
}

// is reports whether err is target. If a method of err panics, it is not.
func is(err, target error) (found bool) {
	defer func() {
		if recover() != nil {
			found = false
		}
	}()
	return errors.Is(err, target)
}
