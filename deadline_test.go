package cutover_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestAnOperationReturnsAtItsCallersDeadlineIfItIsAsked(t *testing.T) {
	t.Parallel()
	for _, order := range []ldmigration.ExecutionOrder{ldmigration.Concurrent, ldmigration.Serial} {
		for asked, want := range map[bool]time.Duration{true: 30 * time.Millisecond, false: time.Second} {
			synctest.Test(t, func(t *testing.T) {
				client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
				b := cutover.New(client, "flag").ReadOrder(order).Observe(observed)
				if asked {
					b.ReturnAtDeadline()
				}
				built := build(t, b)
				stubborn := func(context.Context, string) (string, error) { time.Sleep(time.Second); return "v", nil }
				reader := readerOf(t, built, value("v"), stubborn, equal)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
				defer cancel()
				begin := time.Now()
				detail := reader.ReadDetail(ctx, user, "id")
				assert.Equal(t, want, time.Since(begin))
				assert.Equal(t, "v", detail.Old.Value)
				if asked {
					assert.Equal(t, cutover.ComparedLater, detail.Consistency)
					assert.Equal(t, 1, built.Background().Running)
				}
				require.NoError(t, built.Close(t.Context()))
				assert.Equal(t, time.Second, time.Since(begin))
				assert.Equal(t, cutover.Consistent, observed.only(t).Consistency, "the rest followed")
				assert.Equal(t, asked, observed.only(t).Detached)
				assert.Empty(t, client.only(t).Error)
			})
		}
	}
}

func TestAWriteReturnsAtItsDeadlineAndIsNotCutShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, observed := &stagedClient{stage: ldmigration.DualWrite}, &seen{}
		built := build(t, cutover.New(client, "flag").ReturnAtDeadline().Observe(observed))
		ok := func(context.Context, string) error { return nil }
		cancelled := false
		slow := func(ctx context.Context, _ string) error {
			time.Sleep(time.Second)
			cancelled = ctx.Err() != nil
			return nil
		}
		writer := serializedBy(t, built, oneRecord, ok, slow)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		begin := time.Now()
		require.NoError(t, writer.Write(ctx, user, "order"))
		assert.Equal(t, 30*time.Millisecond, time.Since(begin))
		require.NoError(t, writer.Write(t.Context(), user, "order"))
		assert.Equal(t, 2*time.Second, time.Since(begin), "the record's turn was held until the first one was done")
		assert.False(t, cancelled)
		require.NoError(t, built.Close(t.Context()))
		assert.Len(t, observed.all, 2)
		for _, o := range observed.all {
			require.NoError(t, o.New.Err)
		}
		assert.Zero(t, cutover.BusyKeys(built))

		required, err := cutover.NewWriter(built, ok, func(context.Context, string) error { time.Sleep(time.Second); return errors.New("down") }).
			RequireBoth().Build()
		require.NoError(t, err)
		ctx, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		require.ErrorContains(t, required.Write(ctx, user, "order"), "down", "one that wants both waits for both")
	})
}

func TestAReaderThatFallsBackWaitsForTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Live}, "flag").ReturnAtDeadline())
		reader, err := cutover.NewReader(built, after(time.Second, "old"), failing(errors.New("new failed"))).
			FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		got, err := reader.Read(ctx, user, "id")
		require.NoError(t, err)
		assert.Equal(t, "old", got)
	})
}

func TestFallBackIsAskedWhichSystemFailedAndWhy(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
			built := build(t, cutover.New(&stagedClient{stage: stage}, "flag").ReadOrder(order).Logger((&logBook{}).logger()))
			old, new := value("old"), failing(errors.New("new failed"))
			if stage == ldmigration.Shadow {
				old, new = failing(errors.New("old failed")), value("new")
			}
			var asked []string
			reader, err := cutover.NewReader(built, old, new).
				FallBack(func(failed ldmigration.Origin, err error) bool {
					asked = append(asked, string(failed)+": "+err.Error())
					return failed == ldmigration.New
				}).Build()
			require.NoError(t, err)
			got, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, built.Close(t.Context()))
			if stage == ldmigration.Live {
				require.NoError(t, err)
				assert.Equal(t, "old", got)
				assert.Equal(t, []string{"new: new failed"}, asked)
				continue
			}
			require.EqualError(t, err, "old failed", "nobody has verified what the new system says")
			assert.Equal(t, []string{"old: old failed"}, asked)
		}
	}
	_, err := cutover.NewReader(build(t, cutover.New(&stagedClient{}, "flag")), value("a"), value("b")).FallBack(nil).Build()
	require.ErrorContains(t, err, "fall back: function is nil")
}

