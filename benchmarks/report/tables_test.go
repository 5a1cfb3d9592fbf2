package main

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/gocutover/cutover/benchmarks/internal/tabular"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/benchmarks"
)

var errFailed = errors.New("it failed")

var (
	readOff    = benchmarks.Case{Operation: ldmigration.Read, Stage: ldmigration.Off}
	readSerial = benchmarks.Case{Operation: ldmigration.Read, Stage: ldmigration.Shadow, Order: ldmigration.Serial}
)

// taking returns samples that took so many nanoseconds an operation.
func taking(allocs uint64, ns ...int) (samples []sample) {
	for _, each := range ns {
		samples = append(samples, sample{operations: 1, elapsed: time.Duration(each), mallocs: allocs, bytes: 256})
	}
	return samples
}

func TestTimeTableHoldsEachRatioToItsTarget(t *testing.T) {
	t.Parallel()
	s := &suite{times: []*timing{
		{Case: readOff, samples: series[sample]{
			benchmarks.Floor: taking(2, 800, 1600, 800), benchmarks.Typed: taking(2, 1000, 2000, 1200),
			benchmarks.SDK: taking(11, 12000, 24000, 12000),
		}},
		{Case: readSerial, samples: series[sample]{
			benchmarks.Floor: taking(3, 1000), benchmarks.Typed: taking(4, 1500), benchmarks.SDK: taking(15, 14000),
		}},
	}}
	var counted tally
	table := s.timeTable(&counted, benchmarks.Typed, "title")
	require.Equal(t, [][]string{
		{"read/off", "800", "1200", "12000", "12.00 (≥ 12 reached)", "1.25 (≤ 1.25 reached)", "2 (≤ 2 reached)", "256"},
		{
			"read/shadow/serial", "1000", "1500", "14000",
			"9.33 (≥ 10 not reached)", "1.50 (≤ 1.4 not reached)", "4 (≤ 3 not reached)", "256",
		},
	}, table.Rows)
	require.Equal(t, "Targets reached: 3 of 6.", counted.String())
}

// onTwo is a case that took 160 ns of one core, and so many with two. Nobody runs it inline.
func onTwo(ns map[string]int) *scaling {
	sc := &scaling{Case: readOff, one: series[sample]{bareLoop: taking(0, 100)}, two: series[sample]{bareLoop: taking(0, 50)}}
	for name, each := range ns {
		sc.one[name], sc.two[name] = taking(0, 160), taking(0, each)
	}
	return sc
}

func TestScalingTableComparesWithTheFloorsOwnGain(t *testing.T) {
	t.Parallel()
	s := &suite{scalings: []*scaling{onTwo(map[string]int{"floor": 100, "typed": 105, "dynamic": 200, "sdk": 115})}}
	var counted tally
	require.Equal(t, [][]string{{
		"read/off", "2.00", "1.60", "1.52", "", "0.80", "", "1.39",
		"0.95 (≥ 0.9 reached)", "0.50 (≥ 0.9 not reached)",
	}}, s.scalingTable(&counted).Rows)
}

func TestCoreTableTellsWhatAnOperationTakesOfEachCore(t *testing.T) {
	t.Parallel()
	s := &suite{scalings: []*scaling{onTwo(map[string]int{"floor": 100, "typed": 105, "dynamic": 200, "sdk": 840})}}
	two := func(sc *scaling) series[sample] { return sc.two }
	require.Equal(t, [][]string{{"read/off", "200", "210", "", "400", "", "1680", "8.00", "1.05", ""}},
		s.coreTable("title", 2, two).Rows)
	s.scalings[0].two[benchmarks.TypedInline] = taking(0, 84)
	require.Equal(t, [][]string{{"read/off", "200", "210", "168", "400", "", "1680", "8.00", "1.05", "10.00"}},
		s.coreTable("title", 2, two).Rows)
}

func TestDeliveryTableTellsWhatWasDropped(t *testing.T) {
	t.Parallel()
	measured := series[benchmarks.Delivery]{}
	for name, cpu := range map[string]time.Duration{"floor": 6000, "typed": 6400, "dynamic": 8000, "sdk": 24000} {
		measured[name] = []benchmarks.Delivery{{Operations: 10, Received: 10, CPU: 10 * cpu}}
	}
	measured[benchmarks.SDK][0].Received = 8
	s := &suite{delivered: []*delivery{{Case: readOff, measured: measured}}}
	var counted tally
	require.Equal(t, [][]string{
		{"read/off", "6000", "6400", "", "8000", "", "24000", "4.00", "3.75 (≥ 4 not reached)", "", "3.00", "0.95"},
	}, s.deliveryTable(&counted).Rows)
}

func TestTablesOfInlineSecondariesHaveOnlyTheirCases(t *testing.T) {
	t.Parallel()
	s := &suite{times: []*timing{{Case: readOff, samples: series[sample]{benchmarks.Floor: taking(2, 800)}}}}
	var counted tally
	require.False(t, s.inTurn())
	require.Empty(t, s.timeTable(&counted, benchmarks.TypedInline, "title").Rows)
	s.times = append(s.times, &timing{Case: readSerial, samples: series[sample]{
		benchmarks.Floor: taking(3, 1000), benchmarks.TypedInline: taking(1, 1200), benchmarks.SDK: taking(15, 14400),
	}})
	require.True(t, s.inTurn())
	require.Equal(t, [][]string{{
		"read/shadow/serial", "1000", "1200", "14400", "12.00 (≥ 10 reached)", "1.20 (≤ 1.4 reached)", "1 (≤ 3 reached)", "256",
	}}, s.timeTable(&counted, benchmarks.TypedInline, "title").Rows)
}

func TestTargetsAreKnownForEveryCaseThatHasOne(t *testing.T) {
	t.Parallel()
	without := 0
	for _, c := range benchmarks.Cases() {
		typed, dynamic := targetOf(c, benchmarks.Typed), targetOf(c, benchmarks.Dynamic)
		require.Equal(t, typed == target{}, dynamic == target{}, "%s", c)
		require.Equal(t, typed, targetOf(c, benchmarks.TypedInline))
		require.Equal(t, dynamic, targetOf(c, benchmarks.DynamicInline))
		if typed == (target{}) {
			without++
		}
	}
	require.Equal(t, 4, without, "two reads in random order, two writes to one origin")
}

func TestAllocationsOfTheRuntimeAreRoundedAway(t *testing.T) {
	t.Parallel()
	var counted tally
	require.Equal(t, "2 (≤ 2 reached)", counted.allocations(2.0004, 2))
	require.Equal(t, "2.5 (≤ 2 not reached)", counted.allocations(2.5, 2))
	require.Equal(t, "7", counted.allocations(7, 0), "no target, no verdict")
	require.Equal(t, "Targets reached: 1 of 2.", counted.String())
}

func TestPrinterAlignsColumns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &tabular.Printer{W: &out}
	p.Table(&tabular.Table{Title: "title", Head: []string{"case", "ns"}, Rows: [][]string{{"read", "≥ 1"}, {"a", "1000"}}})
	require.NoError(t, p.Err)
	require.Equal(t, "\ntitle\ncase    ns\nread   ≥ 1\na     1000\n", out.String())
}
