package benchmarks_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/benchmarks"
)

var writeShadow = benchmarks.Case{Operation: ldmigration.Write, Stage: ldmigration.Shadow}

// atShadow are the cases whose secondary is the new system.
func atShadow() (cases []benchmarks.Case) {
	for _, c := range benchmarks.Cases() {
		if c.Stage == ldmigration.Shadow {
			cases = append(cases, c)
		}
	}
	return cases
}

// newSystem is an old system that answers at once, and a new one that does what it is told.
func newSystem(do func(context.Context) error) benchmarks.Systems {
	return benchmarks.Systems{
		OldRead:  func(context.Context, string) (int, error) { return 42, nil },
		NewRead:  func(ctx context.Context, _ string) (int, error) { return 42, do(ctx) },
		OldWrite: func(context.Context, string) error { return nil },
		NewWrite: func(ctx context.Context, _ string) error { return do(ctx) },
	}
}

// protected prepares the protected floor, and returns what its op events are recorded by.
func protected(
	ctx context.Context, t *testing.T, c benchmarks.Case, s benchmarks.Systems,
) (benchmarks.Operation, *recorder) {
	t.Helper()
	events := &recorder{}
	client := newClient(t, events, "")
	all, err := benchmarks.Start(ctx, client, c, s)
	require.NoError(t, err)
	for _, one := range all {
		if one.Name == benchmarks.Protected {
			return one.Do, events
		}
	}
	t.Fatal("the protected floor does not enter", c)
	return nil, nil
}

// requireNewFailed requires one event, of an operation whose new system was asked and failed.
func requireNewFailed(t *testing.T, events *recorder) ldevents.MigrationOpEventData {
	t.Helper()
	require.Len(t, events.events, 1)
	event := events.events[0]
	require.Len(t, event.Invoked, 2)
	require.Contains(t, event.Error, ldmigration.New)
	require.Len(t, event.Error, 1)
	return event
}

func TestTheProtectedFloorSurvivesItsSecondary(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context) error{
		"panics": func(context.Context) error { panic("in the new system") },
		"exits":  func(context.Context) error { runtime.Goexit(); return nil },
	} {
		for _, c := range atShadow() {
			t.Run(name+"/"+c.String(), func(t *testing.T) {
				t.Parallel()
				run, events := protected(t.Context(), t, c, newSystem(do))
				_, err := run()
				require.NoError(t, err)
				requireNewFailed(t, events)
			})
		}
	}
}

func TestTheProtectedFloorBoundsTheTimeOfItsSecondary(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context) error{
		"heeds its context": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"ignores it": func(ctx context.Context) error {
			time.Sleep(time.Minute)
			assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded) //nolint:testifylint // not the test's goroutine
			<-ctx.Done()
			return nil
		},
	} {
		for _, c := range atShadow() {
			t.Run(name+"/"+c.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					run, events := protected(t.Context(), t, c, newSystem(do))
					start := time.Now()
					_, err := run()
					require.NoError(t, err)
					require.Equal(t, 5*time.Second, time.Since(start))
					require.Equal(t, 5000, requireNewFailed(t, events).Latency[ldmigration.New])
					time.Sleep(time.Hour) // a late answer harms nobody
				})
			})
		}
	}
}

// One timer serves all: each call has its full time, whatever came before it.
func TestCallsUnderTheProtectedFloorAreDueInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		quick := true
		run, _ := protected(t.Context(), t, writeShadow, newSystem(func(ctx context.Context) error {
			if quick {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}))
		_, err := run()
		require.NoError(t, err)
		quick = false
		var all sync.WaitGroup
		hang := func() {
			start := time.Now()
			_, err := run()
			assert.NoError(t, err) //nolint:testifylint // not the test's goroutine
			assert.Equal(t, 5*time.Second, time.Since(start))
		}
		for range 10 {
			time.Sleep(2 * time.Second)
			all.Go(hang)
		}
		all.Wait()
		time.Sleep(time.Minute)
		hang()
	})
}

func TestTheProtectedFloorSplitsNoWrite(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Hour)
	cancel()
	run, events := protected(ctx, t, writeShadow, newSystem(func(ctx context.Context) error {
		assert.NoError(t, ctx.Err()) //nolint:testifylint // not the test's goroutine
		assert.Equal(t, "value", ctx.Value(key{}))
		deadline, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.LessOrEqual(t, time.Until(deadline), 5*time.Second)
		return ctx.Err()
	}))
	_, err := run()
	require.NoError(t, err)
	require.Empty(t, events.events[0].Error)
}

func TestWhichFloorAContenderIsComparedWith(t *testing.T) {
	t.Parallel()
	for _, c := range benchmarks.Cases() {
		both := c.ReadsBoth() || c.WritesBoth()
		for _, one := range benchmarks.Contenders() {
			want := benchmarks.Floor
			if both && one.Name != benchmarks.TypedInline && one.Name != benchmarks.DynamicInline {
				want = benchmarks.Protected
			}
			require.Equal(t, want, benchmarks.FloorOf(c, one.Name), "%s %s", c, one.Name)
			if one.Name == benchmarks.Protected {
				require.Equal(t, both, one.Enters(c), "%s", c)
			}
		}
	}
}
