package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrived is a migration after one read at each stage, with an event of each at the sink, and one
// order kept.
func arrived(t *testing.T) *migration {
	t.Helper()
	order := testOrder(100_001)
	m := &migration{
		screen:  newScreen(&strings.Builder{}),
		modern:  testModern(t),
		figures: newFigures(),
		repairs: newRepairs(),
		sink:    newSink(),
		traffic: &traffic{faults: &faults{}, workers: []*worker{{ledger: []Order{order}}}},
	}
	m.modern.FixPrices()
	save(t, m.modern, order)
	for _, at := range route {
		m.figures.Observe(t.Context(), cutover.Observation{
			Operation: ldmigration.Read, Stage: at.stage, Authoritative: at.serves,
		})
		m.sink.arrived[at.stage] = tally{Reads: 1}
	}
	require.NoError(t, m.verify(t.Context()))
	return m
}

func TestTheVerdictFinds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		breaks func(t *testing.T, m *migration)
		want   string
	}{
		"an event that did not arrive": {
			func(_ *testing.T, m *migration) { m.sink.arrived[ldmigration.Live] = tally{} },
			"stage live: observed {Reads:1 Writes:0",
		},
		"an event that came twice": {
			func(_ *testing.T, m *migration) { m.sink.arrived[ldmigration.Off] = tally{Reads: 2} },
			"stage off: observed",
		},
		"an event that tells another consistency": {
			func(_ *testing.T, m *migration) { m.sink.arrived[ldmigration.Shadow] = tally{Reads: 1, Checked: 1} },
			"stage shadow: observed",
		},
		"a payload that could not be read": {
			func(_ *testing.T, m *migration) { post(m.sink, "a", "{") },
			"payload a",
		},
		"a stage that was not taken": {
			func(_ *testing.T, m *migration) {
				delete(m.figures.stages, ldmigration.Live)
				delete(m.sink.arrived, ldmigration.Live)
			},
			"stage live: no operation ran at it",
		},
		"the wrong one serving": {
			func(t *testing.T, m *migration) {
				t.Helper()
				m.figures.Observe(t.Context(), cutover.Observation{Stage: ldmigration.Live, Authoritative: ldmigration.Old})
			},
			"stage live: new served 1 of 2",
		},
		"an error": {
			func(t *testing.T, m *migration) {
				t.Helper()
				m.figures.Observe(t.Context(), cutover.Observation{
					Stage: ldmigration.Live, Authoritative: ldmigration.New,
					Old: cutover.Outcome[any]{Invoked: true, Err: errors.New("disk full")},
				})
			},
			"stage live: 1 errors",
		},
		"a missed write that the journal does not know": {
			func(t *testing.T, m *migration) {
				t.Helper()
				o := cutover.Observation{
					Operation: ldmigration.Write, Stage: ldmigration.DualWrite, Authoritative: ldmigration.Old,
					New: cutover.Outcome[any]{Invoked: true, Err: errors.New("disk full")},
				}
				m.figures.Observe(t.Context(), o)
				o.Journaled.Dirty = cutover.SecondaryFailed
				m.figures.Observe(t.Context(), o)
			},
			"stage dualwrite: 2 errors, and the journal knows of 1",
		},
		"a mismatch that nobody fixed": {
			func(_ *testing.T, m *migration) { m.figures.stages[ldmigration.Live].tally.Inconsistent++ },
			"stage live: 1 reads differ",
		},
		"a mismatch after the fix": {
			func(_ *testing.T, m *migration) {
				m.fixed = &fix{stage: ldmigration.Shadow, before: tally{Inconsistent: 4}}
				m.figures.stages[ldmigration.Shadow].tally.Inconsistent = 5
			},
			"stage shadow: 1 reads differ",
		},
		"a caller's complaint": {
			func(_ *testing.T, m *migration) { m.traffic.faults.Add(errors.New("disk full")) },
			"1 operations went wrong for their callers, among them: disk full",
		},
		"a lost order": {
			func(_ *testing.T, m *migration) {
				m.traffic.workers[0].ledger = append(m.traffic.workers[0].ledger, testOrder(100_002))
			},
			"order 100002 order: old there, new missing",
		},
		"a lost change": {
			func(_ *testing.T, m *migration) { m.traffic.workers[0].ledger[0].Status = "paid" },
			"order 100001 status: old paid, new placed",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := arrived(t)
			c.breaks(t, m)
			assert.ErrorContains(t, m.verify(t.Context()), c.want)
		})
	}
}

func TestFaultsKeepTheFirstFew(t *testing.T) {
	t.Parallel()
	f := &faults{}
	require.NoError(t, f.Err())
	assert.Equal(t, "nothing", f.Noticed())
	f.Add(errors.New("disk full"))
	assert.Equal(t, "1 wrong answer or error: disk full", f.Noticed())
	for range 2*faultsShown - 1 {
		f.Add(errors.New("disk full"))
	}
	require.ErrorContains(t, f.Err(), "10 operations went wrong")
	assert.Equal(t, faultsShown, strings.Count(f.Err().Error(), "disk full"))
	f.Add(errors.New("disk gone"))
	assert.Equal(t, "11 wrong answers or errors, the last one: disk gone", f.Noticed())
}
