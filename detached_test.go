package cutover_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// seen is an observer that keeps its observations.
type seen struct {
	mu  sync.Mutex
	all []cutover.Observation
}

func (s *seen) Observe(_ context.Context, o cutover.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, o)
}

func (s *seen) only(t *testing.T) cutover.Observation {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(t, s.all, 1, "exactly one observation an operation")
	return s.all[0]
}

func detachedAt(client *stagedClient, o cutover.Observer) *cutover.Builder {
	return cutover.New(client, "flag").ReadOrder(cutover.Detached).Observe(o)
}

func TestADetachedReadReturnsWithTheAuthoritativeResult(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ old, new time.Duration }{
		"before the secondary": {10 * time.Millisecond, 300 * time.Millisecond},
		"after the secondary":  {300 * time.Millisecond, 10 * time.Millisecond},
		"with the secondary":   {10 * time.Millisecond, 10 * time.Millisecond},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
				built := build(t, detachedAt(client, observed))
				reader := readerOf(t, built, after(c.old, "v"), after(c.new, "v"), equal)
				begin := time.Now()
				detail := reader.ReadDetail(t.Context(), user, "id")
				assert.Equal(t, c.old, time.Since(begin))
				got, err := detail.Result()
				require.NoError(t, err)
				assert.Equal(t, "v", got)
				assert.Equal(t, cutover.ComparedLater, detail.Consistency)

				require.NoError(t, built.Close(t.Context()))
				assert.Equal(t, max(c.old, c.new), time.Since(begin))
				event := client.only(t)
				assert.ElementsMatch(t, allOrigins, keys(event.Invoked))
				assert.True(t, event.ConsistencyCheck.Consistent())
				assert.Equal(t, map[ldmigration.Origin]int{
					"old": int(c.old.Milliseconds()), "new": int(c.new.Milliseconds()),
				}, event.Latency)
				assert.Equal(t, cutover.Consistent, observed.only(t).Consistency)
				assert.True(t, observed.only(t).Detached)
				assert.Equal(t, c.new, observed.only(t).New.Latency)
				assert.Zero(t, built.Background())
			})
		})
	}
}

func TestTheCallerOfADetachedReadDoesNotCompare(t *testing.T) {
	t.Parallel()
	for _, secondary := range []time.Duration{0, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			client := &stagedClient{stage: ldmigration.Shadow}
			built := build(t, cutover.New(client, "flag").ReadOrder(cutover.Detached).SecondaryTimeout(0))
			slow := func(_, _ string) bool { time.Sleep(time.Hour); return true }
			begin := time.Now()
			_, err := readerOf(t, built, after(time.Second, "v"), after(secondary, "v"), slow).Read(t.Context(), user, "id")
			require.NoError(t, err)
			assert.Equal(t, time.Second, time.Since(begin))
			require.NoError(t, built.Close(t.Context()))
			assert.True(t, client.only(t).ConsistencyCheck.Consistent())
		})
	}
}

func TestDetachedWorkKeepsTheValuesOfItsContextAndNotItsCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type trace struct{}
		client := &stagedClient{stage: ldmigration.Live}
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), trace{}, "span"))
		told := make(chan error, 1)
		observer := observerFunc(func(ctx context.Context, o cutover.Observation) {
			assert.Equal(t, "span", ctx.Value(trace{}))
			assert.NoError(t, ctx.Err())
			told <- o.Old.Err
		})
		secondary := func(ctx context.Context, _ string) (string, error) {
			assert.Equal(t, "span", ctx.Value(trace{}))
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(time.Second):
				assert.Equal(t, "span", ctx.Value(trace{}), "as before")
				return "v", nil
			}
		}
		built := build(t, detachedAt(client, observer))
		_, err := readerOf(t, built, secondary, value("v"), equal).Read(ctx, user, "id")
		require.NoError(t, err)
		cancel() // as a server does when the request is answered
		require.NoError(t, <-told)
		require.NoError(t, built.Close(t.Context()))
		assert.True(t, client.only(t).ConsistencyCheck.Consistent())
	})
}

func TestTheBackgroundIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
		built := build(t, detachedAt(client, observed).MaxBackground(3))
		reader := readerOf(t, built, value("v"), after(time.Second, "v"), equal)
		for range 10 {
			got, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			assert.Equal(t, "v", got)
		}
		assert.Equal(t, cutover.BackgroundStats{Running: 3, Skipped: 7}, built.Background())
		assert.Equal(t, 7, client.count(), "an operation that skipped has told all there is")
		detail := reader.ReadDetail(t.Context(), user, "id")
		assert.Equal(t, cutover.SecondarySkipped, detail.Consistency)
		assert.False(t, detail.New.Invoked)
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondarySkipped)
		require.NoError(t, built.Close(t.Context()))
		assert.Equal(t, 11, client.count())
		assert.Len(t, observed.all, 11)
		for _, event := range client.events[:8] {
			assert.Equal(t, []ldmigration.Origin{"old"}, keys(event.Invoked), "the event says what ran")
			assert.Empty(t, event.Error)
			assert.Nil(t, event.ConsistencyCheck)
		}
		for _, event := range client.events[8:] {
			assert.Len(t, event.Invoked, 2)
		}
	})
}

func TestCloseTellsWhatStillRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBook
		client := &stagedClient{stage: ldmigration.Shadow}
		release := make(chan struct{})
		hang := func(context.Context, string) (string, error) { <-release; return "v", nil }
		built := build(t, detachedAt(client, &seen{}).Logger(log.logger()))
		reader := readerOf(t, built, value("v"), hang, equal)
		for range 2 {
			_, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("shutting down"))
		defer cancel()
		begin := time.Now()
		err := built.Close(ctx)
		require.ErrorIs(t, err, cutover.ErrStillRunning)
		require.EqualError(t, err, `closing the cutover of flag "flag": 2 still running in the background: context deadline exceeded: shutting down`)
		assert.Equal(t, time.Second, time.Since(begin))
		assert.Contains(t, log.String(), "running=2")

		got, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err, "operations go on after Close")
		assert.Equal(t, "v", got)
		assert.Equal(t, uint64(1), built.Background().Skipped)

		close(release)
		require.NoError(t, built.Close(t.Context()))
		require.NoError(t, built.Close(t.Context()), "and once more")
		assert.Equal(t, 3, client.count())
	})
}

func TestADetachedReadWhoseAuthoritativeFunctionDoesNotReturn(t *testing.T) {
	t.Parallel()
	for _, end := range []ending{panics, exits} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
				built := build(t, detachedAt(client, observed))
				var calls journal
				ends := calls.function("old", end)
				old := func(context.Context, string) (string, error) {
					_, err := ends("id")
					return "", err
				}
				reader := readerOf(t, built, old, after(time.Second, "v"), equal)
				got := onOwnGoroutine(func() ran {
					_, err := reader.Read(t.Context(), user, "id")
					return ran{err: err}
				})
				assert.False(t, got.returned)
				if end == panics {
					assert.Equal(t, "panic of old", got.panicked)
				}
				event := client.only(t)
				assert.Equal(t, []ldmigration.Origin{"old"}, keys(event.Error), "the event was sent before")
				assert.Len(t, event.Invoked, 2)
				require.ErrorIs(t, observed.only(t).Old.Err, cutover.ErrUnwound)
				require.NoError(t, built.Close(t.Context()))
			})
		})
	}
}

func TestADetachedSecondaryHarmsNobody(t *testing.T) {
	t.Parallel()
	for _, end := range []ending{fails, panics, exits} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
			built := build(t, detachedAt(client, observed))
			var calls journal
			ends := calls.function("new", end)
			reader := readerOf(t, built, value("v"), func(context.Context, string) (string, error) {
				_, err := ends("id")
				return "", err
			}, equal)
			got, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			assert.Equal(t, "v", got)
			require.NoError(t, built.Close(t.Context()))
			assert.Equal(t, []ldmigration.Origin{"new"}, keys(client.only(t).Error))
			require.Error(t, observed.only(t).New.Err)
		})
	}
}

