package insights_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

// rollout is a rollout between two stages: both are in use.
func rollout(t *testing.T, f *insights.Figures, a, b ldmigration.Stage) {
	t.Helper()
	for _, stage := range []ldmigration.Stage{a, b} {
		observe(t, f, 1, write(stage))
	}
}

func TestStagesSideBySide(t *testing.T) {
	t.Parallel()
	const apart = ": each writes another system first, so that records written at both at once may differ for good. Let one have all the traffic"
	for _, c := range []struct {
		a, b          ldmigration.Stage
		forward, back insights.Answer
		why           string
	}{
		{ldmigration.Shadow, ldmigration.Live, insights.Unsafe, insights.Unsafe, apart},
		{ldmigration.DualWrite, ldmigration.RampDown, insights.Unsafe, insights.Unsafe, apart},
		{ldmigration.Off, ldmigration.Complete, insights.NoMove, insights.Unsafe, apart},
		{ldmigration.Off, ldmigration.DualWrite, insights.NotYet, insights.Safe, ": the new system misses what is written at off. Let one have all the traffic first"},
		{ldmigration.Off, ldmigration.Shadow, insights.NotYet, insights.Safe, ": the new system misses what is written at off. Let one have all the traffic first"},
		{ldmigration.DualWrite, ldmigration.Shadow, insights.NotYet, insights.Safe, ": let one have all the traffic first"},
		{ldmigration.Live, ldmigration.RampDown, insights.NotYet, insights.Safe, ": let one have all the traffic first"},
		{ldmigration.RampDown, ldmigration.Complete, insights.NoMove, insights.Unsafe, ": the old system misses what is written at complete"},
	} {
		t.Run(string(c.a+" and "+c.b), func(t *testing.T) {
			t.Parallel()
			f := figures(t, asking(func(is *insights.Thresholds) { is.Operations, is.Checks = 0, 0 }))
			rollout(t, f, c.a, c.b)
			v := verdict(t, f)
			assert.Equal(t, c.b, v.Stage)
			assert.Equal(t, c.forward, v.Forward.Answer, v.Forward.Reasons)
			assert.Equal(t, c.back, v.Back.Answer, v.Back.Reasons)
			both := string(c.a) + " and " + string(c.b) + " are in use side by side"
			var all []string
			for _, r := range append(v.Forward.Reasons, v.Back.Reasons...) {
				all = append(all, r.Text)
			}
			assert.Contains(t, all, both+c.why)
			assert.Equal(t, both+": let one of them have all the traffic.", report(t, f, insights.LastMinute).Headline)
		})
	}
}

func TestARolloutEndsWhenOneStageWasNotSeenForAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, asking(func(is *insights.Thresholds) { is.Checks = 2 }))
		turn(t, f, ldmigration.Shadow, ldmigration.Live)
		time.Sleep(10 * time.Second)
		observe(t, f, 5, read(ldmigration.Shadow, cutover.Consistent)) // shadow goes on: it was not left
		observe(t, f, 5, read(ldmigration.Live, cutover.Consistent))
		assert.Equal(t, []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live}, report(t, f, insights.LastMinute).InUse)
		assert.Equal(t, insights.Unsafe, verdict(t, f).Forward.Answer)

		time.Sleep(61 * time.Second)
		observe(t, f, 5, read(ldmigration.Live, cutover.Consistent))
		assert.Equal(t, []ldmigration.Stage{ldmigration.Live}, report(t, f, insights.LastMinute).InUse)
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)
	})
}

// That two stages were side by side is remembered as long as the window that is judged: comparisons
// since then tell the rest.
func TestARolloutThatWasWarnedOfIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, asking(func(is *insights.Thresholds) { is.Checks = 2 }))
		observe(t, f, 5, read(ldmigration.Shadow, cutover.Consistent))
		f.ObserveStage(t.Context(), cutover.StageChange{
			Flag: flag, From: ldmigration.Shadow, To: ldmigration.Live, SideBySide: true, Warning: "records may differ for good",
		})
		assert.Equal(t, []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live}, report(t, f, insights.LastMinute).InUse)
		for range 50 {
			time.Sleep(time.Minute)
			observe(t, f, 5, read(ldmigration.Live, cutover.Consistent))
		}
		v := verdict(t, f)
		assert.Equal(t, []string{"shadow and live were in use side by side: records may differ for good"}, texts(v.Forward, insights.NotYet))
		assert.Equal(t, insights.NotYet, v.Back.Answer)
		time.Sleep(11 * time.Minute)
		observe(t, f, 5, read(ldmigration.Live, cutover.Consistent))
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)
		assert.True(t, report(t, f, insights.LastMinute).Changes[0].SideBySide)
	})
}

func TestTheTeamMaySayThatARolloutDidNoHarm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, asking(func(is *insights.Thresholds) { is.Checks, is.Window = 2, insights.SinceStart }))
		f.ObserveStage(t.Context(), cutover.StageChange{
			Flag: flag, From: ldmigration.Shadow, To: ldmigration.Live, SideBySide: true, Warning: "records may differ for good",
		})
		time.Sleep(100 * time.Hour)
		observe(t, f, 5, read(ldmigration.Live, cutover.Consistent))
		assert.Equal(t, insights.NotYet, verdict(t, f).Forward.Answer)
		f.Repaired(flag)
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)
	})
}

// An operation that began before its stage was left says nothing of the stage being in use, however
// late it ends.
func TestASlowOperationIsNoRollout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		slow := begun(read(ldmigration.Shadow, cutover.Consistent), time.Now())
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
		turn(t, f, ldmigration.Shadow, ldmigration.Live)
		time.Sleep(30 * time.Second)
		observe(t, f, 1, read(ldmigration.Live, cutover.Consistent))
		observe(t, f, 1, slow)
		assert.Equal(t, []ldmigration.Stage{ldmigration.Live}, report(t, f, insights.LastMinute).InUse)
		observe(t, f, 1, begun(slow, time.Now()))
		assert.Len(t, report(t, f, insights.LastMinute).InUse, 2)
	})
}

// Stages that two kinds of context see are side by side, whatever changes are told of each.
func TestTheStageThatWasSeenLastIsInUseInAQuietNight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		observe(t, f, 1, read(ldmigration.Live, cutover.Consistent))
		time.Sleep(time.Second)
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
		time.Sleep(8 * time.Hour)
		assert.Equal(t, []ldmigration.Stage{ldmigration.Shadow}, report(t, f, insights.LastMinute).InUse)
	})
}

func TestThreeStagesAtOnceAreNamed(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	rollout(t, f, ldmigration.Off, ldmigration.DualWrite)
	observe(t, f, 1, write(ldmigration.Shadow))
	assert.Equal(t, "off, dualwrite and shadow are in use side by side: let one of them have all the traffic.",
		report(t, f, insights.LastMinute).Headline)
	_, known := f.Verdict("another")
	assert.False(t, known)
	assert.Empty(t, f.Keys("another"))
}
