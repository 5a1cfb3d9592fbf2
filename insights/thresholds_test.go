package insights_test

import (
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNonsenseIsRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  insights.Config
		want []string
	}{
		"an unknown window": {
			asking(func(is *insights.Thresholds) { is.Window = "week" }), []string{`unknown window "week"`},
		},
		"no window": {insights.Config{Thresholds: &insights.Thresholds{}}, []string{`unknown window ""`}},
		"numbers below zero": {
			asking(func(is *insights.Thresholds) { is.Operations, is.Checks, is.P99Slack = -2, -1000, -time.Second }),
			[]string{"Operations is -2", "Checks is -1000", "P99Slack is -1000000000"},
		},
		"what is not a number": {
			asking(func(is *insights.Thresholds) {
				is.Consistency, is.ErrorRate, is.P99Ratio = math.NaN(), math.NaN(), math.NaN()
			}),
			[]string{"Consistency is NaN", "ErrorRate is NaN", "P99Ratio is NaN"},
		},
		"what is infinite": {
			asking(func(is *insights.Thresholds) {
				is.Consistency, is.ErrorRate, is.P99Ratio = math.Inf(1), math.Inf(1), math.Inf(1)
			}),
			[]string{"Consistency is +Inf", "ErrorRate is +Inf", "P99Ratio is +Inf"},
		},
		"shares above one": {
			asking(func(is *insights.Thresholds) { is.Consistency, is.ErrorRate = 99.9, 1.01 }),
			[]string{"Consistency is 99.9", "ErrorRate is 1.01"},
		},
		"shares below zero": {
			asking(func(is *insights.Thresholds) { is.Consistency, is.ErrorRate, is.P99Ratio = -0.5, -2, -1.5 }),
			[]string{"Consistency is -0.5", "ErrorRate is -2", "P99Ratio is -1.5"},
		},
		"bounds below zero":      {insights.Config{Mismatches: -1, Keys: -7}, []string{"Mismatches is -1", "Keys is -7"}},
		"a host that is an URL":  {insights.Config{Hosts: []string{"https://a.example/"}}, []string{`hosts: have "https://a.example/"`}},
		"a host of no letters":   {insights.Config{Hosts: []string{""}}, []string{`hosts: have ""`}},
		"a host with a wildcard": {insights.Config{Hosts: []string{"*.example.com"}}, []string{`hosts: have "*.example.com"`}},
		"stages that make no order": {
			insights.Config{FlagStages: map[string][]ldmigration.Stage{
				"a": {ldmigration.Off}, "b": {ldmigration.Off, "on"}, "c": {ldmigration.Live, ldmigration.Shadow},
				"d": {ldmigration.Off, ldmigration.Off},
			}},
			[]string{
				`FlagStages of "a": at least two stages`, `FlagStages of "b": unknown stage "on"`,
				`FlagStages of "c": "shadow" is not after "live"`, `FlagStages of "d": "off" is not after "off"`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := insights.New(c.cfg)
			require.Error(t, err)
			assert.Nil(t, f)
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestGenerousThresholdsDoNotOverflow(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]insights.Config{
		"slack":      asking(func(is *insights.Thresholds) { is.P99Slack = math.MaxInt64 }),
		"ratio":      asking(func(is *insights.Thresholds) { is.P99Ratio = 1e12 }),
		"most ratio": asking(func(is *insights.Thresholds) { is.P99Ratio = math.MaxFloat64 }),
		"all": asking(func(is *insights.Thresholds) {
			is.P99Ratio, is.P99Slack, is.ErrorRate = math.MaxFloat64, math.MaxInt64, 1
		}),
	} {
		f := figures(t, cfg)
		slow := read(ldmigration.Shadow, cutover.Consistent)
		slow.Old.Latency, slow.New.Latency = 50*time.Millisecond, 50*time.Millisecond
		observe(t, f, 3000, slow)
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer, name)
		w := ask(f.Handler(), "GET", "/data.json")
		assert.Equal(t, http.StatusOK, w.Code, name)
		assert.True(t, json.Valid(w.Body.Bytes()), name)
	}
}

func TestWhatIsNotJudgedSaysSo(t *testing.T) {
	t.Parallel()
	bad := read(ldmigration.Shadow, cutover.Inconsistent)
	bad.New.Err, bad.New.Latency = assert.AnError, time.Hour
	panicked := read(ldmigration.Shadow, cutover.ComparisonPanicked)
	none := asking(func(is *insights.Thresholds) {
		*is = insights.Thresholds{
			Window: insights.LastHour, Operations: insights.NotJudged, Checks: insights.NotJudged, Consistency: insights.NotJudged,
			ErrorRate: insights.NotJudged, P99Ratio: insights.NotJudged, P99Slack: insights.NotJudged,
		}
	})
	f := figures(t, none)
	observe(t, f, 1, bad)
	observe(t, f, 1, panicked)
	v := verdict(t, f)
	assert.Equal(t, insights.Safe, v.Forward.Answer)
	assert.Equal(t, []string{
		"the number of compared reads is not judged",
		"the consistency of reads is not judged",
		"1 of 2 comparisons gave no answer (1 panicked, 0 undecided), which is not judged",
		"the failure rate of new reads is not judged",
		"the latency of new reads is not judged",
		"the failure rate of new writes is not judged",
	}, texts(v.Forward, insights.Safe))

	f = figures(t, none)
	observe(t, f, 1, write(ldmigration.DualWrite))
	assert.Subset(t, texts(verdict(t, f).Forward, insights.Safe),
		[]string{"the number of new writes is not judged", "the latency of new writes is not judged"})
}

// Either half of the latency limit takes latency out of the judgement.
func TestLatencyIsNotJudgedByHalf(t *testing.T) {
	t.Parallel()
	for _, cfg := range []insights.Config{
		asking(func(is *insights.Thresholds) { is.P99Ratio = insights.NotJudged }),
		asking(func(is *insights.Thresholds) { is.P99Slack = insights.NotJudged }),
	} {
		f := figures(t, cfg)
		slow := read(ldmigration.Shadow, cutover.Consistent)
		slow.New.Latency = time.Hour
		observe(t, f, 1000, slow)
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)
	}
}