func TestAComparisonOrObserverThatExitsInTheBackgroundHarmsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.Shadow}
		built := build(t, detachedAt(client, observerFunc(func(context.Context, cutover.Observation) { panic("observer") })).
			Logger((&logBook{}).logger()))
		reader := readerOf(t, built, value("v"), after(time.Second, "v"), func(_, _ string) bool { goexit(); return true })
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		require.NoError(t, built.Close(t.Context()), "the place in the background is free again")
		assert.Nil(t, client.only(t).ConsistencyCheck)
	})
}

type basket struct{ items []string }

func (b *basket) clone() *basket { return &basket{append([]string(nil), b.items...)} }

func TestADetachedReadComparesACloneOfWhatTheCallerGot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
		built := build(t, detachedAt(client, observed))
		fill := func(takes time.Duration) func(context.Context, string) (*basket, error) {
			return func(context.Context, string) (*basket, error) {
				time.Sleep(takes)
				return &basket{[]string{"apple"}}, nil
			}
		}
		reader, err := cutover.NewReader(built, fill(0), fill(time.Second)).CloneResult((*basket).clone).
			CompareFunc(func(old, new *basket) bool { return old.items[0] == new.items[0] }).Build()
		require.NoError(t, err)
		got, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		got.items[0] = "pear" // it is the caller's
		require.NoError(t, built.Close(t.Context()))
		assert.True(t, client.only(t).ConsistencyCheck.Consistent())
		assert.Equal(t, &basket{[]string{"apple"}}, observed.only(t).Old.Value)
	})
}

func TestAPanickingCloneCostsTheComparisonAlone(t *testing.T) {
	t.Parallel()
	var log logBook
	client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
	built := build(t, detachedAt(client, observed).Logger(log.logger()))
	read := func(context.Context, string) (*basket, error) { return &basket{}, nil }
	reader, err := cutover.NewReader(built, read, read).CloneResult(func(*basket) *basket { panic("no copy") }).
		CompareFunc(func(_, _ *basket) bool { return true }).Build()
	require.NoError(t, err)
	got, err := reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.NotNil(t, got)
	require.NoError(t, built.Close(t.Context()))
	assert.Nil(t, client.only(t).ConsistencyCheck)
	assert.Equal(t, cutover.ComparisonPanicked, observed.only(t).Consistency)
	assert.Equal(t, "no copy", observed.only(t).ComparisonPanic.Value)
	assert.Contains(t, log.String(), "clone of a result panicked")
}

func TestACloneThatExitsEndsTheCallerAndLosesNoEvent(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	built := build(t, cutover.New(client, "flag").ReadOrder(cutover.Detached))
	read := func(context.Context, string) (*basket, error) { return &basket{}, nil }
	reader, err := cutover.NewReader(built, read, read).CloneResult(func(b *basket) *basket { goexit(); return b }).
		CompareFunc(func(_, _ *basket) bool { return true }).Build()
	require.NoError(t, err)
	got := onOwnGoroutine(func() ran {
		_, err := reader.Read(t.Context(), user, "id")
		return ran{err: err}
	})
	assert.False(t, got.returned)
	require.NoError(t, built.Close(t.Context()))
	assert.Len(t, client.only(t).Invoked, 2)
}

func TestACloneIsMadeOnlyWhereItIsLookedAt(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[int]int{0: 0, 1: 20} {
		client := &stagedClient{stage: ldmigration.Shadow}
		client.params.CheckRatio = optional(ratio)
		built := build(t, cutover.New(client, "flag").ReadOrder(cutover.Detached))
		read := func(context.Context, string) (*basket, error) { return &basket{}, nil }
		clones := 0
		reader, err := cutover.NewReader(built, read, read).CloneResult(func(b *basket) *basket { clones++; return b }).
			CompareFunc(func(_, _ *basket) bool { return true }).Build()
		require.NoError(t, err)
		for range 20 {
			_, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
		}
		require.NoError(t, built.Close(t.Context()))
		assert.Equal(t, want, clones)
	}
}

