package insights_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func verdict(t *testing.T, f *insights.Figures) insights.Verdict {
	t.Helper()
	v, known := f.Verdict(flag)
	require.True(t, known)
	return v
}

func texts(m insights.Move, answer insights.Answer) []string {
	var found []string
	for _, reason := range m.Reasons {
		if reason.Answer == answer {
			found = append(found, reason.Text)
		}
	}
	return found
}

func TestTheVerdictOfEachStage(t *testing.T) {
	t.Parallel()
	small := asking(func(is *insights.Thresholds) { is.Operations, is.Checks = 100, 100 })
	failing := func(o cutover.Observation, origin ldmigration.Origin) cutover.Observation {
		if origin == ldmigration.Old {
			o.Old.Err = errors.New("down")
		} else {
			o.New.Err = errors.New("down")
		}
		return o
	}
	slow := read(ldmigration.Live, cutover.Consistent)
	slow.New.Latency = time.Second
	for _, c := range []struct {
		name          string
		stage         ldmigration.Stage
		reads, writes int
		but           []cutover.Observation
		forward, back insights.Answer
		why           string
	}{
		{"off may always go on", ldmigration.Off, 0, 1, nil, insights.Safe, insights.NoMove, ""},
		{"dualwrite with too few writes waits", ldmigration.DualWrite, 500, 99, nil, insights.NotYet, insights.Safe, "99 new writes seen, 100 wanted"},
		{"dualwrite with good writes may go on", ldmigration.DualWrite, 0, 100, nil, insights.Safe, insights.Safe, ""},
		{
			"dualwrite with failing writes may not", ldmigration.DualWrite, 0, 100,
			[]cutover.Observation{failing(write(ldmigration.DualWrite), ldmigration.New)},
			insights.Unsafe, insights.Safe, "1 of 101 new writes failed, at most 0.1% tolerated",
		},
		{"shadow with too few checks waits", ldmigration.Shadow, 20, 0, nil, insights.NotYet, insights.Safe, "20 reads compared, 100 wanted"},
		{"shadow that agrees may go on", ldmigration.Shadow, 100, 10, nil, insights.Safe, insights.Safe, ""},
		{
			"shadow that differs may not, however few checks there were", ldmigration.Shadow, 9, 0,
			[]cutover.Observation{read(ldmigration.Shadow, cutover.Inconsistent)},
			insights.Unsafe, insights.Safe, "90.0% consistent, 99.9% wanted: 1 of 10 reads differ",
		},
		{"live that agrees may go on", ldmigration.Live, 100, 10, nil, insights.Safe, insights.Safe, ""},
		{
			"live that is slow may not", ldmigration.Live, 100, 0,
			[]cutover.Observation{slow, slow, slow},
			insights.Unsafe, insights.Safe, "p99 of new reads 1.01 s, at most 11.5 ms tolerated; old 995 µs",
		},
		{
			"live whose old writes fail may not go back", ldmigration.Live, 100, 10,
			[]cutover.Observation{failing(write(ldmigration.Live), ldmigration.Old)},
			insights.Safe, insights.Unsafe, "1 of 11 old writes failed, at most 0.1% tolerated",
		},
		{"rampdown may go on after enough reads", ldmigration.RampDown, 100, 10, nil, insights.Safe, insights.Safe, ""},
		{"complete has no way back", ldmigration.Complete, 100, 10, nil, insights.NoMove, insights.Unsafe, "10 writes at complete went to the new system alone and are missing in the old one: copy them there first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := figures(t, small)
			consistency := cutover.SingleOrigin
			if c.stage == ldmigration.Shadow || c.stage == ldmigration.Live {
				consistency = cutover.Consistent
			}
			observe(t, f, c.reads, read(c.stage, consistency))
			observe(t, f, c.writes, write(c.stage))
			for _, o := range c.but {
				observe(t, f, 1, o)
			}
			v := verdict(t, f)
			assert.Equal(t, c.stage, v.Stage)
			assert.Equal(t, c.forward, v.Forward.Answer, v.Forward.Reasons)
			assert.Equal(t, c.back, v.Back.Answer, v.Back.Reasons)
			if c.why != "" {
				var not []string
				for _, m := range []insights.Move{v.Forward, v.Back} {
					not = append(append(not, texts(m, insights.NotYet)...), texts(m, insights.Unsafe)...)
				}
				assert.Contains(t, not, c.why)
			}
		})
	}
}

func TestReadsThatAreNeverComparedSayWhy(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 10, read(ldmigration.Shadow, cutover.NoComparison))
	assert.Contains(t, texts(verdict(t, f).Forward, insights.NotYet),
		"0 reads compared, 1,000 wanted, mostly because of: no comparison")
}

// A share of reads is of the window. A record that differed is to be repaired, however long ago it
// was found, and however often others were read since.
func TestARecordThatDiffersIsNotForgottenAfterTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, asking(func(is *insights.Thresholds) { is.Window, is.Checks = insights.LastMinute, 10 }))
		observe(t, f, 1, mismatch(1))
		assert.Equal(t, insights.Unsafe, verdict(t, f).Forward.Answer)
		time.Sleep(61 * time.Second)
		observe(t, f, 10, read(ldmigration.Shadow, cutover.Consistent))
		assert.Equal(t, insights.NotYet, verdict(t, f).Forward.Answer)
		assert.Equal(t, []string{"1 record differed when compared last, none tolerated"}, texts(verdict(t, f).Forward, insights.NotYet))
		observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Consistent), "order 1"))
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)

		// At rampdown nothing is compared, and nothing forgotten.
		observe(t, f, 2000, mismatch(2))
		turn(t, f, ldmigration.Shadow, ldmigration.Live)
		turn(t, f, ldmigration.Live, ldmigration.RampDown)
		time.Sleep(time.Hour)
		observe(t, f, 2000, read(ldmigration.RampDown, cutover.SingleOrigin))
		assert.Equal(t, insights.NotYet, verdict(t, f).Forward.Answer)
		f.Repaired(flag, "order 2")
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)
	})
}

func TestAStageThatWasLeftIsNotInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		time.Sleep(time.Second)
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
		turn(t, f, ldmigration.Shadow, ldmigration.Live)
		observe(t, f, 1, read(ldmigration.Live, cutover.Consistent))
		observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent)) // it ends a little later
		r := report(t, f, insights.LastMinute)
		assert.Equal(t, []ldmigration.Stage{ldmigration.Live}, r.InUse)
		require.Len(t, r.Changes, 1)
		assert.Equal(t, ldmigration.Shadow, r.Changes[0].From)
		assert.Equal(t, time.Second, r.Changes[0].At.Sub(r.Since))
	})
}

func TestOnlySoManyStageChangesAreKept(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	for range 150 {
		turn(t, f, ldmigration.Off, ldmigration.DualWrite)
		turn(t, f, ldmigration.DualWrite, ldmigration.Off)
	}
	changes := report(t, f, insights.LastMinute).Changes
	require.Len(t, changes, 100)
	assert.Equal(t, ldmigration.Off, changes[0].To)
}
