package insights_test

import (
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

// Every reason of every move among the six stages, where all goes well.
func TestAllThatAMoveAsksFor(t *testing.T) {
	t.Parallel()
	const (
		compared     = "1,000 reads compared, 1,000 wanted"
		consistent   = "100% consistent, 99.9% wanted: 0 of 1,000 reads differ"
		readsWell    = "0 of 1,000 new reads failed, at most 0.1% tolerated"
		readsFast    = "p99 of new reads 2.00 ms, at most 11.5 ms tolerated; old 995 µs"
		writesWell   = "0 of 1,000 new writes failed, at most 0.1% tolerated"
		oldWell      = "0 of 1,000 old writes failed, at most 0.1% tolerated"
		oldReadsWell = "0 of 1,000 old reads failed, at most 0.1% tolerated"
	)
	for _, c := range []struct {
		stage         ldmigration.Stage
		forward, back []string
	}{
		{
			ldmigration.Off,
			[]string{"the old system goes on to answer; the new one gets the writes as well"},
			nil,
		},
		{
			ldmigration.DualWrite,
			[]string{
				"1,000 new writes seen, 1,000 wanted", writesWell,
				"p99 of new writes 2.00 ms, at most 11.5 ms tolerated; old 995 µs",
				"reads of the new system are only compared: copy to it what was written before dualwrite",
			},
			[]string{"the old system answers already", "the new system will miss the writes to come"},
		},
		{
			ldmigration.Shadow,
			[]string{compared, consistent, readsWell, readsFast, writesWell},
			[]string{"the old system answers already"},
		},
		{
			ldmigration.Live,
			[]string{compared, consistent, readsWell, readsFast, writesWell},
			[]string{oldWell, oldReadsWell},
		},
		{
			ldmigration.RampDown,
			[]string{
				"1,000 new reads seen, 1,000 wanted", readsWell, writesWell,
				"after this the old system gets no writes: there is no way back without copying",
			},
			[]string{oldWell},
		},
	} {
		t.Run(string(c.stage), func(t *testing.T) {
			t.Parallel()
			f := figures(t, insights.Config{})
			consistency := cutover.SingleOrigin
			if c.stage == ldmigration.Shadow || c.stage == ldmigration.Live {
				consistency = cutover.Consistent
			}
			observe(t, f, 1000, read(c.stage, consistency))
			observe(t, f, 1000, write(c.stage))
			v := verdict(t, f)
			assert.Equal(t, c.forward, texts(v.Forward, insights.Safe))
			assert.Len(t, v.Forward.Reasons, len(c.forward))
			assert.Equal(t, c.back, texts(v.Back, insights.Safe))
			assert.Len(t, v.Back.Reasons, len(c.back))
		})
	}
}

// What is missing in one system goes before all else, and everything that is wrong is told at once.
func TestReasonsAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	f.ObserveStage(t.Context(), cutover.StageChange{
		Flag: flag, From: ldmigration.Complete, To: ldmigration.Live, Warning: "do not go back further",
	})
	observe(t, f, 2, write(ldmigration.Complete))
	observe(t, f, 1, missing(ldmigration.Live, "a", "b"))
	observe(t, f, 1, missing(ldmigration.Live))
	observe(t, f, 1, missing(ldmigration.Shadow, "c"))
	observe(t, f, 1, write(ldmigration.Live))
	v := verdict(t, f)
	assert.Equal(t, ldmigration.Live, v.Stage)
	assert.Equal(t, []string{
		"what was written at complete is missing in the old system: copy it there first",
		"2 writes did not reach the old system, and it still lacks some: 2 records to repair, 1 write of records without a known key",
		"complete → live: do not go back further",
		"shadow and live are in use side by side: each writes another system first, so that records written at both at once may " +
			"differ for good. Let one have all the traffic",
		"2 of 3 old writes failed, at most 0.1% tolerated",
	}, append([]string{"what was written at complete is missing in the old system: copy it there first"},
		texts(v.Back, insights.Unsafe)[1:]...))
	assert.Equal(t, "2 writes at complete went to the new system alone and are missing in the old one: copy them there first",
		texts(v.Back, insights.Unsafe)[0])
	assert.Equal(t, "1 write did not reach the new system, and it still lacks some: 1 record to repair", texts(v.Forward, insights.Unsafe)[0])
}

func TestTheFailureRateOfOneSystemIsHeldAgainstTheOther(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	failed := func(old, new bool) cutover.Observation {
		o := read(ldmigration.Shadow, cutover.ReadFailed)
		if old {
			o.Old.Err = assert.AnError
		}
		if new {
			o.New.Err = assert.AnError
		}
		return o
	}
	observe(t, f, 900, read(ldmigration.Shadow, cutover.Consistent))
	observe(t, f, 100, failed(true, true))
	assert.Contains(t, texts(verdict(t, f).Forward, insights.Safe), "100 of 1,000 new reads failed, at most 10.1% tolerated",
		"where the old system fails as often, the new one does no worse")
	observe(t, f, 10, failed(false, true))
	assert.Contains(t, texts(verdict(t, f).Forward, insights.Unsafe), "110 of 1,010 new reads failed, at most 10.0% tolerated")
}
