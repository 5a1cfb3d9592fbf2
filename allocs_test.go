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

// The gates of the hot path count and do not time: how often an operation may allocate, by what it asks for.
const (
	allocsOfOneCall   = 0 // nothing at all
	allocsOfTwoCalls  = 4 // the secondary's call, the start of its goroutine, and the timer of its timeout, which takes two
	unlimitedTwoReads = 2 // as above without a timeout
	unlimitedWrites   = 3 // and the context, which leaves out the cancellation of the caller's
)

//nolint:paralleltest // testing.AllocsPerRun counts the whole process's allocations
func TestOperationsAllocateNextToNothing(t *testing.T) {
	if underRaceDetector {
		t.Skip("not tested with the race detector: it allocates for itself")
	}
	for _, stage := range allStages {
		client := quietClient(t, stageFlag(string(stage)).Build())
		for _, operation := range operations {
			want := allocsOfOneCall
			if design[stage][operation].secondary != "" {
				want = allocsOfTwoCalls
			}
			for _, order := range allOrders {
				for name, do := range hotPaths(t, client, operation, order) {
					t.Run(fmt.Sprintf("%s %s %s %s", name, operation, stage, order), func(t *testing.T) {
						assert.LessOrEqual(t, leastAllocs(do), float64(want))
					})
				}
			}
		}
	}
}

// leastAllocs is the least of some measurements: twice a second an operation learns of its flag, and allocates.
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

func hotPaths(
	t *testing.T, client *ld.LDClient, operation ldmigration.Operation, order ldmigration.ExecutionOrder,
) map[string]func() {
	t.Helper()
	who := ldcontext.New("user-key")
	c := build(t, cutover.New(client, "flag").ReadOrder(order))
	reader := readerOf(t, c, value("v"), value("v"), cutover.Equal)
	writer, err := cutover.NewReturningWriter(c, value("v"), value("v")).Build()
	require.NoError(t, err)

	var stored any = "v"
	function := func(any) (any, error) { return stored, nil }
	var equal cutover.MigrationComparisonFn = func(a, b any) bool { return a == b }
	migrator, err := cutover.Migration(client).Read(function, function, &equal).Write(function, function).
		ReadExecutionOrder(order).Build()
	require.NoError(t, err)

	ctx := t.Context()
	if operation == ldmigration.Read {
		return map[string]func(){
			"typed":   func() { _, _ = reader.Read(ctx, who, "id") },
			"dynamic": func() { migrator.Read("flag", who, ldmigration.Off, stored) },
		}
	}
	return map[string]func(){
		"typed":   func() { _, _ = writer.Write(ctx, who, "order") },
		"dynamic": func() { migrator.Write("flag", who, ldmigration.Off, stored) },
	}
}