func TestBuildWantsADetachedReaderToSayHowResultsAreShared(t *testing.T) {
	t.Parallel()
	built := build(t, detachedAt(&stagedClient{stage: ldmigration.Shadow}, &seen{}))
	type order struct {
		ID    string
		Cents int
		At    time.Time
		Parts [2]float64
	}
	accepted := []error{
		buildOf[string](built), buildOf[int](built), buildOf[order](built), buildOf[struct{}](built),
		errOf(cutover.NewReader(built, zero[[]int], zero[[]int]).ResultsAreNotModified().Build()),
		errOf(cutover.NewReader(built, zero[[]int], zero[[]int]).CloneResult(func(s []int) []int { return s }).Build()),
	}
	for _, err := range accepted {
		require.NoError(t, err)
	}
	refused := []error{
		buildOf[*order](built), buildOf[[]int](built), buildOf[map[string]int](built), buildOf[any](built),
		buildOf[func()](built), buildOf[chan int](built), buildOf[[3]*int](built), buildOf[struct{ in []byte }](built),
	}
	for i, err := range refused {
		require.ErrorIs(t, err, cutover.ErrCloneRequired, "%d", i)
	}
	require.ErrorContains(t, errOf(cutover.NewReader(built, zero[string], zero[string]).CloneResult(nil).Build()), "clone of results: function is nil")

	other := build(t, cutover.New(&stagedClient{}, "flag"))
	require.NoError(t, buildOf[*order](other), "other orders do not share")
}

func zero[R any](context.Context, string) (none R, err error) { return none, nil }

func buildOf[R any](c *cutover.Cutover) error {
	return errOf(cutover.NewReader(c, zero[R], zero[R]).Build())
}

func errOf[T any](_ T, err error) error { return err }

func TestAMigratorCannotReadDetached(t *testing.T) {
	t.Parallel()
	_, err := cutover.Migration(&stagedClient{}).Read(succeed, succeed, nil).Write(succeed, succeed).
		ReadExecutionOrder(cutover.Detached).Build()
	require.ErrorIs(t, err, cutover.ErrUnknownOrder)
	require.ErrorContains(t, err, "detached reads need a Cutover")
}

func TestDetachedOperationsOfManyGoroutines(t *testing.T) {
	t.Parallel()
	client, observed := &stagedClient{stage: ldmigration.Live}, &seen{}
	built := build(t, detachedAt(client, observed).MaxBackground(8))
	reader := readerOf(t, built, value("v"), value("v"), equal)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				_, err := reader.Read(t.Context(), user, "id")
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, built.Close(t.Context()))
	assert.Equal(t, 1600, client.count(), "none lost, none twice")
	assert.Len(t, observed.all, 1600)
	compared := 0
	for _, event := range client.events {
		if event.ConsistencyCheck != nil {
			compared++
		}
	}
	assert.Equal(t, 1600, compared+int(built.Background().Skipped))
}

func TestASecondaryThatHangsKeepsNoResult(t *testing.T) {
	t.Parallel()
	sent := make(chan struct{}, 1)
	client := &stagedClient{stage: ldmigration.Shadow, onEvent: func() { sent <- struct{}{} }}
	c := build(t, cutover.New(client, "flag").ReadOrder(cutover.Detached).SecondaryTimeout(time.Millisecond))
	release := make(chan struct{})
	hang := func(context.Context, string) (*[1 << 16]byte, error) { <-release; return nil, nil }
	var result weak.Pointer[[1 << 16]byte]
	authoritative := func(context.Context, string) (*[1 << 16]byte, error) {
		large := new([1 << 16]byte)
		result = weak.Make(large)
		return large, nil
	}
	reader, err := cutover.NewReader(c, authoritative, hang).ResultsAreNotModified().Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	<-sent
	kept := true
	for i := 0; kept && i < 1000; i++ { // the operation ends some time after its event
		runtime.GC()
		kept = result.Value() != nil
	}
	assert.False(t, kept, "the secondary still hangs, and its timeout is over")
	close(release)
	require.NoError(t, c.Close(t.Context()))
}
