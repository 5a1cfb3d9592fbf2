package cutover_test

import (
	"context"
	"fmt"
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

func TestNoTimeoutWaitsForASecondaryThatHasReturned(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
	during := 0
	count := func(context.Context, string) (string, error) { during = cutover.UnderWay(c); return "v", nil }
	reader := readerOf(t, c, value("v"), count, nil)
	for range 100 {
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		assert.Equal(t, 1, during)
		assert.Zero(t, cutover.UnderWay(c))
	}
}

func TestAQueueSetByAnotherClockIsSetAnew(t *testing.T) {
	t.Parallel()
	const limit = 10 * time.Millisecond
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(limit))
	quick := readerOf(t, c, value("v"), value("v"), nil)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(100 * 365 * 24 * time.Hour) // where a bubble can no longer be told by its clock
		for range 1000 {
			_, err := quick.Read(t.Context(), user, "id")
			require.NoError(t, err)
		}
	})
	release := make(chan struct{})
	rescue := time.AfterFunc(20*time.Second, func() { close(release) })
	hang := func(context.Context, string) (string, error) { <-release; return "", nil }
	for range 5 {
		detail := readerOf(t, c, value("v"), hang, nil).ReadDetail(t.Context(), user, "id")
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
	}
	if rescue.Stop() {
		close(release)
	}
	require.NoError(t, c.Close(t.Context()))
}

// This runs on the real clock, because secondaries in a bubble do not share their queues.
func TestManySecondariesThatHangAllTimeOut(t *testing.T) {
	t.Parallel()
	const limit, callers, each = 20 * time.Millisecond, 50, 5
	client := &stagedClient{stage: ldmigration.Shadow}
	c := build(t, cutover.New(client, "flag").SecondaryTimeout(limit).MaxBackground(2*callers*each))
	release := make(chan struct{})
	hang := func(context.Context, string) (string, error) { <-release; return "", nil }
	hanging, quick := readerOf(t, c, value("v"), hang, nil), readerOf(t, c, value("v"), value("v"), equal)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each { // with quick ones between them in the queues
				detail := hanging.ReadDetail(t.Context(), user, "id")
				assert.Equal(t, "secondary timed out after 20ms", fmt.Sprint(detail.New.Err))
				assert.Equal(t, limit, detail.New.Latency)
				got, err := quick.Read(t.Context(), user, "id")
				assert.Equal(t, "v <nil>", fmt.Sprint(got, " ", err))
			}
		})
	}
	all.Wait()
	assert.GreaterOrEqual(t, c.Background().Running, callers*each)
	close(release)
	require.NoError(t, c.Close(t.Context()))
}

// This also runs on the real clock: a call with less time than others must not wait behind them.
func TestASecondaryWithLessTimeDoesNotWaitForTheOthers(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(ldmigration.Random).SecondaryTimeout(time.Hour))
	quick := readerOf(t, c, value("v"), value("v"), nil)
	for range 1000 { // from now on each queue wakes in an hour
		_, err := quick.Read(t.Context(), user, "id")
		require.NoError(t, err)
	}
	release := make(chan struct{})
	rescue := time.AfterFunc(20*time.Second, func() { close(release) })
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		var called atomic.Bool
		reader := readerOf(t, c, func(context.Context, string) (string, error) { called.Store(true); return "v", nil },
			func(context.Context, string) (string, error) {
				if called.Load() {
					return "v", nil // it came second: the coin is tossed again
				}
				<-release
				return "too late", nil
			}, nil)
		detail := reader.ReadDetail(ctx, user, "id")
		cancel()
		if detail.New.Value == "v" {
			continue
		}
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
		assert.Less(t, detail.New.Latency, 200*time.Millisecond)
		break
	}
	if rescue.Stop() {
		close(release)
	}
	require.NoError(t, c.Close(t.Context()))
}

func TestBubblesThatShareACutoverDoNotShareTimers(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(time.Second))
	hang := func(ctx context.Context, _ string) (string, error) {
		time.Sleep(time.Minute) // the function under test, inside a synctest bubble
		return "", nil
	}
	hanging, quick := readerOf(t, c, value("v"), hang, nil), readerOf(t, c, value("v"), value("v"), equal)
	for _, name := range []string{"one", "another", "a third"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				synctest.Test(t, func(t *testing.T) {
					detail := hanging.ReadDetail(t.Context(), user, "id")
					require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
					time.Sleep(time.Minute)
					for range 10 { // what these leave behind, the next bubble would have to trust
						assert.Equal(t, cutover.Consistent, quick.ReadDetail(t.Context(), user, "id").Consistency)
					}
				})
			}
		})
	}
}
