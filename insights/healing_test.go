package insights_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARecordThatAgreesAgainIsNoLongerListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		late := about(read(ldmigration.Shadow, cutover.Consistent), "b")
		time.Sleep(time.Second)
		for _, key := range []string{"a", "b", "c"} {
			observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Inconsistent), key))
		}
		time.Sleep(time.Second)
		observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Consistent), "a"))
		observe(t, f, 1, late) // it had begun before b was seen to differ
		r := report(t, f, insights.LastMinute)
		assert.Equal(t, []string{"c", "b"}, names(f.Keys(flag)))
		assert.Len(t, r.Mismatches, 2)
		assert.Equal(t, 2, r.Differing)
		assert.Equal(t, uint64(1), r.Healed)

		// A write of a record that differs does not make it agree: only part of it may be written.
		observe(t, f, 1, about(write(ldmigration.Shadow), "b"))
		assert.Equal(t, []string{"c", "b"}, names(f.Keys(flag)))
		observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Inconsistent), "a"))
		assert.Equal(t, []string{"a", "c", "b"}, names(f.Keys(flag)))
		assert.Equal(t, uint64(1), f.Keys(flag)[0].Count, "it is counted anew")
	})
}

// A record may miss a write and differ too. The write's repair leaves the difference.
func TestARecordMayMissAWriteAndDiffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		observe(t, f, 2, about(read(ldmigration.Shadow, cutover.Inconsistent), "a"))
		observe(t, f, 1, missing(ldmigration.Shadow, "a"))
		assert.Equal(t, insights.WriteFailed, f.Keys(flag)[0].What)
		assert.Equal(t, uint64(1), f.Keys(flag)[0].Count)
		assert.Equal(t, insights.Different, report(t, f, insights.LastMinute).Mismatches[0].What)
		time.Sleep(time.Second)
		observe(t, f, 1, about(write(ldmigration.Shadow), "a"))
		require.Len(t, f.Keys(flag), 1)
		assert.Equal(t, insights.Different, f.Keys(flag)[0].What)
		assert.Equal(t, uint64(2), f.Keys(flag)[0].Count)
		assert.Zero(t, report(t, f, insights.LastMinute).MissedByNew.Records)
		observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Consistent), "a"))
		assert.Empty(t, f.Keys(flag))
	})
}

func TestRecordsWithoutAKeyAreHealedByTheTeamAlone(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 3, read(ldmigration.Shadow, cutover.Inconsistent))
	observe(t, f, 9, read(ldmigration.Shadow, cutover.Consistent))
	observe(t, f, 9, about(read(ldmigration.Shadow, cutover.Consistent), ""))
	require.Len(t, f.Keys(flag), 1)
	assert.Equal(t, uint64(3), f.Keys(flag)[0].Count)
	f.Repaired(flag, "")
	assert.Empty(t, f.Keys(flag))
}

func TestARecordThatOneSystemLacksIsSaidToBeMissing(t *testing.T) {
	t.Parallel()
	notFound := cutover.Outcome[any]{Invoked: true, NotFound: true, Err: errors.New("no rows")}
	f := figures(t, insights.Config{})
	lost := about(read(ldmigration.Shadow, cutover.Inconsistent), "lost")
	lost.New = notFound
	left := about(read(ldmigration.Shadow, cutover.Inconsistent), "left over")
	left.Old = notFound
	neither := about(read(ldmigration.Shadow, cutover.Consistent), "neither")
	neither.Old, neither.New = notFound, notFound
	for _, o := range []cutover.Observation{lost, left, neither} {
		observe(t, f, 1, o)
	}
	keys := f.Keys(flag)
	require.Len(t, keys, 2)
	assert.Equal(t, []any{"left over", insights.MissingInOld, ldmigration.Old}, []any{keys[0].Key, keys[0].What, keys[0].System})
	assert.Equal(t, []any{"lost", insights.MissingInNew, ldmigration.New}, []any{keys[1].Key, keys[1].What, keys[1].System})

	r := report(t, f, insights.LastMinute)
	assert.Equal(t, insights.MissingInOld, r.Mismatches[0].What)
	calls := r.Stages[0].Operations[0]
	assert.Equal(t, []uint64{0, 2, 0, 2}, []uint64{calls.Old.Errors, calls.Old.NotFound, calls.New.Errors, calls.New.NotFound},
		"it is an answer and no failure")
	assert.Equal(t, []uint64{3, 2}, []uint64{r.Stages[0].Checks.Checked, r.Stages[0].Checks.Inconsistent})
}

// A list is told by its rows: each that differs is a record, with its own differences.
func TestAListIsToldByItsRows(t *testing.T) {
	t.Parallel()
	differences := []compare.Difference{
		{Path: "[7].Price", Row: 7, Old: 1, New: 2},
		{Path: "[8]", Row: 8, Old: "row", New: compare.Missing},
		{Path: "[9]", Row: 9, Old: compare.Missing, New: "row"},
		{Path: "[7].Tax", Row: 7, Old: 1, New: compare.Missing},
		{Path: "[10].Tax", Row: 10, Old: 1, New: compare.Missing},
	}
	f := figures(t, insights.Config{})
	o := read(ldmigration.Shadow, cutover.Inconsistent)
	o.Differences = differences
	o.Shown = cutover.Shown{Payload: "all orders of today", Keys: []string{"7", "8", "9", "10"}}
	for _, d := range differences {
		o.Shown.Differences = append(o.Shown.Differences, compare.Difference{Path: d.Path, Redacted: true})
	}
	observe(t, f, 1, o)

	r := report(t, f, insights.LastMinute)
	assert.Equal(t, 4, r.Differing, "records, not queries")
	got := map[string][]string{}
	what := map[string]insights.What{}
	for _, m := range r.Mismatches {
		what[m.Key.Key] = m.What
		for _, d := range m.Differences {
			got[m.Key.Key] = append(got[m.Key.Key], d.Path)
			assert.True(t, d.Redacted && d.Old == "" && d.New == "")
		}
	}
	assert.Equal(t, map[string][]string{"7": {"[7].Price", "[7].Tax"}, "8": {"[8]"}, "9": {"[9]"}, "10": {"[10].Tax"}}, got)
	assert.Equal(t, map[string]insights.What{
		"7": insights.Different, "8": insights.MissingInNew, "9": insights.MissingInOld, "10": insights.Different,
	}, what)
}

func TestDifferencesThatVanishByThemselvesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		differs := func(key string, rechecks int) {
			o := about(read(ldmigration.Shadow, cutover.Inconsistent), key)
			o.Rechecks = rechecks
			observe(t, f, 1, o)
			time.Sleep(time.Second)
		}
		agrees := func(key string) {
			observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Consistent), key))
			time.Sleep(time.Second)
		}
		differs("gone", 0)
		agrees("gone") // 1 of 1
		differs("stays", 0)
		differs("stays", 0) // 1 of 2
		differs("read again", 1)
		agrees("read again") // it was confirmed: no case for Recheck
		differs("written", 0)
		observe(t, f, 1, about(write(ldmigration.Shadow), "written"))
		agrees("written") // the write healed it
		differs("repaired", 0)
		f.Repaired(flag, "repaired")
		agrees("repaired")
		differs("gone", 0)
		agrees("gone") // 2 of 3
		agrees("gone")
		r := report(t, f, insights.LastMinute)
		assert.Equal(t, []uint64{2, 3}, []uint64{r.Vanished, r.ReadAgain})
	})
}