func TestAFullBackgroundDoesNotKeepAReadFromFallingBack(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		synctest.Test(t, func(t *testing.T) {
			client := &stagedClient{stage: ldmigration.Live}
			built := build(t, cutover.New(client, "flag").ReadOrder(order).MaxBackground(1).Logger((&logBook{}).logger()))
			release := make(chan struct{})
			hanging := readerOf(t, built, func(context.Context, string) (string, error) { <-release; return "", nil }, value("v"), nil)
			var callers sync.WaitGroup
			callers.Go(func() { _, _ = hanging.Read(t.Context(), user, "id") })
			time.Sleep(time.Minute) // it has outlived its timeout
			reader, err := cutover.NewReader(built, value("old"), failing(errors.New("new failed"))).
				FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
			require.NoError(t, err)
			got, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			assert.Equal(t, "old", got)
			assert.Len(t, client.events[len(client.events)-1].Invoked, 2)
			close(release)
			callers.Wait()
			require.NoError(t, built.Close(t.Context()))
			got, err = reader.Read(t.Context(), user, "id")
			require.NoError(t, err, "nor does Close")
			assert.Equal(t, "old", got)
		})
	}
}

func TestEachReaderAndWriterMayHaveItsOwnTimeoutOrderAndBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(time.Minute))
		release := make(chan struct{})
		hang := func(context.Context, string) (string, error) { <-release; return "", nil }
		reader, err := cutover.NewReader(built, value("v"), hang).SecondaryTimeout(time.Second).MaxBackground(1).Build()
		require.NoError(t, err)
		begin := time.Now()
		detail := reader.ReadDetail(t.Context(), user, "id")
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
		assert.Equal(t, time.Second, time.Since(begin))
		assert.Equal(t, cutover.SecondarySkipped, reader.ReadDetail(t.Context(), user, "id").Consistency)
		assert.Equal(t, cutover.Consistent, readerOf(t, built, value("v"), value("v"), equal).ReadDetail(t.Context(), user, "id").Consistency,
			"others have places of their own")

		detached, err := cutover.NewReader(built, value("v"), hang).ReadOrder(cutover.Detached).Build()
		require.NoError(t, err)
		assert.Equal(t, cutover.ComparedLater, detached.ReadDetail(t.Context(), user, "id").Consistency)

		write := func(context.Context, string) error { return nil }
		stuck := func(context.Context, string) error { <-release; return nil }
		writer, err := cutover.NewWriter(built, write, stuck).SecondaryTimeout(2 * time.Second).MaxBackground(1).Build()
		require.NoError(t, err)
		begin = time.Now()
		for range 3 {
			require.NoError(t, writer.Write(t.Context(), user, "order"))
		}
		assert.Equal(t, 2*time.Second, time.Since(begin))
		close(release)
		require.NoError(t, built.Close(t.Context()), "Close waits for all of them")
		assert.Zero(t, built.Background().Running)
		_, err = cutover.NewReader(built, value("v"), hang).SecondaryTimeout(-1).MaxBackground(0).ReadOrder("sideways").Build()
		for _, says := range []string{"secondary timeout -1ns", "max background 0", `"sideways": unknown read execution order`} {
			require.ErrorContains(t, err, says)
		}
	})
}

func TestAWriteWhoseTurnNeverCameSaysThatNothingWasRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.Off}
		built := build(t, cutover.New(client, "flag"))
		slow := func(ctx context.Context, _ string) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Minute):
				return nil
			}
		}
		writer := serializedBy(t, built, func(s string) string { return s[:1] }, slow, slow)
		var callers sync.WaitGroup
		callers.Go(func() { assert.NoError(t, writer.Write(t.Context(), user, "a1")) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		waited := writer.Write(ctx, user, "a2")
		require.ErrorIs(t, waited, cutover.ErrNotRun)
		require.ErrorIs(t, waited, context.DeadlineExceeded)
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran := writer.Write(ctx, user, "b")
		require.ErrorIs(t, ran, context.DeadlineExceeded)
		require.NotErrorIs(t, ran, cutover.ErrNotRun)
		callers.Wait()
		client.stage = "nonsense"
		require.ErrorIs(t, writer.Write(t.Context(), user, "a"), cutover.ErrNotRun)
	})
}

func TestNestedWritesCannotDeadlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Off}, "flag"))
		var writer *cutover.Writer[[]string]
		put := func(ctx context.Context, keys []string) error {
			if len(keys) == 1 {
				return nil
			}
			time.Sleep(time.Second) // until both have their first key
			return writer.Write(ctx, user, keys[1:])
		}
		var err error
		writer, err = cutover.NewWriter(built, put, put).ClonePayload(slices.Clone[[]string]).
			SerializeBy(cutover.Key(func(keys []string) string { return keys[0] })).Build()
		require.NoError(t, err)
		errs := make([]error, 2)
		var callers sync.WaitGroup
		callers.Go(func() { errs[0] = writer.Write(t.Context(), user, []string{"a", "b"}) })
		callers.Go(func() { errs[1] = writer.Write(t.Context(), user, []string{"b", "a"}) })
		callers.Wait()
		failed := errors.Join(errs...)
		require.ErrorIs(t, failed, cutover.ErrDeadlock)
		require.ErrorIs(t, failed, cutover.ErrNotRun)
		assert.True(t, errs[0] == nil || errs[1] == nil, "one of them goes on")
		require.ErrorIs(t, writer.Write(t.Context(), user, []string{"a", "a"}), cutover.ErrDeadlock, "a write within itself")
		require.NoError(t, writer.Write(t.Context(), user, []string{"a", "b"}))
		assert.Zero(t, cutover.BusyKeys(built))
	})
}

// An observer may write the same record: it runs after the record's turn.
func TestAnObserverMayWriteTheRecordAgain(t *testing.T) {
	t.Parallel()
	repair := &repairing{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").Observe(repair))
	down := true
	ok := func(context.Context, string) error { return nil }
	writer := serializedBy(t, built, oneRecord, ok, func(context.Context, string) error {
		if down {
			return errors.New("down")
		}
		return nil
	})
	repair.write = func(ctx context.Context) error { down = false; return writer.Write(ctx, user, "a") }
	require.NoError(t, writer.Write(t.Context(), user, "a"))
	require.NoError(t, repair.err)
	assert.Equal(t, 2, repair.seen)
}

type repairing struct {
	write func(context.Context) error
	err   error
	seen  int
}

func (r *repairing) Observe(ctx context.Context, o cutover.Observation) {
	if r.seen++; o.New.Err != nil {
		r.err = r.write(ctx)
	}
}

func TestKeysMayBeMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Off}, "flag"))
		slow := func(context.Context, string) error { time.Sleep(time.Second); return nil }
		writer, err := cutover.NewWriter(built, slow, slow).
			SerializeBy(cutover.OptionalKey(func(s string) (string, bool) { return s, s != "" })).Build()
		require.NoError(t, err)
		for payload, want := range map[string]time.Duration{"": time.Second, "id": 3 * time.Second} {
			begin := time.Now()
			var callers sync.WaitGroup
			for range 3 {
				callers.Go(func() { assert.NoError(t, writer.Write(t.Context(), user, payload)) })
			}
			callers.Wait()
			assert.Equal(t, want, time.Since(begin), payload)
		}
		_, err = cutover.NewWriter(built, slow, slow).SerializeBy(cutover.OptionalKey[string, int](nil)).Build()
		require.ErrorContains(t, err, "key: function is nil")
		_, err = cutover.NewWriter(built, slow, slow).SerializeBy(cutover.Key(func(s string) *string { return &s })).Build()
		require.ErrorIs(t, err, cutover.ErrIdentityKey)
		_, err = cutover.NewWriter(built, slow, slow).RevealKey(cutover.KeyFunc[string]{}).Build()
		require.ErrorContains(t, err, "revealed key: function is nil")
	})
}

