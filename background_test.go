package cutover_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestDifferencesThatWaitTakeNoPlaceFromReads(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		synctest.Test(t, func(t *testing.T) {
			built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(order).MaxBackground(2))
			wrong := func(context.Context, string) (string, error) { return "w", nil }
			differing, err := cutover.NewReader(built, value("v"), wrong).CompareEqual().Recheck(time.Minute).Build()
			require.NoError(t, err)
			for range 5 {
				_, err := differing.Read(t.Context(), user, "id")
				require.NoError(t, err)
				synctest.Wait()
			}
			assert.Equal(t, cutover.BackgroundStats{Waiting: 2, Skipped: 3}, built.Background())
			agreeing := readerOf(t, built, value("v"), value("v"), equal)
			for range 10 {
				detail := agreeing.ReadDetail(t.Context(), user, "id")
				assert.NotEqual(t, cutover.SecondarySkipped, detail.Consistency)
				synctest.Wait()
			}
			require.NoError(t, built.Close(t.Context()))
		})
	}
}

func TestCloseEndsTheWaitOfARecheckAndLosesNoEvent(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		synctest.Test(t, func(t *testing.T) {
			client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
			built := build(t, cutover.New(client, "flag").ReadOrder(order).Observe(observed))
			reader, err := cutover.NewReader(built, value("a"), value("b")).CompareEqual().Recheck(time.Hour, time.Hour).Build()
			require.NoError(t, err)
			begin := time.Now()
			_, err = reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			synctest.Wait()
			require.NoError(t, built.Close(t.Context()))
			assert.Zero(t, time.Since(begin))
			o := observed.only(t)
			assert.Equal(t, cutover.Inconsistent, o.Consistency, "what was found is believed")
			assert.Zero(t, o.Rechecks)
			assert.Equal(t, "a b", o.Old.Value.(string)+" "+o.New.Value.(string))
			assert.False(t, client.only(t).ConsistencyCheck.Consistent())
		})
	}
}

func TestSeveralRechecksGoOnUntilTheResultsAgree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		observed := &seen{}
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
		new, calls := changing("x", "y", "v", "never asked")
		reader, err := cutover.NewReader(built, value("v"), new).CompareEqual().
			Recheck(time.Second, time.Second, time.Second).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		quiet(built)
		assert.Equal(t, cutover.Consistent, observed.only(t).Consistency)
		assert.Equal(t, 2, observed.only(t).Rechecks)
		assert.Equal(t, int64(3), calls.Load())
	})
}

func TestAFailedFurtherReadIsToldAsFailed(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	synctest.Test(t, func(t *testing.T) {
		client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
		built := build(t, cutover.New(client, "flag").Observe(observed))
		new, _ := changing("w", lost)
		reader, err := cutover.NewReader(built, value("v"), new).CompareEqual().Recheck(time.Second).
			Reveal(func(id string) any { return id }, func(s string) string { return s }).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		quiet(built)
		o := observed.only(t)
		require.ErrorIs(t, o.New.Err, lost)
		assert.Equal(t, cutover.ReadFailed, o.Consistency)
		assert.Equal(t, cutover.Shown{Payload: "id", Old: "v"}, o.Shown)
		assert.Empty(t, client.only(t).Error, "the event tells the reads that the caller waited for")
	})
}

func TestCloseWaitsForSecondariesUnderWay(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{"with a timeout": time.Second, "without one": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(limit))
				reader := readerOf(t, built, value("v"), after(time.Minute, "v"), nil)
				begin := time.Now()
				var callers sync.WaitGroup
				callers.Go(func() { _, _ = reader.Read(t.Context(), user, "id") })
				synctest.Wait()
				require.NoError(t, built.Close(t.Context()))
				assert.Equal(t, time.Minute, time.Since(begin))
				assert.Zero(t, built.Background().Running)
				callers.Wait()
			})
		})
	}
}

