package benchmarks_test

import (
	"context"
	"errors"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/benchmarks"
)

func TestEveryOpEventReachesTheSink(t *testing.T) {
	t.Parallel()
	sink := benchmarks.NewSink()
	defer sink.Close()
	c := benchmarks.Case{Operation: ldmigration.Read, Stage: ldmigration.Shadow, Order: ldmigration.Serial}
	for _, contender := range benchmarks.Contenders() {
		operations := 100
		if contender.Name == benchmarks.Floor {
			operations = benchmarks.Batch + 1
		}
		delivery, err := benchmarks.MeasureDelivery(context.Background(), contender, c, operations, sink)
		if errors.Is(err, benchmarks.ErrNoProcessCPU) {
			t.Skip(err)
		}
		require.NoError(t, err)
		require.Equal(t, operations, delivery.Received, "%s: nothing is dropped", contender.Name)
		require.Positive(t, delivery.PerOperation())
	}
}
