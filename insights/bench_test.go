package insights_test

import (
	"context"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestObservingAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the whole process
	f := figures(t, insights.Config{})
	o := read(ldmigration.Shadow, cutover.Consistent)
	observe(t, f, 1000, o)
	assert.Zero(t, testing.AllocsPerRun(10_000, func() { f.Observe(context.Background(), o) }))
}

func BenchmarkObserve(b *testing.B) {
	for _, c := range []struct {
		name string
		o    cutover.Observation
	}{
		{"read of one", read(ldmigration.Off, cutover.SingleOrigin)},
		{"read of both", read(ldmigration.Shadow, cutover.Consistent)},
		{"mismatch", mismatch(1)},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := figures(b, insights.Config{})
			b.ReportAllocs()
			for b.Loop() {
				f.Observe(context.Background(), c.o)
			}
		})
	}
	b.Run("read of both in parallel", func(b *testing.B) {
		f := figures(b, insights.Config{})
		o := read(ldmigration.Shadow, cutover.Consistent)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				f.Observe(context.Background(), o)
			}
		})
	})
}

// BenchmarkOperation compares an operation that nobody observes with one that is observed.
func BenchmarkOperation(b *testing.B) {
	for _, observed := range []bool{false, true} {
		name := map[bool]string{false: "unobserved", true: "observed"}[observed]
		b.Run(name, func(b *testing.B) {
			builder := cutover.New(fixed{}, flag)
			if observed {
				builder = builder.Observe(figures(b, insights.Config{}))
			}
			orders, err := builder.Build()
			require.NoError(b, err)
			get := func(_ context.Context, id int) (int, error) { return id, nil }
			order, err := cutover.NewReader(orders, get, get).Build()
			require.NoError(b, err)
			user := ldcontext.New("user")
			b.ReportAllocs()
			for b.Loop() {
				_, _ = order.Read(context.Background(), user, 7)
			}
			require.NoError(b, orders.Close(context.Background()))
		})
	}
}

// BenchmarkMemory keeps ten million operations, a tenth of them mismatches of ten thousand records,
// and tells the heap after one million and after all. Run it with -benchtime 1x.
func BenchmarkMemory(b *testing.B) {
	const million = 1_000_000
	f := figures(b, insights.Config{})
	good := read(ldmigration.Shadow, cutover.Consistent)
	empty := heap()
	operate := func(n int) {
		for i := range n {
			if i%10 == 0 {
				f.Observe(context.Background(), mismatch(i/10%10_000))
			} else {
				good.New.Latency = time.Duration(i%million) * time.Microsecond
				f.Observe(context.Background(), good)
			}
		}
	}
	for b.Loop() {
		operate(million)
		b.ReportMetric(float64(heap()-empty)/1e6, "MB-after-1M")
		operate(9 * million)
		b.ReportMetric(float64(heap()-empty)/1e6, "MB-after-10M")
	}
	require.Len(b, f.Keys(flag), 10_000)
}

// fixed is a flag client whose flag is always off.
type fixed struct{}

func (fixed) MigrationVariation(
	key string, user ldcontext.Context, _ ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return ldmigration.Off, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: user, Default: ldmigration.Off, Stage: ldmigration.Off,
	}), nil
}

func (fixed) TrackMigrationOp(ldevents.MigrationOpEventData) error { return nil }