func TestZeroIsZero(t *testing.T) {
	t.Parallel()
	strict := asking(func(is *insights.Thresholds) {
		*is = insights.Thresholds{Window: insights.LastHour, Consistency: 1, P99Ratio: 1}
	})
	f := figures(t, strict)
	same := read(ldmigration.Shadow, cutover.Consistent)
	same.New.Latency = same.Old.Latency
	observe(t, f, 1, same)
	v := verdict(t, f)
	assert.Equal(t, insights.Safe, v.Forward.Answer, v.Forward.Reasons)
	assert.Contains(t, texts(v.Forward, insights.Safe), "1 read compared, none wanted")
	assert.Contains(t, texts(v.Forward, insights.Safe), "0 of 1 new reads failed, none tolerated")

	failed := same
	failed.New.Err = assert.AnError
	failed.Consistency = cutover.ReadFailed
	observe(t, f, 1, failed)
	assert.Contains(t, texts(verdict(t, f).Forward, insights.Unsafe), "1 of 2 new reads failed, none tolerated")
	observe(t, f, 1, read(ldmigration.Shadow, cutover.Undecided))
	assert.Contains(t, texts(verdict(t, f).Forward, insights.NotYet),
		"1 of 2 comparisons gave no answer (0 panicked, 1 undecided), none tolerated")
	slower := same
	slower.New.Latency = 2 * same.Old.Latency
	observe(t, f, 1, slower)
	assert.Contains(t, texts(verdict(t, f).Forward, insights.Unsafe), "p99 of new reads 2.00 ms, at most 995 µs tolerated; old 995 µs")
}

// The configuration is the caller's: changing it later changes nothing.
func TestTheThresholdsAreCopied(t *testing.T) {
	t.Parallel()
	cfg := asking(func(is *insights.Thresholds) { is.Checks = 5 })
	f := figures(t, cfg)
	cfg.Thresholds.Checks = 5000
	observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
	assert.Equal(t, 5, report(t, f, insights.LastMinute).Thresholds.Checks)
	assert.Equal(t, insights.DefaultThresholds(), func() insights.Thresholds {
		d := figures(t, insights.Config{})
		observe(t, d, 1, read(ldmigration.Off, cutover.SingleOrigin))
		return report(t, d, insights.LastMinute).Thresholds
	}())
}
