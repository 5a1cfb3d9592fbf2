package insights_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pick finds a value in data.json by its path.
func pick(t *testing.T, body any, path string) any {
	t.Helper()
	for _, part := range strings.Split(path, ".") {
		switch v := body.(type) {
		case map[string]any:
			value, known := v[part]
			require.True(t, known, "%s: no %s", path, part)
			body = value
		case []any:
			if part == "len" {
				return float64(len(v))
			}
			i, err := strconv.Atoi(part)
			require.NoError(t, err, path)
			require.Less(t, i, len(v), path)
			body = v[i]
		default:
			require.Fail(t, "nothing there", "%s at %s", path, part)
		}
	}
	return body
}

func agree(t *testing.T, f *insights.Figures, window string, counted map[string]any) {
	t.Helper()
	var body any
	require.NoError(t, json.Unmarshal(ask(f.Handler(), "GET", "/data.json?window="+window).Body.Bytes(), &body))
	for path, want := range counted {
		got := pick(t, body, "report."+path)
		switch want := want.(type) {
		case int:
			assert.InDelta(t, float64(want), got, 1e-9, "%s of the last %s", path, window)
		case float64:
			assert.InDelta(t, want, got, 1e-9, "%s of the last %s", path, window)
		case time.Duration: // a quantile
			assert.InEpsilon(t, float64(want), got, 0.011, "%s of the last %s", path, window)
		default:
			assert.Equal(t, want, got, "%s of the last %s", path, window)
		}
	}
}

// script is a migration whose every number was counted by hand.
func script(t *testing.T, f *insights.Figures) {
	t.Helper()
	with := func(o cutover.Observation, change func(*cutover.Observation), keys ...string) cutover.Observation {
		o = about(o, keys...)
		if change != nil {
			change(&o)
		}
		return o
	}
	observe(t, f, 10, read(ldmigration.Off, cutover.SingleOrigin)) // second 0
	observe(t, f, 4, write(ldmigration.Off))
	time.Sleep(10 * time.Second)

	turn(t, f, ldmigration.Off, ldmigration.DualWrite) // second 10
	observe(t, f, 20, read(ldmigration.DualWrite, cutover.SingleOrigin))
	observe(t, f, 10, write(ldmigration.DualWrite))
	time.Sleep(20 * time.Second)

	turn(t, f, ldmigration.DualWrite, ldmigration.Shadow) // second 30
	observe(t, f, 50, about(read(ldmigration.Shadow, cutover.Consistent), "fine"))
	for _, key := range []string{"a", "a", "b"} {
		observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Inconsistent), key))
	}
	observe(t, f, 2, read(ldmigration.Shadow, cutover.NotSampled))
	observe(t, f, 1, with(read(ldmigration.Shadow, cutover.ReadFailed), func(o *cutover.Observation) { o.New.Err = errors.New("down") }))
	observe(t, f, 1, read(ldmigration.Shadow, cutover.ComparisonPanicked))
	observe(t, f, 1, with(read(ldmigration.Shadow, cutover.Consistent), func(o *cutover.Observation) {
		o.Old.NotFound, o.Old.Err, o.New.NotFound, o.New.Err = true, errors.New("none"), true, errors.New("none")
	}, "absent"))
	observe(t, f, 2, with(read(ldmigration.Shadow, cutover.Ignored), func(o *cutover.Observation) { o.IgnoredBy = "rounding" }))
	observe(t, f, 9, write(ldmigration.Shadow))
	observe(t, f, 1, missing(ldmigration.Shadow, "c"))
	observe(t, f, 1, with(write(ldmigration.Shadow), func(o *cutover.Observation) {
		o.New.Err, o.New.Latency = &cutover.TimeoutError{After: time.Second}, time.Second
	}))
	observe(t, f, 1, with(write(ldmigration.Shadow), func(o *cutover.Observation) {
		o.New = cutover.Outcome[any]{Err: cutover.ErrSecondarySkipped}
	}, "d"))
	time.Sleep(5 * time.Second)

	observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Consistent), "a")) // second 35
	observe(t, f, 1, about(write(ldmigration.Shadow), "c"))
	time.Sleep(5 * time.Second)
}

func TestEveryNumberIsTheOneCountedByHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		script(t, f)
		// Second 40. Off was in use for 10 seconds, dualwrite for 20, shadow for 10 until now.
		counted := map[string]any{
			"flag": flag, "inUse.len": 1, "inUse.0": "shadow", "stages.len": 3, "order.len": 6,
			"stages.0.seconds": 10, "stages.1.seconds": 20, "stages.2.seconds": 10,

			"stages.0.operations.0.count": 10, "stages.0.operations.0.rate": 1, "stages.0.operations.0.old.calls": 10,
			"stages.0.operations.0.new.calls": 0, "stages.0.operations.1.count": 4, "stages.0.operations.1.rate": 0.4,
			"stages.0.operations.1.old.rate": 0.4, "stages.0.operations.0.old.p99": time.Millisecond,
			"stages.0.checks.checked": 0, "stages.0.checks.consistency": 1,

			"stages.1.operations.0.rate": 1, "stages.1.operations.1.count": 10, "stages.1.operations.1.rate": 0.5,
			"stages.1.operations.1.new.calls": 10, "stages.1.operations.1.new.rate": 0.5, "stages.1.operations.1.new.errors": 0,

			// 50 + 3 + 2 + 1 + 1 + 1 + 2 at second 30, and 1 at second 35
			"stages.2.operations.0.count": 61, "stages.2.operations.0.rate": 6.1, "stages.2.operations.0.fellBack": 0,
			"stages.2.operations.0.old.calls": 61, "stages.2.operations.0.old.errors": 0, "stages.2.operations.0.old.notFound": 1,
			"stages.2.operations.0.new.calls": 61, "stages.2.operations.0.new.errors": 1, "stages.2.operations.0.new.notFound": 1,
			"stages.2.operations.0.new.errorRate": 1.0 / 61, "stages.2.operations.0.new.rate": 6.1,
			"stages.2.operations.0.old.p50": time.Millisecond, "stages.2.operations.0.new.p50": 2 * time.Millisecond,
			// 9 + 1 + 1 + 1 at second 30, and 1 at second 35; one was skipped
			"stages.2.operations.1.count": 13, "stages.2.operations.1.rate": 1.3,
			"stages.2.operations.1.old.calls": 13, "stages.2.operations.1.new.calls": 12, "stages.2.operations.1.new.skipped": 1,
			"stages.2.operations.1.new.errors": 2, "stages.2.operations.1.new.timeouts": 1, "stages.2.operations.1.new.panics": 0,
			"stages.2.operations.1.new.errorRate": 2.0 / 12, "stages.2.operations.1.new.rate": 1.2,
			"stages.2.operations.1.new.p90": 2 * time.Millisecond, "stages.2.operations.1.old.p99": time.Millisecond,

			// 50 + 1 absent + 1 later agree, 3 differ
			"stages.2.checks.checked": 55, "stages.2.checks.inconsistent": 3, "stages.2.checks.ignored": 2,
			"stages.2.checks.consistency": 52.0 / 55, "stages.2.checks.notChecked.not sampled": 2,
			"stages.2.checks.notChecked.read failed": 1, "stages.2.checks.notChecked.comparison panicked": 1,
			"ignoredBy.rounding": 2,

			"missedByNew.writes": 3, "missedByNew.records": 1, "missedByNew.unnamed": 1, "missedByOld.writes": 0,
			"failedWrites.len": 1, "failedWrites.0.key": "d", "failedWrites.0.what": "write failed", "failedWrites.0.system": "new",
			"failedWrites.0.count": 1,
			"differing":            1, "mismatches.len": 1, "mismatches.0.key": "b", "mismatches.0.what": "different",
			"mismatches.0.count": 1, "mismatches.0.stage": "shadow",
			"healed":    2,                // a and c
			"readAgain": 2, "vanished": 1, // a differed, differed again, and was gone
			"writtenAtOff": 0, "writtenAtComplete": 0,
			"changes.len": 2, "changes.0.to": "shadow", "changes.1.to": "dualwrite", "changes.0.sideBySide": false,
			"headline":               "Not going well: do not go on to live.",
			"verdict.forward.answer": "unsafe", "verdict.back.answer": "safe",
		}
		agree(t, f, "minute", counted)
		agree(t, f, "hour", counted)
		agree(t, f, "start", counted)
		assert.Equal(t, []string{
			"3 writes did not reach the new system, and it still lacks some: 1 record to repair, 1 write of records without a known key",
			"94.5% consistent, 99.9% wanted: 3 of 55 reads differ",
			"1 of 61 new reads failed, at most 0.1% tolerated",
			"2 of 12 new writes failed, at most 0.1% tolerated; 1 timed out",
		}, texts(verdict(t, f).Forward, insights.Unsafe))
		assert.Equal(t, []string{
			"55 reads compared, 1,000 wanted",
			"1 of 58 comparisons gave no answer (1 panicked, 0 undecided), at most 0.1% tolerated",
		}, texts(verdict(t, f).Forward, insights.NotYet))
		assert.Equal(t, []string{"d", "b"}, names(f.Keys(flag)))
	})
}

// Of the script, the last minute at second 90 has what was seen from second 33 on: 57 seconds of
// shadow.
func TestTheLastMinuteIsCountedByHandToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		script(t, f)
		time.Sleep(50 * time.Second)
		agree(t, f, "minute", map[string]any{
			"stages.0.operations.0.count": 0, "stages.0.operations.0.rate": 0, "stages.0.seconds": 1, // never less
			"stages.2.seconds": 57, "stages.2.operations.0.count": 1, "stages.2.operations.0.rate": 1.0 / 57,
			"stages.2.operations.1.count": 1, "stages.2.operations.1.new.errorRate": 0,
			"stages.2.checks.checked": 1, "stages.2.checks.consistency": 1,
			"points.len": 20, "points.0.checked": 1, "points.0.reads.calls.0": 1, "points.0.writes.calls.1": 1, "points.1.checked": 0,
			"missedByNew.writes": 3, "differing": 1, "healed": 2,
		})
		agree(t, f, "start", map[string]any{
			"stages.0.seconds": 10, "stages.0.operations.0.rate": 1, "stages.1.seconds": 20,
			"stages.2.seconds": 60, "stages.2.operations.0.rate": 61.0 / 60,
			"points.len": 60, "points.59.checked": 0, "points.58.checked": 55, "points.58.inconsistent": 3,
			"points.58.reads.errors.1": 1, "points.58.writes.errors.1": 2, "points.58.writes.calls.0": 27,
		})
	})
}
