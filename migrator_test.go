package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// The library's promises, one test each. Calls, order, result and event of each stage are in
// table_test.go; op events that equal the SDK's are in differential_test.go; faults that harm the
// SDK's migrator are in fault_test.go.

// value returns a read or write function that succeeds at once.
func value(v string) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) { return v, nil }
}

// after returns a read or write function that takes a time of the bubble's clock.
func after(d time.Duration, v string) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) {
		time.Sleep(d) // the function under test, inside a synctest bubble
		return v, nil
	}
}

func build(t *testing.T, b *cutover.Builder) *cutover.Cutover {
	t.Helper()
	built, err := b.Build()
	require.NoError(t, err)
	return built
}

func readerOf[P, R any](t *testing.T, c *cutover.Cutover, old, new func(context.Context, P) (R, error), equal func(R, R) bool) *cutover.Reader[P, R] {
	t.Helper()
	b := cutover.NewReader(c, old, new)
	if equal != nil {
		b.CompareFunc(equal)
	}
	reader, err := b.Build()
	require.NoError(t, err)
	return reader
}

func writerOf[P any](t *testing.T, c *cutover.Cutover, old, new func(context.Context, P) error) *cutover.Writer[P] {
	t.Helper()
	writer, err := cutover.NewWriter(c, old, new).Build()
	require.NoError(t, err)
	return writer
}

func TestAResultIsKeptWhenTheClientRefusesTheEvent(t *testing.T) {
	t.Parallel()
	var log logBook
	client := &stagedClient{stage: ldmigration.Shadow, refuse: errors.New("no room for events")}
	c := build(t, cutover.New(client, "flag").Logger(log.logger()))
	got, err := readerOf(t, c, value("old"), value("new"), nil).Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "old", got)
	assert.Contains(t, log.String(), "no room for events")
}

func TestAnAuthoritativePanicReachesTheCallerOnItsOwnStackAfterTheEvent(t *testing.T) {
	t.Parallel()
	for _, stage := range allStages {
		for _, order := range allOrders {
			t.Run(fmt.Sprintf("%s %s", stage, order), func(t *testing.T) {
				t.Parallel()
				client := &stagedClient{stage: stage}
				c := build(t, cutover.New(client, "flag").ReadOrder(order))
				authoritative := design[stage][ldmigration.Read].authoritative
				choose := func(origin ldmigration.Origin) func(context.Context, string) (string, error) {
					if origin == authoritative {
						return panickingAuthoritative
					}
					return value("secondary")
				}
				reader := readerOf(t, c, choose("old"), choose("new"), nil)
				defer func() {
					// No frame between here and the panic was unwound: nobody recovered it.
					assert.Contains(t, string(debug.Stack()), "panickingAuthoritative")
					assert.Equal(t, "the caller's own panic", recover())
					event := client.only(t)
					assert.Equal(t, []ldmigration.Origin{authoritative}, keys(event.Error))
				}()
				_, _ = reader.Read(t.Context(), user, "id")
				t.Error("the read returned")
			})
		}
	}
}

//go:noinline
func panickingAuthoritative(context.Context, string) (string, error) {
	panic("the caller's own panic")
}

func TestNoFunctionOfTheUsersRunsUnderALock(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	c := build(t, cutover.New(client, "flag"))
	inner := readerOf(t, c, value("a"), value("a"), equal)
	// Each function, the comparison and the observer start another operation of the same Cutover.
	again := func(context.Context, string) (string, error) { return inner.Read(t.Context(), user, "inner") }
	observed := observerFunc(func(context.Context, cutover.Observation) { _, _ = inner.Read(t.Context(), user, "inner") })
	outer := readerOf(t, build(t, cutover.New(client, "flag").Observe(observed)), again, again, func(a, b string) bool {
		_, err := inner.Read(t.Context(), user, "inner")
		return err == nil && a == b
	})
	detail := outer.ReadDetail(t.Context(), user, "outer")
	assert.Equal(t, cutover.Consistent, detail.Consistency)
	assert.Equal(t, 5, client.count())
}

