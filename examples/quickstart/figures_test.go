package main

import (
	"errors"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

func TestFiguresCountWhatTheyObserve(t *testing.T) {
	t.Parallel()
	order := testOrder(100_001)
	rounded := testOrder(100_001)
	rounded.Lines[0].UnitPrice--
	read := cutover.Observation{
		Operation: ldmigration.Read, Stage: ldmigration.Shadow, Authoritative: ldmigration.Old, Payload: order.ID,
		Old:         cutover.Outcome[any]{Invoked: true, Value: order, Latency: time.Millisecond},
		New:         cutover.Outcome[any]{Invoked: true, Value: order, Latency: 3 * time.Millisecond},
		Consistency: cutover.Consistent,
	}
	differs := read
	differs.New.Value, differs.Consistency = rounded, cutover.Inconsistent
	write := cutover.Observation{
		Operation: ldmigration.Write, Stage: ldmigration.Shadow, Authoritative: ldmigration.Old,
		Old: cutover.Outcome[any]{Invoked: true, Err: errors.New("disk full")},
	}
	f := newFigures()
	for _, o := range []cutover.Observation{read, differs, differs, write} {
		f.Observe(t.Context(), o)
	}

	assert.Equal(t, tally{Reads: 3, Writes: 1, Checked: 3, Inconsistent: 2, Errors: 1}, f.Tally(ldmigration.Shadow))
	assert.Equal(t, tally{}, f.Tally(ldmigration.Live))
	assert.Equal(t, 4, f.Operations())
	assert.Equal(t, 4, f.Served(ldmigration.Shadow, ldmigration.Old))
	assert.Zero(t, f.Served(ldmigration.Shadow, ldmigration.New))
	assert.Equal(t, latency{3, 3 * time.Millisecond, 3 * time.Millisecond},
		f.Latency(ldmigration.Shadow, call{ldmigration.Read, ldmigration.New}))
	assert.Zero(t, f.Latency(ldmigration.Shadow, call{ldmigration.Write, ldmigration.New}))
	assert.Equal(t, [][]difference{{{100_001, "line 1 unit price", "19.99", "19.98"}}}, f.Mismatches(),
		"an order that mismatches twice is kept once")
}

func TestARecordThatOnlyOneDatabaseHasIsADifferenceAndNoError(t *testing.T) {
	t.Parallel()
	f := newFigures()
	f.Observe(t.Context(), cutover.Observation{
		Operation: ldmigration.Read, Stage: ldmigration.Shadow, Authoritative: ldmigration.Old, Payload: int64(100_001),
		Old:         cutover.Outcome[any]{Invoked: true, Value: testOrder(100_001)},
		New:         cutover.Outcome[any]{Invoked: true, Value: Order{}, Err: errNoOrder, NotFound: true},
		Consistency: cutover.Inconsistent,
	})
	assert.Equal(t, tally{Reads: 1, Checked: 1, Inconsistent: 1}, f.Tally(ldmigration.Shadow))
	assert.Equal(t, [][]difference{{{100_001, "order", "there", "missing"}}}, f.Mismatches())
}

func TestTallies(t *testing.T) {
	t.Parallel()
	before := tally{Reads: 10, Writes: 2, Checked: 8, Inconsistent: 2, Errors: 1}
	now := tally{Reads: 20, Writes: 5, Checked: 18, Inconsistent: 2, Errors: 1}
	assert.Equal(t, tally{Reads: 10, Writes: 3, Checked: 10}, now.Since(before))
	assert.Equal(t, 25, now.Operations())
	assert.InDelta(t, 0.75, before.Consistency(), 1e-9)
	assert.Zero(t, tally{}.Consistency())
}

func TestLatencies(t *testing.T) {
	t.Parallel()
	var samples []time.Duration
	for i := range 200 {
		samples = append(samples, time.Duration(200-i)*time.Microsecond)
	}
	assert.Equal(t, latency{200, 100 * time.Microsecond, 198 * time.Microsecond}, latencyOf(samples))
	assert.Equal(t, latency{1, time.Second, time.Second}, latencyOf([]time.Duration{time.Second}))
	assert.Equal(t, latency{}, latencyOf(nil))
}

func TestBriefDurations(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0µs":   0,
		"84µs":  84*time.Microsecond + 300,
		"1.2ms": 1234 * time.Microsecond,
		"12ms":  12345 * time.Microsecond,
		"1.2s":  1234 * time.Millisecond,
	} {
		assert.Equal(t, want, brief(d))
	}
}
