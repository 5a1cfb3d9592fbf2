package otelcutover_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/otelcutover"
)

// nilError is an error whose methods need more than a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string        { return e.text }
func (e *nilError) ErrorType() string    { return e.text }
func (e *nilError) Is(target error) bool { return e.text == target.Error() }

func TestAnErrorThatIsANilPointerCostsNothing(t *testing.T) {
	t.Parallel()
	for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, otelcutover.WithErrorMessages())
			c, err := build(t, stage, r).Build()
			require.NoError(t, err)
			var none *nilError
			reader, err := cutover.NewReader(c, answer(0), refuseWith(none)).Build()
			require.NoError(t, err)
			ctx, caller := r.tracer.Start(t.Context(), "caller")
			_, _ = reader.Read(ctx, user, "payload")
			caller.End()
			require.NoError(t, c.Close(t.Context()))

			const name = "*otelcutover_test.nilError"
			assert.ElementsMatch(t, []string{"caller", "read " + flagKey, "read old", "read new"}, r.spanNames())
			assert.Len(t, r.spans.Started(), len(r.spans.Ended()), "every span ends")
			span := r.span(t, "read new")
			assert.Equal(t, codes.Error, span.Status().Code)
			assert.Equal(t, name, span.Status().Description)
			assert.Equal(t, name, attrsOf(span.Attributes())["error.type"])
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "cutover.origin", "old", "error.type", ""))
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "cutover.origin", "new", "error.type", name))
			assert.EqualValues(t, 1, r.count(t, "cutover.consistency.checks"))
		})
	}
}

func TestALateErrorThatIsANilPointerIsATimeout(t *testing.T) {
	t.Parallel()
	r := newRig(t, otelcutover.WithErrorMessages())
	var none *nilError
	o := observation()
	o.New.Err = &cutover.TimeoutError{After: time.Second, Err: none}
	r.Observe(t.Context(), o)
	assert.EqualValues(t, 1, r.count(t, "cutover.secondary.timeouts"))
	assert.Zero(t, r.count(t, "cutover.secondary.panics"))
	assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "error.type", "timeout"))
	o.New = cutover.Outcome[any]{Err: none}
	r.Observe(t.Context(), o)
	assert.Zero(t, r.count(t, "cutover.secondary.skips"))
}

func TestNotFoundIsAnAnswer(t *testing.T) {
	t.Parallel()
	for name, authoritative := range map[string]ldmigration.Origin{
		"the secondary's": ldmigration.Old, "the authoritative one's": ldmigration.New,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, otelcutover.WithErrorMessages())
			o := observation()
			o.Authoritative, o.Consistency = authoritative, cutover.Inconsistent
			o.New.Err, o.New.NotFound = errors.New("no rows"), true
			r.Observe(t.Context(), o)

			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration",
				"cutover.origin", "new", "cutover.not_found", "true", "error.type", ""))
			assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration",
				"cutover.origin", "old", "cutover.not_found", "", "error.type", ""))
			assert.EqualValues(t, 1, r.count(t, "cutover.consistency.checks", "cutover.consistency.outcome", "inconsistent"))
			want := map[string]string{"read new": "true", "read old": "", "read " + flagKey: ""}
			if authoritative == ldmigration.New {
				want["read "+flagKey] = "true"
			}
			for name, notFound := range want {
				span := r.span(t, name)
				assert.Equal(t, codes.Unset, span.Status().Code, name)
				assert.Equal(t, notFound, attrsOf(span.Attributes())["cutover.not_found"], name)
				assert.NotContains(t, attrsOf(span.Attributes()), "error.type", name)
			}
		})
	}
}

func TestRechecksAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := observation()
	o.Rechecks = 3
	r.Observe(t.Context(), o)
	assert.Equal(t, "3", attrsOf(r.span(t, "read "+flagKey).Attributes())["cutover.rechecks"])
	r.Observe(t.Context(), o)
	r.Observe(t.Context(), observation())
	assert.EqualValues(t, 6, r.count(t, "cutover.rechecks", "feature_flag.result.variant", "shadow", "cutover.operation", "read"))
	o.Rechecks = 0
	other := newRig(t)
	other.Observe(t.Context(), o)
	assert.NotContains(t, attrsOf(other.span(t, "read "+flagKey).Attributes()), "cutover.rechecks")
}

func TestASkippedWriteIsCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := observation()
	o.Operation, o.Order, o.Consistency = ldmigration.Write, "", cutover.SingleOrigin
	o.New = cutover.Outcome[any]{Err: cutover.ErrSecondarySkipped}
	r.Observe(t.Context(), o)
	assert.EqualValues(t, 1, r.count(t, "cutover.secondary.skips", "cutover.operation", "write", "feature_flag.key", flagKey))
	assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration"))
	assert.Zero(t, r.count(t, "cutover.consistency.checks"))
	assert.Equal(t, "true", attrsOf(r.span(t, "write "+flagKey).Attributes())["cutover.secondary.skipped"])
}

func TestAnInlineSecondaryThatComesFirstAndExitsFailsTheOperation(t *testing.T) {
	t.Parallel()
	exits := func(context.Context, string) (string, error) { runtime.Goexit(); return "", nil }
	for stage, origin := range map[ldmigration.Stage]string{ldmigration.Shadow: "new", ldmigration.Live: "old"} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			for range 100 { // the order is random
				r := newRig(t)
				c, err := build(t, stage, r).ReadOrder(ldmigration.Random).SecondaryInline().Build()
				require.NoError(t, err)
				calls := map[string]readFunc{"old": answer(0), "new": answer(0)}
				calls[origin] = exits
				reader, err := cutover.NewReader(c, calls["old"], calls["new"]).Build()
				require.NoError(t, err)
				done := make(chan struct{})
				go func() {
					defer close(done)
					_, _ = reader.Read(t.Context(), user, "payload")
				}()
				<-done
				require.NoError(t, c.Close(t.Context()))
				if r.count(t, "cutover.origin.duration", "cutover.role", "authoritative") > 0 {
					continue
				}
				span := r.span(t, "read "+flagKey)
				assert.Equal(t, codes.Error, span.Status().Code)
				assert.Equal(t, "panic", attrsOf(span.Attributes())["error.type"])
				assert.ElementsMatch(t, []string{"read " + origin, "read " + flagKey}, r.spanNames())
				return
			}
			t.Fatal("the secondary never came first")
		})
	}
}
