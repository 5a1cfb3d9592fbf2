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
	readRandom = benchmarks.Case{Operation: ldmigration.Read, Stage: ldmigration.Shadow, Order: ldmigration.Random}
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
			benchmarks.Floor: taking(3, 1000), benchmarks.Protected: taking(5, 2000),
			benchmarks.Typed: taking(4, 2200), benchmarks.SDK: taking(15, 14000),
		}},
		{Case: readRandom, samples: series[sample]{
			benchmarks.Floor: taking(3, 1000), benchmarks.Protected: taking(5, 2000),
			benchmarks.Typed: taking(4, 2202), benchmarks.SDK: taking(15, 14000),
		}},
	}}
	var counted tally
	table := s.timeTable(&counted, benchmarks.Typed, "title")
	require.Equal(t, [][]string{
		{
			"read/off", "bare", "800", "1200", "12000",
			"12.00 (≥ 12 reached)", "1.25 (≤ 1.25 reached)", "2 (≤ 2 reached)", "256",
		},
		{
			"read/shadow/serial", "protected", "2000", "2200", "14000",
			"6.36 (≥ 10 not reached)", "1.10 (≤ 1.1 reached)", "4 (≤ 3 not reached)", "256",
		},
		{"read/shadow/random", "protected", "2000", "2202", "14000", "6.36", "1.10 (≤ 1.1 not reached)", "4", "256"},
	}, table.Rows)
	require.Equal(t, "Targets reached: 4 of 7.", counted.String())
}

// onTwo took 160 ns of one core, and so many with two.
func onTwo(c benchmarks.Case, ns map[string]int) *scaling {
	sc := &scaling{Case: c, one: series[sample]{bareLoop: taking(0, 100)}, two: series[sample]{bareLoop: taking(0, 50)}}
	for name, each := range ns {
		sc.one[name], sc.two[name] = taking(0, 160), taking(0, each)
	}
	return sc
}

// oneAndBoth are a case that asks one system and one that asks both.
func oneAndBoth() *suite {
	return &suite{scalings: []*scaling{
		onTwo(readOff, map[string]int{
			benchmarks.Floor: 100, benchmarks.Typed: 105, benchmarks.Dynamic: 200, benchmarks.SDK: 840,
		}),
		onTwo(readSerial, map[string]int{
			benchmarks.Floor: 80, benchmarks.Protected: 100, benchmarks.Typed: 105, benchmarks.TypedInline: 84,
			benchmarks.Dynamic: 110, benchmarks.DynamicInline: 100, benchmarks.SDK: 840,
		}),
	}}
}

func TestScalingTableComparesWithTheGainOfTheirFloor(t *testing.T) {
	t.Parallel()
	var counted tally
	require.Equal(t, [][]string{
		{
			"read/off", "2.00", "1.60", "", "1.52", "", "0.80", "", "0.19",
			"bare", "0.95 (≥ 0.9 reached)", "0.50 (≥ 0.9 not reached)", "", "",
		},
		{
			"read/shadow/serial", "2.00", "2.00", "1.60", "1.52", "1.90", "1.45", "1.60", "0.19",
			"protected", "0.95 (≥ 0.9 reached)", "0.91 (≥ 0.9 reached)",
			"0.95 (≥ 0.9 reached)", "0.80 (≥ 0.9 not reached)",
		},
	}, oneAndBoth().scalingTable(&counted).Rows)
	require.Equal(t, "Targets reached: 4 of 6.", counted.String())
}

func TestCoreTableTellsWhatAnOperationTakesOfEachCore(t *testing.T) {
	t.Parallel()
	two := func(sc *scaling) series[sample] { return sc.two }
	require.Equal(t, [][]string{
		{"read/off", "200", "", "210", "", "400", "", "1680", "bare", "1.05", "", "8.00", ""},
		{
			"read/shadow/serial", "160", "200", "210", "168", "220", "200", "1680",
			"protected", "1.05", "1.05", "8.00", "10.00",
		},
	}, oneAndBoth().coreTable("title", 2, two).Rows)
}

func TestDeliveryTableTellsWhatWasDropped(t *testing.T) {
	t.Parallel()
	measured := series[benchmarks.Delivery]{}
	for name, cpu := range map[string]time.Duration{
		benchmarks.Floor: 6000, benchmarks.Typed: 6400, benchmarks.Dynamic: 8000, benchmarks.SDK: 24000,
	} {
		measured[name] = []benchmarks.Delivery{{Operations: 10, Received: 10, CPU: 10 * cpu}}
	}
	measured[benchmarks.SDK][0].Received = 8
	s := &suite{delivered: []*delivery{{Case: readOff, measured: measured}}}
	require.Equal(t, [][]string{
		{"read/off", "6000", "", "6400", "", "8000", "", "24000", "4.00", "3.75", "", "3.00", "0.95"},
	}, s.deliveryTable().Rows)
}

// Each row is as long as its head.
func TestTablesHaveTheirHeads(t *testing.T) {
	t.Parallel()
	s := oneAndBoth()
	s.times = []*timing{{Case: readSerial, samples: s.scalings[1].one}}
	s.delivered = []*delivery{{Case: readOff, measured: series[benchmarks.Delivery]{}}}
	tables, _ := s.tables()
	require.Len(t, tables, 8)
	for _, table := range tables {
		require.NotEmpty(t, table.Rows, table.Title)
		for _, row := range table.Rows {
			require.Len(t, row, len(table.Head), table.Title)
		}
	}
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
		"read/shadow/serial", "bare", "1000", "1200", "14400",
		"12.00 (≥ 10 reached)", "1.20 (≤ 1.25 reached)", "1 (≤ 3 reached)", "256",
	}}, s.timeTable(&counted, benchmarks.TypedInline, "title").Rows)
}

func TestEveryCaseIsHeldToItsFloor(t *testing.T) {
	t.Parallel()
	floorAlone := 0
	for _, c := range benchmarks.Cases() {
		both := 1.25
		if c.ReadsBoth() || c.WritesBoth() {
			both = 1.1
		}
		typed, dynamic := targetOf(c, benchmarks.Typed), targetOf(c, benchmarks.Dynamic)
		require.Equal(t, [2]float64{both, both}, [2]float64{typed.floor, dynamic.floor}, "%s", c)
		require.Equal(t, typed.faster == 0, dynamic.faster == 0, "%s", c)
		for ours, inline := range map[string]string{
			benchmarks.Typed: benchmarks.TypedInline, benchmarks.Dynamic: benchmarks.DynamicInline,
		} {
			want := targetOf(c, ours)
			want.floor = 1.25
			require.Equal(t, want, targetOf(c, inline), "%s", c)
		}
		if typed.faster == 0 {
			floorAlone++
		}
	}
	require.Equal(t, 4, floorAlone, "two reads in random order, two writes to one origin")
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
