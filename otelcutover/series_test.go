package otelcutover_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/otelcutover"
)

// documented are the bounds that the package documentation has for one flag.
func documented(tb testing.TB) map[string]int {
	tb.Helper()
	text, err := os.ReadFile("doc.go")
	require.NoError(tb, err)
	bounds := make(map[string]int)
	for _, row := range regexp.MustCompile(`(?m)^//\t(cutover\.\S+) +(\d+)$`).FindAllStringSubmatch(string(text), -1) {
		bounds[row[1]], err = strconv.Atoi(row[2])
		require.NoError(tb, err)
	}
	require.Len(tb, bounds, 9)
	sum := 0
	for _, bound := range bounds {
		sum += bound
	}
	require.Contains(tb, string(text), fmt.Sprintf("That is %d in all", sum))
	require.Equal(tb, 55510, sum*(maxFlags+1))
	return bounds
}

// observer is one without spans.
func observer(tb testing.TB) *rig {
	tb.Helper()
	reader := sdkmetric.NewManualReader()
	r := newRig(tb, otelcutover.WithTracerProvider(tracenoop.NewTracerProvider()), otelcutover.WithMeterProvider(
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0))))
	r.reader = reader
	return r
}

// Everything happens at every stage, with more error types and rules than there are places.
func TestAFlagHasAsManySeriesAsDocumented(t *testing.T) {
	t.Parallel()
	bounds := documented(t)
	r := observer(t)
	outcomes := []cutover.Outcome[any]{
		{},
		{Err: &cutover.TimeoutError{}},
		{Err: &cutover.PanicError{}},
		{Err: context.Canceled},
		{Err: context.DeadlineExceeded},
	}
	for i := range 40 {
		outcomes = append(outcomes, cutover.Outcome[any]{Err: named("type-" + strconv.Itoa(i))})
	}
	for _, row := range design {
		for _, outcome := range outcomes {
			r.sees(t, ldmigration.Read, row.stage, row.reads, outcome, checked{})
			r.sees(t, ldmigration.Write, row.stage, row.writes, outcome, checked{})
		}
		r.sees(t, ldmigration.Read, row.stage, row.reads, cutover.Outcome[any]{NotFound: true}, checked{})
		for consistency := cutover.NoComparison; row.checked && consistency <= cutover.Inconsistent; consistency++ {
			for i := range 40 {
				check := checked{is: consistency}
				if consistency == cutover.Ignored {
					check.ignoredBy = "rule-" + strconv.Itoa(i)
				}
				r.sees(t, ldmigration.Read, row.stage, row.reads, cutover.Outcome[any]{}, check)
			}
		}
		for _, other := range design {
			for bits := range 4 {
				if row.stage != other.stage {
					c := change(row.stage, other.stage)
					c.SideBySide, c.Warning = bits&1 != 0, []string{"", "lost"}[bits/2]
					r.ObserveStage(t.Context(), c)
				}
			}
		}
	}
	got := make(map[string]int)
	for metric, series := range r.metrics(t) {
		got[metric] = len(series)
	}
	// A counter that is zero is left out of these, and nothing is skipped, falls back or is read
	// again here.
	for _, rare := range []string{"cutover.secondary.skips", "cutover.fallbacks", "cutover.rechecks"} {
		require.Zero(t, got[rare])
		got[rare] = r.zeros(t)[rare]
	}
	assert.Equal(t, bounds, got)
}

// checked is what came of a comparison.
type checked struct {
	is        cutover.Consistency
	ignoredBy string
}

// sees has an operation observed in which every call had one outcome.
func (r *rig) sees(
	tb testing.TB, operation ldmigration.Operation, stage ldmigration.Stage, origins []string,
	outcome cutover.Outcome[any], check checked,
) {
	tb.Helper()
	o := cutover.Observation{
		Operation: operation, Flag: flagKey, Context: user, Stage: stage,
		Consistency: check.is, IgnoredBy: check.ignoredBy,
		Authoritative: ldmigration.Origin(origins[0]),
	}
	outcome.Invoked = true
	for _, origin := range origins {
		if origin == "old" {
			o.Old = outcome
		} else {
			o.New = outcome
		}
	}
	r.Observe(tb.Context(), o)
}

func TestWhatTheLibraryKnowsHasItsPlace(t *testing.T) {
	t.Parallel()
	r := observer(t)
	for i := range 100 {
		o := observation()
		o.New.Err = named("type-" + strconv.Itoa(i))
		r.Observe(t.Context(), o)
	}
	for name, err := range map[string]error{
		"timeout": &cutover.TimeoutError{}, "panic": &cutover.PanicError{},
		"context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded,
	} {
		o := observation()
		o.New.Err = err
		r.Observe(t.Context(), o)
		assert.EqualValues(t, 1, r.count(t, "cutover.origin.duration", "error.type", name))
	}
}

// Flags, rules and stages come from outside, from many goroutines at once, while metrics are read.
func TestHostileNamesStayBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	all := append([]ldmigration.Stage{"nonsense"}, allStages...)
	errs := []error{
		nil, errors.New("x"), fmt.Errorf("%w", cutover.ErrSecondaryTimeout), cutover.ErrSecondarySkipped, (*nilError)(nil),
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 400 {
				o := observation()
				o.Flag = fmt.Sprint("flag", rand.IntN(300))
				o.Context = ldcontext.NewWithKind(ldcontext.Kind(fmt.Sprint("kind", rand.IntN(100))), "key")
				o.Stage = all[rand.IntN(len(all))]
				o.Old.Latency, o.New.Latency = time.Duration(rand.IntN(1e9)), time.Duration(rand.IntN(1e9))
				o.Consistency = cutover.Consistency(rand.IntN(14))
				o.IgnoredBy = fmt.Sprint("rule", rand.IntN(100))
				o.New.Err, o.New.NotFound = errs[rand.IntN(len(errs))], rand.IntN(5) == 0
				o.Rechecks = rand.IntN(3)
				r.Observe(context.Background(), o)
				if rand.IntN(10) == 0 {
					r.ObserveStage(context.Background(), cutover.StageChange{
						Flag: o.Flag, ContextKind: o.Context.Kind(), SideBySide: rand.IntN(2) == 0,
						From: all[rand.IntN(len(all))], To: all[rand.IntN(len(all))],
					})
				}
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			r.metrics(t)
		}
	})
	wg.Wait()
	assert.EqualValues(t, 2*4*400, r.count(t, "cutover.origin.duration"))
	assert.Len(t, r.spans.Started(), len(r.spans.Ended()))
	points := r.metrics(t)
	for key, most := range map[string]int{
		"feature_flag.key": maxFlags, "feature_flag.result.variant": len(allStages), "error.type": 2,
		"cutover.stage.from": len(allStages), "cutover.stage.to": len(allStages),
	} {
		assert.Len(t, valuesOf(points, key), most+1, key)
	}
	var inAll int
	for _, series := range points {
		inAll += len(series)
	}
	assert.Less(t, inAll, 55510)
}