func TestAPanickingComparisonCostsTheCallerNothing(t *testing.T) {
	t.Parallel()
	for _, order := range allOrders {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			var log logBook
			var seen cutover.Observation
			client := &stagedClient{stage: ldmigration.Live}
			c := build(t, cutover.New(client, "flag").ReadOrder(order).Logger(log.logger()).
				Observe(observerFunc(func(_ context.Context, o cutover.Observation) { seen = o })))
			reader := readerOf(t, c, value("old"), value("new"), func(_, _ string) bool { panic("cannot compare") })
			detail := reader.ReadDetail(t.Context(), user, "id")
			got, err := detail.Result()
			require.NoError(t, err)
			assert.Equal(t, "new", got)
			assert.Equal(t, cutover.ComparisonPanicked, detail.Consistency)
			assert.Nil(t, client.only(t).ConsistencyCheck)
			assert.Contains(t, log.String(), "cannot compare")
			require.NotNil(t, seen.ComparisonPanic)
			assert.Equal(t, "cannot compare", seen.ComparisonPanic.Value)
			assert.Contains(t, string(seen.ComparisonPanic.Stack), "TestAPanickingComparison")
		})
	}
}

func TestAComparisonThatExitsEndsTheCallerAfterTheEvent(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("a"), value("a"), func(_, _ string) bool {
		runtime.Goexit() // as t.FailNow does
		return true
	})
	got := onOwnGoroutine(func() ran {
		_, err := reader.Read(t.Context(), user, "id")
		return ran{err: err}
	})
	assert.False(t, got.returned)
	assert.Nil(t, client.only(t).ConsistencyCheck)
}

func TestACancellationBetweenTwoWritesDoesNotSplitThem(t *testing.T) {
	t.Parallel()
	type tenant struct{}
	for _, stage := range []ldmigration.Stage{ldmigration.DualWrite, ldmigration.Shadow, ldmigration.Live, ldmigration.RampDown} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			client := &stagedClient{stage: stage}
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), tenant{}, "acme"))
			var written []string
			write := func(origin ldmigration.Origin) func(context.Context, string) error {
				return func(ctx context.Context, _ string) error {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					assert.Equal(t, "acme", ctx.Value(tenant{}), "the caller's values go to both")
					cancel()
					written = append(written, string(origin))
					return nil
				}
			}
			writer := writerOf(t, build(t, cutover.New(client, "flag")), write("old"), write("new"))
			detail := writer.WriteDetail(ctx, user, "order")
			_, err := detail.Result()
			require.NoError(t, err)
			other, invoked := detail.Secondary()
			assert.True(t, invoked)
			require.NoError(t, other.Err)
			assert.Len(t, written, 2)
			assert.Empty(t, client.only(t).Error)
		})
	}
}

func TestReadsGetTheCallersOwnContext(t *testing.T) {
	t.Parallel()
	for _, order := range allOrders {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		read := func(ctx context.Context, _ string) (string, error) { return "", ctx.Err() }
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(order))
		detail := readerOf(t, c, read, read, nil).ReadDetail(ctx, user, "id")
		require.ErrorIs(t, detail.Old.Err, context.Canceled)
		require.ErrorIs(t, detail.New.Err, context.Canceled)
	}
}

func TestANilContextIsTheBackground(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Live}, "flag"))
	write := func(ctx context.Context, _ string) error { return ctx.Err() }
	require.NoError(t, writerOf(t, c, write, write).Write(nil, user, "order")) //nolint:staticcheck // bad input on purpose
}

func TestLatencyIsKeptInFullAndRoundedOnlyInTheEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.Shadow}
		c := build(t, cutover.New(client, "flag"))
		reader := readerOf(t, c, after(400*time.Microsecond, "old"), after(2900*time.Microsecond, "new"), nil)
		detail := reader.ReadDetail(t.Context(), user, "id")
		assert.Equal(t, 400*time.Microsecond, detail.Old.Latency)
		assert.Equal(t, 2900*time.Microsecond, detail.New.Latency)
		assert.Equal(t, map[ldmigration.Origin]int{"old": 0, "new": 2}, client.only(t).Latency)
	})
}

