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

func secondsAt(t *testing.T, f *insights.Figures, stage ldmigration.Stage, w insights.Window) float64 {
	t.Helper()
	for _, s := range report(t, f, w).Stages {
		if s.Stage == stage {
			return s.Seconds
		}
	}
	return 0
}

// A rate is by the time at its stage: a thousand reads in ten seconds are a hundred a second, a day
// later too.
func TestARateIsByTheTimeAtItsStage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		time.Sleep(time.Hour) // nothing is called yet
		observe(t, f, 1000, read(ldmigration.Off, cutover.SingleOrigin))
		time.Sleep(10 * time.Second)
		turn(t, f, ldmigration.Off, ldmigration.Shadow)
		for range 24 {
			observe(t, f, 3600, read(ldmigration.Shadow, cutover.Consistent))
			time.Sleep(time.Hour)
		}
		r := report(t, f, insights.SinceStart)
		assert.InDelta(t, 100, r.Stages[0].Operations[0].Rate, 1e-9)
		assert.InDelta(t, 100, r.Stages[0].Operations[0].Old.Rate, 1e-9)
		assert.InDelta(t, 1, r.Stages[1].Operations[0].New.Rate, 1e-9)
	})
}

func TestTheTimesAtAStageAddUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		there := func(stage ldmigration.Stage, from ldmigration.Stage) {
			turn(t, f, from, stage)
			observe(t, f, 1, read(stage, cutover.Consistent))
		}
		for range 100 { // more stints than are known one by one
			there(ldmigration.Live, ldmigration.Shadow)
			time.Sleep(3 * time.Minute)
			there(ldmigration.Shadow, ldmigration.Live)
			time.Sleep(time.Minute)
		}
		assert.InDelta(t, 100*180, secondsAt(t, f, ldmigration.Live, insights.SinceStart), 1e-9)
		assert.InDelta(t, 100*60, secondsAt(t, f, ldmigration.Shadow, insights.SinceStart), 1e-9)
		assert.InDelta(t, 15*180, secondsAt(t, f, ldmigration.Live, insights.LastHour), 180)
		assert.InDelta(t, 57, secondsAt(t, f, ldmigration.Shadow, insights.LastMinute), 1e-9, "the window in its steps")
	})
}

// An operation that ends after its stage was left adds nothing to the time there, and nothing
// reopens it.
func TestAStageIsLeftWhenTheChangeIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
		time.Sleep(20 * time.Second)
		turn(t, f, ldmigration.Shadow, ldmigration.Live)
		time.Sleep(time.Second)
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
		time.Sleep(9 * time.Second)
		turn(t, f, ldmigration.Shadow, ldmigration.Live) // another cutover sees it later
		observe(t, f, 1, read(ldmigration.Live, cutover.Consistent))
		time.Sleep(10 * time.Second)
		assert.InDelta(t, 20, secondsAt(t, f, ldmigration.Shadow, insights.SinceStart), 1e-9)
		assert.InDelta(t, 20, secondsAt(t, f, ldmigration.Live, insights.SinceStart), 1e-9)
	})
}

// Nothing tells that a rollout ended: its smaller stage is simply seen no more. It counts until
// then, and anew if it is back.
func TestAStageOfARolloutCountsAsLongAsItIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		both := func(seconds int) {
			for range seconds {
				observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
				observe(t, f, 1, read(ldmigration.Live, cutover.Consistent))
				time.Sleep(time.Second)
			}
		}
		both(30)
		for range 600 {
			observe(t, f, 1, read(ldmigration.Live, cutover.Consistent))
			time.Sleep(time.Second)
		}
		assert.InDelta(t, 29, secondsAt(t, f, ldmigration.Shadow, insights.SinceStart), 1e-9)
		both(10)
		assert.InDelta(t, 29+10, secondsAt(t, f, ldmigration.Shadow, insights.SinceStart), 1e-9)
		assert.InDelta(t, 640, secondsAt(t, f, ldmigration.Live, insights.SinceStart), 1e-9)
	})
}
