package insights_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAWindowForgetsWhatIsOlder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		observe(t, f, 10, read(ldmigration.Off, cutover.SingleOrigin))
		count := func(w insights.Window) uint64 { return report(t, f, w).Stages[0].Operations[0].Count }
		assert.Equal(t, uint64(10), count(insights.LastMinute))

		time.Sleep(56 * time.Second)
		observe(t, f, 3, read(ldmigration.Off, cutover.SingleOrigin))
		assert.Equal(t, uint64(13), count(insights.LastMinute))
		time.Sleep(5 * time.Second)
		assert.Equal(t, uint64(3), count(insights.LastMinute))
		assert.Equal(t, uint64(13), count(insights.LastHour))
		time.Sleep(time.Minute)
		assert.Equal(t, uint64(0), count(insights.LastMinute))
		time.Sleep(time.Hour)
		assert.Equal(t, uint64(0), count(insights.LastHour))
		assert.Equal(t, uint64(13), count(insights.SinceStart))
	})
}

func TestEachOriginsCallsAreCountedByWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	failed := func(invoked bool, err error) cutover.Observation {
		o := read(ldmigration.Shadow, cutover.ReadFailed)
		o.New = cutover.Outcome[any]{Invoked: invoked, Err: err, Latency: 5 * time.Millisecond}
		return o
	}
	observe(t, f, 96, read(ldmigration.Shadow, cutover.Consistent))
	observe(t, f, 1, failed(true, errors.New("down")))
	observe(t, f, 1, failed(true, fmt.Errorf("new: %w", &cutover.TimeoutError{After: time.Second})))
	observe(t, f, 1, failed(true, &cutover.PanicError{Value: "boom"}))
	observe(t, f, 1, failed(false, cutover.ErrSecondarySkipped))

	figures := report(t, f, insights.SinceStart).Stages[0].Operations[0]
	assert.Equal(t, uint64(100), figures.Count)
	assert.Equal(t, uint64(100), figures.Old.Calls)
	assert.Zero(t, figures.Old.Errors)
	is := figures.New
	assert.Equal(t, []uint64{99, 3, 1, 1, 1}, []uint64{is.Calls, is.Errors, is.Timeouts, is.Panics, is.Skipped})
	assert.InDelta(t, 3.0/99, is.ErrorRate, 1e-9)
}

func TestLatencyQuantilesAreWithinOnePercent(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	for ms := 1; ms <= 1000; ms++ {
		o := read(ldmigration.Off, cutover.SingleOrigin)
		o.Old.Latency = time.Duration(ms) * time.Millisecond
		observe(t, f, 1, o)
	}
	for _, w := range []insights.Window{insights.LastMinute, insights.LastHour, insights.SinceStart} {
		old := report(t, f, w).Stages[0].Operations[0].Old
		assert.InEpsilon(t, 500*time.Millisecond, old.P50, 0.011)
		assert.InEpsilon(t, 900*time.Millisecond, old.P90, 0.011)
		assert.InEpsilon(t, 990*time.Millisecond, old.P99, 0.011)
	}
}

func TestIgnoredAndUncheckedReadsAreCountedApart(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 8, read(ldmigration.Shadow, cutover.Consistent))
	observe(t, f, 2, read(ldmigration.Shadow, cutover.Inconsistent))
	observe(t, f, 3, read(ldmigration.Shadow, cutover.NotSampled))
	known := read(ldmigration.Shadow, cutover.Ignored)
	known.IgnoredBy = "rounding"
	observe(t, f, 4, known)

	r := report(t, f, insights.LastMinute)
	assert.Equal(t, insights.Checks{
		Checked: 10, Inconsistent: 2, Ignored: 4, Consistency: 0.8, NotChecked: map[string]uint64{"not sampled": 3},
	}, r.Stages[0].Checks)
	assert.Equal(t, map[string]uint64{"rounding": 4}, r.IgnoredBy)
}

func TestThePointsOfAWindowFollowTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
		time.Sleep(30 * time.Second)
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Inconsistent))
		points := report(t, f, insights.LastMinute).Points
		require.Len(t, points, 20)
		now, before := points[19], points[9]
		assert.Equal(t, []uint64{1, 1}, []uint64{now.Checked, now.Inconsistent})
		assert.Equal(t, []uint64{1, 0}, []uint64{before.Checked, before.Inconsistent})
		assert.Equal(t, 30*time.Second, now.At.Sub(before.At))
		assert.InEpsilon(t, 2*time.Millisecond, now.Reads.P99[1], 0.011)
		assert.Zero(t, points[18].Reads.Calls)
	})
}

func TestFiguresAreExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	const each, workers = 2000, 8
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range each {
				f.Observe(context.Background(), read(ldmigration.Shadow, cutover.Consistent))
				if i%100 == 0 {
					f.Report(flag, insights.LastMinute)
				}
			}
		})
	}
	all.Wait()
	assert.Equal(t, uint64(each*workers), report(t, f, insights.SinceStart).Stages[0].Checks.Checked)
}

func TestTooManyFlagsAreRefused(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	for i := range 200 {
		o := read(ldmigration.Off, cutover.SingleOrigin)
		o.Flag = fmt.Sprintf("flag-%03d", i)
		observe(t, f, 1, o)
	}
	assert.Len(t, f.Flags(), 128)
	_, known := f.Report("flag-199", insights.LastMinute)
	assert.False(t, known)
}