// NaN is no key of anything, as it does not equal itself: all writes with it take turns.
func TestWritesByNaNTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Off}, "flag"))
		slow := func(context.Context, float64) error { time.Sleep(time.Second); return nil }
		writer, err := cutover.NewWriter(built, slow, slow).SerializeBy(cutover.Key(func(f float64) float64 { return f })).Build()
		require.NoError(t, err)
		begin := time.Now()
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() { assert.NoError(t, writer.Write(t.Context(), user, math.NaN())) })
		}
		callers.Wait()
		assert.Equal(t, 3*time.Second, time.Since(begin))
	})
}

func TestTheDynamicAPIsDifferencesAreOldAndNew(t *testing.T) {
	t.Parallel()
	for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
		observed := &seen{}
		var differ cutover.MigrationComparisonFn = func(a, b any) bool { return a == b }
		read := func(s string) func(any) (any, error) { return func(any) (any, error) { return s, nil } }
		migrator, err := cutover.Migration(&stagedClient{stage: stage}).Observe(observed).
			Read(read("OLD"), read("NEW"), &differ).Write(read(""), read("")).Build()
		require.NoError(t, err)
		migrator.Read("flag", user, ldmigration.Off, nil)
		require.Len(t, observed.only(t).Differences, 1)
		assert.Equal(t, "OLD", observed.only(t).Differences[0].Old)
		assert.Equal(t, "NEW", observed.only(t).Differences[0].New)
	}
}

// A secondary that goes first must leave the authoritative call its half of the caller's time,
// whoever returns when.
func TestInRandomOrderTheSecondaryLeavesTimeAlthoughTheOperationReturnsAtItsDeadline(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			client := &stagedClient{stage: ldmigration.Shadow}
			built := build(t, cutover.New(client, "flag").ReadOrder(ldmigration.Random).ReturnAtDeadline())
			old := func(ctx context.Context, _ string) (string, error) { return "v", ctx.Err() }
			hangs := func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := readerOf(t, built, old, hangs, equal).Read(ctx, user, "id")
			require.NoError(t, err)
			assert.LessOrEqual(t, time.Since(begin), 100*time.Millisecond)
			require.NoError(t, built.Close(t.Context()))
		})
	}
}

// With ReturnAtDeadline, and in a detached read, the secondary does not hear of the caller's
// deadline: to fall back to it must not take longer than the caller has.
func TestAFallBackWaitsNoLongerThanItsCallerHas(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		for _, atDeadline := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
				b := cutover.New(client, "flag").ReadOrder(order).Observe(observed).Logger((&logBook{}).logger())
				if atDeadline {
					b.ReturnAtDeadline()
				}
				built := build(t, b)
				down := func(context.Context, string) (string, error) { return "", errNotFound }
				slow := func(ctx context.Context, _ string) (string, error) {
					select {
					case <-ctx.Done():
						return "", ctx.Err()
					case <-time.After(3 * time.Second):
						return "v", nil
					}
				}
				reader, err := cutover.NewReader(built, down, slow).
					FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
				require.NoError(t, err)
				for given, want := range map[time.Duration]error{100 * time.Millisecond: errNotFound, 10 * time.Second: nil} {
					ctx, cancel := context.WithTimeout(t.Context(), given)
					begin := time.Now()
					_, err = reader.Read(ctx, user, "id")
					require.ErrorIs(t, err, want, "%s %v", order, atDeadline)
					assert.LessOrEqual(t, time.Since(begin), given)
					cancel()
					quiet(built)
				}
				require.NoError(t, built.Close(t.Context()))
				assert.Equal(t, 2, client.count())
				for _, o := range observed.all {
					assert.True(t, o.New.Invoked)
				}
			})
		}
	}
}

func TestAnOperationThatIsDoneAtItsDeadlineIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReturnAtDeadline())
		ctx, cancel := context.WithCancel(t.Context())
		settled := make(chan struct{})
		old := func(context.Context, string) (string, error) {
			<-settled
			for cutover.UnderWay(built) > 0 {
				runtime.Gosched()
			}
			time.Sleep(time.Millisecond)
			cancel()
			return "v", nil
		}
		new := func(context.Context, string) (string, error) { close(settled); return "v", nil }
		assert.Equal(t, cutover.Consistent, readerOf(t, built, old, new, equal).ReadDetail(ctx, user, "id").Consistency)
	}
}
