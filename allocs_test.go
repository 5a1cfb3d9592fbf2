package cutover_test

import (
	"fmt"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// The gates count the allocations of an operation that calls both systems. An operation that calls
// one system allocates nothing.
var gates = []struct {
	name                       string
	concurrent, serial, writes int
	typed                      func(*cutover.Builder) *cutover.Builder
}{
	{name: "typed", concurrent: 2, serial: 2, writes: 2, typed: asItIs},
	// The timeout's context is also the one that a secondary write needs; without a timeout it
	// needs another.
	{name: "typed without a timeout", concurrent: 2, serial: 2, writes: 3, typed: withoutATimeout},
	{name: "typed with the secondary inline", concurrent: 2, serial: 1, writes: 1, typed: (*cutover.Builder).SecondaryInline},
	{name: "dynamic", concurrent: 2, serial: 2, writes: 3}, // the other result is a pointer
}

func asItIs(b *cutover.Builder) *cutover.Builder          { return b }
func withoutATimeout(b *cutover.Builder) *cutover.Builder { return b.SecondaryTimeout(0) }

//nolint:paralleltest // testing.AllocsPerRun counts the whole process's allocations
func TestOperationsAllocateNextToNothing(t *testing.T) {
	if underRaceDetector {
		t.Skip("not tested with the race detector: it allocates for itself")
	}
	for _, stage := range allStages {
		client := quietClient(t, stageFlag(string(stage)).Build())
		for _, gate := range gates {
			for _, order := range allOrders {
				read, write := migratorPaths(t, client, order)
				if gate.typed != nil {
					read, write = typedPaths(t, build(t, gate.typed(cutover.New(client, "flag").ReadOrder(order))))
				}
				reads, writes := 0, 0
				if design[stage][ldmigration.Read].secondary != "" {
					reads = gate.serial
					if order == ldmigration.Concurrent {
						reads = gate.concurrent
					}
				}
				if design[stage][ldmigration.Write].secondary != "" {
					writes = gate.writes
				}
				t.Run(fmt.Sprintf("%s %s %s", gate.name, stage, order), func(t *testing.T) {
					assert.LessOrEqual(t, leastAllocs(read), float64(reads), "read")
					assert.LessOrEqual(t, leastAllocs(write), float64(writes), "write")
				})
			}
		}
	}
}

// leastAllocs returns the least of several measurements, because operations learn about their flag
// twice a second, which allocates.
func leastAllocs(do func()) float64 {
	least := testing.AllocsPerRun(50, do)
	for range 20 {
		least = min(least, testing.AllocsPerRun(50, do))
	}
	return least
}

func quietClient(t *testing.T, flag ldmodel.FeatureFlag) *ld.LDClient {
	t.Helper()
	data := ldtestdata.DataSource().UsePreconfiguredFlag(flag)
	return customClient(t, ld.Config{DataSource: data, Events: ldcomponents.NoEvents()})
}

func typedPaths(t *testing.T, c *cutover.Cutover) (read, write func()) {
	t.Helper()
	who, ctx := ldcontext.New("user-key"), t.Context()
	reader := readerOf(t, c, value("v"), value("v"), equal)
	writer, err := cutover.NewReturningWriter(c, value("v"), value("v")).Build()
	require.NoError(t, err)
	return func() { _, _ = reader.Read(ctx, who, "id") }, func() { _, _ = writer.Write(ctx, who, "order") }
}

func migratorPaths(t *testing.T, client *ld.LDClient, order ldmigration.ExecutionOrder) (read, write func()) {
	t.Helper()
	var stored any = "v"
	function := func(any) (any, error) { return stored, nil }
	var equal cutover.MigrationComparisonFn = func(a, b any) bool { return a == b }
	migrator, err := cutover.Migration(client).Read(function, function, &equal).Write(function, function).
		ReadExecutionOrder(order).Build()
	require.NoError(t, err)
	who := ldcontext.New("user-key")
	return func() { migrator.Read("flag", who, ldmigration.Off, stored) },
		func() { migrator.Write("flag", who, ldmigration.Off, stored) }
}