// Close returns although the service runs more operations meanwhile.
func TestCloseDoesNotWaitForWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
		reader := readerOf(t, built, value("v"), after(time.Second, "v"), nil)
		var stop atomic.Bool
		var callers sync.WaitGroup
		for i := range 200 {
			callers.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond)
				for !stop.Load() {
					_, _ = reader.Read(t.Context(), user, "id")
				}
			})
		}
		time.Sleep(10 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 3 {
			begin := time.Now()
			require.NoError(t, built.Close(ctx))
			assert.LessOrEqual(t, time.Since(begin), time.Second)
		}
		stop.Store(true)
		callers.Wait()
	})
}

func TestCloseTakesANilContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(cutover.Detached))
		require.NoError(t, built.Close(nil)) //nolint:staticcheck // that is what is tested
		_, err := readerOf(t, built, value("v"), after(time.Second, "v"), nil).Read(t.Context(), user, "id")
		require.NoError(t, err)
		require.NoError(t, built.Close(nil)) //nolint:staticcheck // that is what is tested
	})
}

func TestWritesToASystemThatHangsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 10
		var log logBook
		observed := &seen{}
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").SecondaryTimeout(time.Second).
			MaxBackground(limit).Observe(observed).Logger(log.logger()))
		release := make(chan struct{})
		hang := func(context.Context, string) error { <-release; return nil }
		writer := writerOf(t, built, func(context.Context, string) error { return nil }, hang)
		begin := time.Now()
		for range 100 {
			require.NoError(t, writer.Write(t.Context(), user, "order"))
		}
		assert.Equal(t, limit*time.Second, time.Since(begin), "the others did not wait")
		assert.Equal(t, cutover.BackgroundStats{Running: limit, Skipped: 100 - limit}, built.Background())
		o := observed.all[len(observed.all)-1]
		require.ErrorIs(t, o.New.Err, cutover.ErrSecondarySkipped)
		assert.False(t, o.New.Invoked)

		reader := readerOf(t, built, value("v"), value("v"), equal)
		assert.NotEqual(t, cutover.SecondarySkipped, reader.ReadDetail(t.Context(), user, "id").Consistency,
			"writes that hang take no place from reads")
		required, err := cutover.NewWriter(built, func(context.Context, string) error { return nil }, hang).RequireBoth().Build()
		require.NoError(t, err)
		require.ErrorIs(t, required.Write(t.Context(), user, "order"), cutover.ErrSecondarySkipped)
		close(release)
		require.NoError(t, built.Close(t.Context()))
		require.NoError(t, writer.Write(t.Context(), user, "order"))
		require.NoError(t, observed.all[len(observed.all)-1].New.Err, "and then they are made again")
	})
}

func TestReadsThatHangTakeNoPlaceFromWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").MaxBackground(1))
		release := make(chan struct{})
		hanging := readerOf(t, built, value("v"), func(context.Context, string) (string, error) { <-release; return "", nil }, nil)
		for range 3 {
			_, err := hanging.Read(t.Context(), user, "id")
			require.NoError(t, err)
		}
		ok := func(context.Context, string) error { return nil }
		detail := writerOf(t, built, ok, ok).WriteDetail(t.Context(), user, "order")
		assert.True(t, detail.New.Invoked)
		close(release)
		require.NoError(t, built.Close(t.Context()))
	})
}

// Five writes of one record wait for one timeout, and not for five, if the secondary hangs.
func TestWritesOfARecordBehindOneThatHangsWaitOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		observed := &seen{}
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").SecondaryTimeout(time.Second).Observe(observed))
		release := make(chan struct{})
		writer := serializedBy(t, built, oneRecord, func(context.Context, string) error { return nil },
			func(context.Context, string) error { <-release; return nil })
		begin := time.Now()
		var callers sync.WaitGroup
		for range 5 {
			callers.Go(func() { assert.NoError(t, writer.Write(t.Context(), user, "order")) })
		}
		callers.Wait()
		assert.Equal(t, time.Second, time.Since(begin))
		skipped := 0
		for _, o := range observed.all {
			if errors.Is(o.New.Err, cutover.ErrSecondarySkipped) {
				skipped++
				assert.ErrorContains(t, o.New.Err, "an earlier write of the record")
			}
		}
		assert.Equal(t, 4, skipped)
		close(release)
		require.NoError(t, built.Close(t.Context()))
		assert.Zero(t, cutover.BusyKeys(built))
	})
}

func TestALateWriteCountsForCompareBetweenWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(time.Second))
		ok := func(context.Context, string) error { return nil }
		slow := func(context.Context, string) error { time.Sleep(time.Minute); return nil }
		key := cutover.Key(func(id string) string { return id })
		writer := serializedBy(t, built, func(id string) string { return id }, ok, slow)
		reader, err := cutover.NewReader(built, value("v"), value("w")).CompareEqual().CompareBetweenWrites(key).Build()
		require.NoError(t, err)
		require.NoError(t, writer.Write(t.Context(), user, "1"))
		assert.Equal(t, cutover.WrittenMeanwhile, reader.ReadDetail(t.Context(), user, "1").Consistency)
		assert.Equal(t, cutover.Inconsistent, reader.ReadDetail(t.Context(), user, "2").Consistency)
		require.NoError(t, built.Close(t.Context()))
		assert.Equal(t, cutover.Inconsistent, reader.ReadDetail(t.Context(), user, "1").Consistency)
	})
}

func TestASecondarysPanicLeavesALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBook
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "orders-flag").Logger(log.logger()))
		reader := readerOf(t, built, value("v"), func(context.Context, string) (string, error) { panic("index out of range") }, equal)
		for range 10 {
			_, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
		}
		assert.Equal(t, 1, strings.Count(log.String(), "secondary panicked"), "one a minute is enough")
		assert.Contains(t, log.String(), "index out of range")
		assert.Contains(t, log.String(), "flag=orders-flag")
		time.Sleep(time.Minute)
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(log.String(), "secondary panicked"))
	})
}

func TestALatePanicIsLoggedWithItsFlag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBook
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "orders-flag").SecondaryTimeout(time.Second).Logger(log.logger()))
		late := func(context.Context, string) (string, error) { time.Sleep(time.Minute); panic("late") }
		_, err := readerOf(t, built, value("v"), late, nil).Read(t.Context(), user, "id")
		require.NoError(t, err)
		require.NoError(t, built.Close(t.Context()))
		assert.Contains(t, log.String(), `msg="cutover: secondary panicked after its timeout" flag=orders-flag`)
	})
}

// A clone that ends its caller must not keep the place in the background that the operation was
// about to take.
func TestACloneThatExitsKeepsNoPlace(t *testing.T) {
	t.Parallel()
	exits := func(string) string { goexit(); return "" }
	for what, b := range map[string]func(*cutover.ReaderBuilder[string, string]){
		"payload of a detached read": func(b *cutover.ReaderBuilder[string, string]) {
			b.ReadOrder(cutover.Detached).ClonePayload(exits)
		},
		"result of a detached read": func(b *cutover.ReaderBuilder[string, string]) {
			b.ReadOrder(cutover.Detached).CloneResult(exits)
		},
		"result to be read again": func(b *cutover.ReaderBuilder[string, string]) {
			b.Recheck(time.Second).CloneResult(exits)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").MaxBackground(1))
				builder := cutover.NewReader(built, value("a"), value("b")).CompareEqual()
				b(builder)
				reader, err := builder.Build()
				require.NoError(t, err)
				var caller sync.WaitGroup
				caller.Go(func() { _, _ = reader.Read(t.Context(), user, "id") })
				caller.Wait()
				synctest.Wait()
				assert.Zero(t, built.Background())
			})
		})
	}
}
