package insights_test

import (
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

var (
	two  = []ldmigration.Stage{ldmigration.Off, ldmigration.Complete}
	four = []ldmigration.Stage{ldmigration.Off, ldmigration.Shadow, ldmigration.Live, ldmigration.Complete}
)

func TestAFlagHasItsOwnNeighbours(t *testing.T) {
	t.Parallel()
	const none = ldmigration.Stage("")
	for _, c := range []struct {
		order           []ldmigration.Stage
		at              ldmigration.Stage
		before, after   ldmigration.Stage
		forward, back   insights.Answer
		unmet, headline string
	}{
		{
			two, ldmigration.Off, none, ldmigration.Complete, insights.NotYet, insights.NoMove,
			"nothing is known of the new system: off compares no reads",
			"Nothing is known of the new system yet: it is too early to go on to complete.",
		},
		{two, ldmigration.Complete, ldmigration.Off, none, insights.NoMove, insights.Unsafe, "", "The move is complete."},
		{
			two, ldmigration.Live, ldmigration.Off, ldmigration.Complete, insights.Safe, insights.Safe, "",
			"Going well: you may go on to complete.",
		},
		{
			four, ldmigration.Off, none, ldmigration.Shadow, insights.Safe, insights.NoMove, "",
			"Nothing is known of the new system yet; you may go on to shadow.",
		},
		{
			four, ldmigration.Shadow, ldmigration.Off, ldmigration.Live, insights.Safe, insights.Safe, "",
			"Going well: you may go on to live.",
		},
		{
			four, ldmigration.Live, ldmigration.Shadow, ldmigration.Complete, insights.Safe, insights.Safe, "",
			"Going well: you may go on to complete.",
		},
		{four, ldmigration.Complete, ldmigration.Live, none, insights.NoMove, insights.Unsafe, "", "The move is complete."},
		{
			four[:3], ldmigration.Live, ldmigration.Shadow, none, insights.NoMove, insights.Safe, "",
			"There is no stage after live.",
		},
		{
			nil, ldmigration.Live, ldmigration.Shadow, ldmigration.RampDown, insights.Safe, insights.Safe, "",
			"Going well: you may go on to rampdown.",
		},
	} {
		t.Run(string(c.at), func(t *testing.T) {
			t.Parallel()
			cfg := asking(func(is *insights.Thresholds) { is.Checks, is.Operations = 1, 1 })
			if c.order != nil {
				cfg.FlagStages = map[string][]ldmigration.Stage{flag: c.order}
			}
			f := figures(t, cfg)
			observe(t, f, 10, read(c.at, cutover.Consistent))
			observe(t, f, 10, write(c.at))
			v := verdict(t, f)
			assert.Equal(t, []ldmigration.Stage{c.before, c.after}, []ldmigration.Stage{v.Back.To, v.Forward.To})
			assert.Equal(t, c.forward, v.Forward.Answer, v.Forward.Reasons)
			assert.Equal(t, c.back, v.Back.Answer, v.Back.Reasons)
			if c.unmet != "" {
				assert.Contains(t, texts(v.Forward, insights.NotYet), c.unmet)
			}
			r := report(t, f, insights.LastMinute)
			assert.Equal(t, c.headline, r.Headline)
			if c.order != nil {
				assert.Equal(t, c.order, r.Order)
			} else {
				assert.Len(t, r.Order, 6)
			}
		})
	}
}

// A move to complete takes the old system's writes away, whichever stage it is made from.
func TestGoingToCompleteSaysThatThereIsNoWayBack(t *testing.T) {
	t.Parallel()
	for order, at := range map[*[]ldmigration.Stage]ldmigration.Stage{&two: ldmigration.Off, &four: ldmigration.Live} {
		f := figures(t, insights.Config{FlagStages: map[string][]ldmigration.Stage{flag: *order}})
		observe(t, f, 1, read(at, cutover.SingleOrigin))
		assert.Contains(t, texts(verdict(t, f).Forward, insights.Safe),
			"after this the old system gets no writes: there is no way back without copying")
	}
}

func TestComparisonsThatGiveNoAnswerAreNeverSafe(t *testing.T) {
	t.Parallel()
	for _, why := range []cutover.Consistency{cutover.ComparisonPanicked, cutover.Undecided} {
		f := figures(t, insights.Config{})
		observe(t, f, 1000, read(ldmigration.Shadow, cutover.Consistent))
		observe(t, f, 1, read(ldmigration.Shadow, why))
		v := verdict(t, f)
		assert.Equal(t, insights.Safe, v.Forward.Answer, "one of a thousand is tolerated: %v", v.Forward.Reasons)
		observe(t, f, 20_000, read(ldmigration.Shadow, why))
		assert.Equal(t, insights.NotYet, verdict(t, f).Forward.Answer, why)
	}
	f := figures(t, insights.Config{})
	observe(t, f, 20, read(ldmigration.Shadow, cutover.ComparisonPanicked))
	observe(t, f, 10, read(ldmigration.Shadow, cutover.Undecided))
	assert.Equal(t, []string{
		"0 reads compared, 1,000 wanted, mostly because of: comparison panicked",
		"30 of 30 comparisons gave no answer (20 panicked, 10 undecided), at most 0.1% tolerated",
	}, texts(verdict(t, f).Forward, insights.NotYet))
}

func TestHeadlines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    cutover.Observation
		want string
	}{
		"off":       {read(ldmigration.Off, cutover.SingleOrigin), "Nothing is known of the new system yet; you may go on to dualwrite."},
		"too early": {write(ldmigration.DualWrite), "Nothing is wrong, but it is too early to go on to shadow."},
		"unsafe":    {missing(ldmigration.Shadow, "a"), "Not going well: do not go on to live."},
		"complete":  {write(ldmigration.Complete), "The move is complete."},
	} {
		f := figures(t, insights.Config{})
		observe(t, f, 1, c.o)
		assert.Equal(t, c.want, report(t, f, insights.LastMinute).Headline, name)
	}
}