func TestConcurrentReadsTakeAsLongAsTheSlowerOne(t *testing.T) {
	t.Parallel()
	takes := map[ldmigration.ExecutionOrder]time.Duration{
		ldmigration.Concurrent: 5 * time.Second, ldmigration.Serial: 8 * time.Second, ldmigration.Random: 8 * time.Second,
	}
	for order, want := range takes {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := build(t, cutover.New(&stagedClient{stage: ldmigration.Live}, "flag").ReadOrder(order))
				begin := time.Now()
				_, err := readerOf(t, c, after(3*time.Second, "old"), after(5*time.Second, "new"), nil).Read(t.Context(), user, "id")
				require.NoError(t, err)
				assert.Equal(t, want, time.Since(begin))
			})
		})
	}
}

func TestRandomOrderIsAFairCoin(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	firsts := map[string]int{}
	var order []string
	read := func(origin string) func(context.Context, string) (string, error) {
		return func(context.Context, string) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, origin)
			return origin, nil
		}
	}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(ldmigration.Random))
	reader := readerOf(t, c, read("old"), read("new"), nil)
	for range 4000 {
		order = nil
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		firsts[order[0]]++
	}
	// The limits are twelve standard deviations: a fair coin never leaves them, and a constant one
	// does.
	assert.InDelta(t, 2000, firsts["old"], 12*31.6)
}

func TestTheCheckRatioDecidesHowOftenIsCompared(t *testing.T) {
	t.Parallel()
	for ratio, bounds := range map[int][2]int{-1: {0, 0}, 0: {0, 0}, 1: {3000, 3000}, 10: {100, 500}} {
		t.Run(strconv.Itoa(ratio), func(t *testing.T) {
			t.Parallel()
			client := &stagedClient{stage: ldmigration.Shadow}
			client.params.CheckRatio = optional(ratio)
			compared := 0
			reader := readerOf(t, build(t, cutover.New(client, "flag")), value("a"), value("a"), func(_, _ string) bool {
				compared++
				return true
			})
			told := 0
			for range 3000 {
				detail := reader.ReadDetail(t.Context(), user, "id")
				if detail.Consistency == cutover.Consistent {
					told++
				} else {
					require.Equal(t, cutover.NotSampled, detail.Consistency)
				}
			}
			assert.Equal(t, compared, told)
			assert.GreaterOrEqual(t, compared, bounds[0])
			assert.LessOrEqual(t, compared, bounds[1])
			for _, event := range client.events {
				if check := event.ConsistencyCheck; check != nil {
					told--
					assert.Equal(t, ratio, check.SamplingRatio())
				}
			}
			assert.Zero(t, told, "each comparison stands in one event")
		})
	}
}

func TestManyGoroutinesShareOneReaderAndWriter(t *testing.T) {
	t.Parallel()
	for _, order := range allOrders {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			client := &stagedClient{stage: ldmigration.Shadow}
			c := build(t, cutover.New(client, "flag").ReadOrder(order))
			reader := readerOf(t, c, value("a"), value("a"), equal)
			write := func(context.Context, string) error { return nil }
			writer := writerOf(t, c, write, write)
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					for range 50 {
						_, err := reader.Read(t.Context(), user, "id")
						assert.NoError(t, err)
						assert.NoError(t, writer.Write(t.Context(), user, "order"))
					}
				})
			}
			wg.Wait()
			assert.Equal(t, 2*16*50, client.count())
		})
	}
}

func TestAStageThatIsNoneRunsNothing(t *testing.T) {
	t.Parallel()
	var log logBook
	client := &stagedClient{stage: "paused"}
	c := build(t, cutover.New(client, "flag").Logger(log.logger()))
	never := func(context.Context, string) (string, error) { panic("was run") }
	detail := readerOf(t, c, never, never, nil).ReadDetail(t.Context(), user, "id")
	var stageErr *cutover.StageError
	require.ErrorAs(t, detail.Err, &stageErr)
	assert.Equal(t, cutover.StageError{Flag: "flag", Stage: "paused"}, *stageErr)
	_, err := readerOf(t, c, never, never, nil).Read(t.Context(), user, "id")
	require.ErrorIs(t, err, cutover.ErrUnknownStage)
	_, err = detail.Result()
	require.ErrorIs(t, err, cutover.ErrUnknownStage)
	assert.Zero(t, client.count())
	assert.Contains(t, log.String(), `stage \"paused\" answered for flag \"flag\" is not a migration stage`)
}

