package insights_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

var six = []ldmigration.Stage{
	ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow, ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
}

// full is figures of a flag with as much as there can be: every stage used over more than an hour
// with latencies from nanoseconds to minutes, and as many records, fields, rules and changes as are
// kept, with the longest texts.
func full(t *testing.T) (f *insights.Figures) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f = figures(t, insights.Config{})
		for range 3700 / 3 {
			for _, stage := range six {
				for _, o := range []cutover.Observation{read(stage, cutover.Consistent), write(stage)} {
					for range 64 {
						spread := time.Duration(math.Exp(rand.Float64() * 27))
						o.Old, o.New = took(spread), took(spread)
						f.Observe(t.Context(), o)
					}
				}
			}
			time.Sleep(3 * time.Second)
		}
		long := strings.Repeat("\U0001F600", 300)
		for i := range 10_000 {
			o := read(ldmigration.Shadow, cutover.Inconsistent)
			o.Shown = cutover.Shown{Payload: fmt.Sprintf("%05d%s", i, long)}
			for d := range 20 {
				o.Shown.Differences = append(o.Shown.Differences, compare.Difference{
					Path: fmt.Sprintf("f%d_%d.%s", d, i, long), Old: long + "1", New: long + "2",
				})
			}
			f.Observe(t.Context(), o)
			o = read(ldmigration.Shadow, cutover.Ignored)
			o.IgnoredBy = fmt.Sprint(i, long)
			f.Observe(t.Context(), o)
			f.ObserveStage(t.Context(), cutover.StageChange{
				Flag: flag, ContextKind: ldcontext.Kind(fmt.Sprint(long, i)), From: six[i%6], To: six[(i+1)%6], Warning: fmt.Sprint(long, i),
			})
		}
	})
	return f
}

// Not parallel: it measures the heap of the whole process.
func TestMemoryOfOneFlag(t *testing.T) { //nolint:paralleltest // see above
	before := heap()
	f := full(t)
	taken := int64(heap()) - int64(before)
	t.Logf("one flag with everything full, GOMAXPROCS %d: %.1f MB", runtime.GOMAXPROCS(0), float64(taken)/1e6)
	assert.Less(t, taken, int64(10_000_000), "bytes")
	assert.Len(t, f.Keys(flag), 10_000)
	data := ask(f.Handler(), "GET", "/data.json?window=hour").Body.Len()
	t.Logf("data.json %.1f MB, keys.json %.1f MB", float64(data)/1e6, float64(ask(f.Handler(), "GET", "/keys.json?flag="+flag).Body.Len())/1e6)
	assert.Less(t, data, 2_000_000)
	runtime.KeepAlive(f)
}

// A flag at one stage, with records of short keys, is what one sees.
func TestMemoryOfAnOrdinaryFlag(t *testing.T) { //nolint:paralleltest // it measures the heap of the whole process
	before := heap()
	f := figures(t, insights.Config{})
	for i := range 20_000 {
		o := read(ldmigration.Shadow, cutover.Consistent)
		o.Old, o.New = took(time.Duration(1+i%50)*time.Millisecond), took(time.Duration(1+i%70)*time.Millisecond)
		f.Observe(t.Context(), o)
		f.Observe(t.Context(), write(ldmigration.Shadow))
	}
	for i := range 100 {
		f.Observe(t.Context(), mismatch(i))
	}
	taken := int64(heap()) - int64(before)
	t.Logf("an ordinary flag: %.0f KB", float64(taken)/1e3)
	assert.Less(t, taken, int64(500_000), "bytes")
	runtime.KeepAlive(f)
}
