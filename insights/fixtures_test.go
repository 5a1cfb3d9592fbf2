package insights_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"
)

const flag = "orders"

// figures are those of a configuration that makes sense.
func figures(tb testing.TB, cfg insights.Config) *insights.Figures {
	tb.Helper()
	f, err := insights.New(cfg)
	require.NoError(tb, err)
	return f
}

// asking is the default thresholds, changed.
func asking(change func(*insights.Thresholds)) insights.Config {
	thresholds := insights.DefaultThresholds()
	change(&thresholds)
	return insights.Config{Thresholds: &thresholds}
}

// read is an observation of a read at a stage as the library would make it, of both origins where
// the stage reads both.
func read(stage ldmigration.Stage, consistency cutover.Consistency) cutover.Observation {
	o := cutover.Observation{Operation: ldmigration.Read, Flag: flag, Stage: stage, Consistency: consistency}
	both := stage == ldmigration.Shadow || stage == ldmigration.Live
	if both || stage == ldmigration.Off || stage == ldmigration.DualWrite {
		o.Old = took(time.Millisecond)
	}
	if both || stage == ldmigration.RampDown || stage == ldmigration.Complete {
		o.New = took(2 * time.Millisecond)
	}
	return o
}

// write is an observation of a write at a stage.
func write(stage ldmigration.Stage) cutover.Observation {
	o := cutover.Observation{Operation: ldmigration.Write, Flag: flag, Stage: stage}
	if stage != ldmigration.Complete {
		o.Old = took(time.Millisecond)
	}
	if stage != ldmigration.Off {
		o.New = took(2 * time.Millisecond)
	}
	return o
}

func took(latency time.Duration) cutover.Outcome[any] {
	return cutover.Outcome[any]{Invoked: true, Latency: latency}
}

// mismatch is a read at shadow that differs in one field.
func mismatch(key int) cutover.Observation {
	o := read(ldmigration.Shadow, cutover.Inconsistent)
	o.Shown = cutover.Shown{
		Payload:     "order " + strconv.Itoa(key),
		Differences: []compare.Difference{{Path: "lines[2].unitPrice", Old: 19.99, New: 19.98}},
	}
	return o
}

func observe(t *testing.T, f *insights.Figures, times int, o cutover.Observation) {
	t.Helper()
	for range times {
		f.Observe(t.Context(), o)
	}
}

func turn(t *testing.T, f *insights.Figures, from, to ldmigration.Stage) {
	t.Helper()
	f.ObserveStage(t.Context(), cutover.StageChange{Flag: flag, ContextKind: "user", From: from, To: to})
}

func report(t *testing.T, f *insights.Figures, w insights.Window) insights.Report {
	t.Helper()
	r, known := f.Report(flag, w)
	require.True(t, known)
	return r
}