func TestADefaultStageThatIsNoneIsAnErrorAtEveryCall(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Complete}
	never := func(any) (any, error) { panic("was run") }
	migrator, err := cutover.Migration(client).Read(never, never, nil).Write(never, never).Build()
	require.NoError(t, err)
	for range 2 {
		read := migrator.Read("flag", user, "Complete", nil)
		assert.False(t, read.IsSuccess())
		assert.Empty(t, read.GetOrigin())
		require.ErrorIs(t, read.GetError(), cutover.ErrUnknownStage)
		write := migrator.Write("flag", user, "", nil)
		require.ErrorIs(t, write.GetAuthoritativeResult().GetError(), cutover.ErrUnknownStage)
		assert.Nil(t, write.GetNonAuthoritativeResult())
	}
	assert.Zero(t, client.count())
}

func TestAClientWithoutATrackerLosesNothing(t *testing.T) {
	t.Parallel()
	client := &trackerlessClient{}
	c := build(t, cutover.New(client, "flag"))
	got, err := readerOf(t, c, value("old"), value("new"), equal).Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "new", got)
	event := client.only(t)
	assert.Equal(t, "live", event.Evaluation.Value.StringValue())
	assert.ElementsMatch(t, allOrigins, keys(event.Invoked))
}

// trackerlessClient is a careless fake that returns no tracker.
type trackerlessClient struct{ stagedClient }

func (c *trackerlessClient) MigrationVariation(
	string, ldcontext.Context, ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return ldmigration.Live, nil, nil
}

func TestTheSDKsDisabledEventsClientIsAccepted(t *testing.T) {
	t.Parallel()
	client, _, _ := realClient(t, nil)
	c := build(t, cutover.New(client.WithEventsDisabled(true), "flag").DefaultStage(ldmigration.Live).Logger((&logBook{}).logger()))
	got, err := readerOf(t, c, value("old"), value("new"), nil).Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "new", got)
}

// returning returns a read function that succeeds at once with a result of any type.
func returning[R any](result R) func(context.Context, string) (R, error) {
	return func(context.Context, string) (R, error) { return result, nil }
}

// As with the SDK's migrator, the other system's result is returned only if it was written to.
func TestAWriteTellsTheOtherSystemsResult(t *testing.T) {
	t.Parallel()
	errFull := errors.New("disk full")
	for _, stage := range allStages {
		for _, fails := range []string{"", "old", "new"} {
			write := func(name string) cutover.MigrationImplFn {
				return func(payload any) (any, error) {
					if name == fails {
						return nil, errFull
					}
					return name + " " + payload.(string), nil
				}
			}
			migrator, err := cutover.Migration(&stagedClient{stage: stage}).
				Read(write("old"), write("new"), nil).Write(write("old"), write("new")).Build()
			require.NoError(t, err)
			result := migrator.Write("flag", user, ldmigration.Off, "order")
			row := design[stage][ldmigration.Write]
			first, other := result.GetAuthoritativeResult(), result.GetNonAuthoritativeResult()
			assert.Equal(t, row.authoritative, first.GetOrigin())
			assert.Equal(t, string(row.authoritative) != fails, first.IsSuccess())
			if row.secondary == "" || !first.IsSuccess() {
				assert.Nil(t, other, "%s, %s fails", stage, fails)
				continue
			}
			require.NotNil(t, other, "%s, %s fails", stage, fails)
			assert.Equal(t, row.secondary, other.GetOrigin())
			if string(row.secondary) == fails {
				require.ErrorIs(t, other.GetError(), errFull)
				assert.Nil(t, other.GetResult())
			} else {
				require.NoError(t, other.GetError())
				assert.Equal(t, string(row.secondary)+" order", other.GetResult())
			}
		}
	}
}
