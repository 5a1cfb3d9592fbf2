package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedianIsTheMiddleOfWhatWasMeasured(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 3, median([]float64{9, 1, 3}), 0)
	require.InDelta(t, 2.5, median([]float64{4, 1, 100, 1}), 0, "the mean of the two middle ones")
	require.Zero(t, median(nil))
	values := []float64{3, 1, 2}
	median(values)
	require.Equal(t, []float64{3, 1, 2}, values, "what was measured stays in its order")
}

func TestRatiosPairTheRepetitions(t *testing.T) {
	t.Parallel()
	sdk, ours := []float64{100, 1000, 120}, []float64{10, 100, 10}
	require.Equal(t, []float64{10, 10, 12}, ratios(sdk, ours))
	require.InDelta(t, 10, median(ratios(sdk, ours)), 0, "a slow moment that falls on both cancels out")
}

func TestSpreadIsAPartOfTheMedian(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 0.2, spread([]float64{90, 100, 110}), 1e-9)
	require.Zero(t, spread(nil))
}

func TestMiddleSampleIsTakenWhole(t *testing.T) {
	t.Parallel()
	slow := sample{operations: 10, elapsed: 300 * time.Nanosecond, mallocs: 70}
	usual := sample{operations: 20, elapsed: 400 * time.Nanosecond, mallocs: 40}
	fast := sample{operations: 10, elapsed: 100 * time.Nanosecond, mallocs: 10}
	require.Equal(t, usual, middle([]sample{slow, fast, usual}))
	require.Equal(t, usual, middle([]sample{fast, usual}), "the slower one of two")
}

func TestFiguresAreForOneOperation(t *testing.T) {
	t.Parallel()
	s := sample{operations: 4, elapsed: 2 * time.Second, mallocs: 8, bytes: 100}
	require.InDelta(t, 5e8, nsOf(s), 0)
	require.InDelta(t, 2, allocsOf(s), 0)
	require.InDelta(t, 25, bytesOf(s), 0)
	require.InDelta(t, 2, throughputOf(s), 0)
}

func TestMeasureCountsEveryOperation(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2} {
		taken, err := measure(loop, time.Millisecond, workers)
		require.NoError(t, err)
		require.Positive(t, taken.operations)
		require.Zero(t, taken.operations%block)
		require.GreaterOrEqual(t, taken.elapsed, time.Millisecond)
	}
}

func TestMeasureTellsThatAnOperationFailed(t *testing.T) {
	t.Parallel()
	fails := func() (int, error) { return 0, errFailed }
	for _, workers := range []int{1, 2} {
		_, err := measure(fails, time.Millisecond, workers)
		require.ErrorIs(t, err, errFailed)
	}
}
