package insights_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

// missing is a write that the system which is written second missed.
func missing(stage ldmigration.Stage, keys ...string) cutover.Observation {
	o := write(stage)
	o.Shown.Keys = keys
	out := &o.New
	if stage == ldmigration.Live || stage == ldmigration.RampDown {
		out = &o.Old
	}
	out.Err = errors.New("down")
	return o
}

// about is an observation of records that were begun now.
func about(o cutover.Observation, keys ...string) cutover.Observation {
	o.Shown.Keys = keys
	return begun(o, time.Now())
}

func begun(o cutover.Observation, at time.Time) cutover.Observation {
	o.Old.Start, o.New.Start = at, at
	return o
}

func names(keys []insights.Key) []string {
	found := []string{}
	for _, k := range keys {
		found = append(found, k.Key)
	}
	return found
}

func TestAMissedWriteMakesEveryMoveUnsafeThatReliesOnIt(t *testing.T) {
	t.Parallel()
	const few = "1 write did not reach the %s system, and it still lacks some: 1 record to repair"
	for _, c := range []struct {
		stage         ldmigration.Stage
		system        string
		forward, back insights.Answer
	}{
		{ldmigration.DualWrite, "new", insights.Unsafe, insights.Safe},
		{ldmigration.Shadow, "new", insights.Unsafe, insights.Safe},
		{ldmigration.Live, "old", insights.Safe, insights.Unsafe},
		{ldmigration.RampDown, "old", insights.Safe, insights.Unsafe},
	} {
		t.Run(string(c.stage), func(t *testing.T) {
			t.Parallel()
			f := figures(t, asking(func(is *insights.Thresholds) { is.Checks, is.Operations = 10, 10 }))
			observe(t, f, 9999, write(c.stage)) // one in ten thousand is below the tolerated rate
			if c.stage != ldmigration.DualWrite {
				observe(t, f, 10, read(c.stage, map[bool]cutover.Consistency{true: cutover.Consistent}[c.stage != ldmigration.RampDown]))
			}
			before := verdict(t, f)
			assert.Equal(t, insights.Safe, before.Forward.Answer, before.Forward.Reasons)
			assert.Equal(t, insights.Safe, before.Back.Answer, before.Back.Reasons)

			observe(t, f, 1, missing(c.stage, "order 7"))
			v := verdict(t, f)
			assert.Equal(t, c.forward, v.Forward.Answer, v.Forward.Reasons)
			assert.Equal(t, c.back, v.Back.Answer, v.Back.Reasons)
			assert.Contains(t, append(texts(v.Forward, insights.Unsafe), texts(v.Back, insights.Unsafe)...), fmt.Sprintf(few, c.system))

			f.Repaired(flag, "order 7")
			v = verdict(t, f)
			assert.Equal(t, insights.Safe, v.Forward.Answer, v.Forward.Reasons)
			assert.Equal(t, insights.Safe, v.Back.Answer, v.Back.Reasons)
			assert.Contains(t, append(texts(v.Forward, insights.Safe), texts(v.Back, insights.Safe)...),
				"1 write did not reach the "+c.system+" system; all were repaired since")
		})
	}
}

// The record is still missing when the window has passed.
func TestAMissedWriteIsNotForgottenAfterTheWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, asking(func(is *insights.Thresholds) { is.Window, is.Checks = insights.LastMinute, 10 }))
		observe(t, f, 1, missing(ldmigration.Shadow, "order 7"))
		time.Sleep(100 * time.Hour)
		observe(t, f, 10, read(ldmigration.Shadow, cutover.Consistent))
		assert.Equal(t, insights.Unsafe, verdict(t, f).Forward.Answer)
	})
}

func TestWhatCountsAsAMissedWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(o *cutover.Observation)
		want   uint64
	}{
		"an error":        {func(o *cutover.Observation) { o.New.Err = errors.New("down") }, 1},
		"a timeout":       {func(o *cutover.Observation) { o.New.Err = &cutover.TimeoutError{After: time.Second} }, 1},
		"a panic":         {func(o *cutover.Observation) { o.New.Err = &cutover.PanicError{Value: "boom"} }, 1},
		"a skipped write": {func(o *cutover.Observation) { o.New = cutover.Outcome[any]{Err: cutover.ErrSecondarySkipped} }, 1},
		"not called":      {func(o *cutover.Observation) { o.New = cutover.Outcome[any]{} }, 1},
		"both succeeded":  {func(*cutover.Observation) {}, 0},
		"the first failed, so that the second was not asked": {func(o *cutover.Observation) {
			o.Old.Err, o.New = errors.New("down"), cutover.Outcome[any]{}
		}, 0},
		"a stage of one system": {func(o *cutover.Observation) { *o = write(ldmigration.Off) }, 0},
		"a read": {func(o *cutover.Observation) {
			*o = read(ldmigration.Shadow, cutover.ReadFailed)
			o.New.Err = errors.New("down")
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := figures(t, insights.Config{})
			o := write(ldmigration.Shadow)
			c.change(&o)
			observe(t, f, 1, o)
			r := report(t, f, insights.LastMinute)
			assert.Equal(t, insights.Missed{Writes: c.want, Unnamed: c.want}, r.MissedByNew)
			assert.Zero(t, r.MissedByOld)
		})
	}
}

func TestMissedWritesAreCountedByNumberAndKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, insights.Config{})
		start := time.Now()
		observe(t, f, 2, missing(ldmigration.Shadow, "a"))
		time.Sleep(time.Second)
		observe(t, f, 1, missing(ldmigration.Live, "b", "c"))
		observe(t, f, 1, missing(ldmigration.RampDown, "a"))
		observe(t, f, 3, missing(ldmigration.RampDown))
		r := report(t, f, insights.LastMinute)
		assert.Equal(t, insights.Missed{Writes: 2, Records: 1}, r.MissedByNew)
		assert.Equal(t, insights.Missed{Writes: 5, Records: 3, Unnamed: 3}, r.MissedByOld)
		later := start.Add(time.Second)
		want := []insights.Key{
			{Key: "a", What: insights.WriteFailed, Count: 3, First: start, Last: later},
			{Key: "c", What: insights.WriteFailed, System: ldmigration.Old, Count: 1, First: later, Last: later},
			{Key: "b", What: insights.WriteFailed, System: ldmigration.Old, Count: 1, First: later, Last: later},
		}
		assert.Equal(t, want, f.Keys(flag))
		assert.Equal(t, want, r.FailedWrites)
	})
}

func TestAMissedWriteIsHealed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after  func(before time.Time) cutover.Observation
		healed bool
	}{
		"by a later write of it in both": {func(time.Time) cutover.Observation { return about(write(ldmigration.Shadow), "x", "a") }, true},
		"not by a write of another":      {func(time.Time) cutover.Observation { return about(write(ldmigration.Shadow), "x") }, false},
		"not by a write to one system":   {func(time.Time) cutover.Observation { return about(write(ldmigration.Off), "a") }, false},
		"not by a write that failed first": {func(time.Time) cutover.Observation {
			o := about(write(ldmigration.Shadow), "a")
			o.Old.Err = errors.New("down")
			return o
		}, false},
		"not by a write that had begun before": {func(before time.Time) cutover.Observation {
			return begun(about(write(ldmigration.Shadow), "a"), before)
		}, false},
		"by a later comparison of it": {func(time.Time) cutover.Observation {
			return about(read(ldmigration.Live, cutover.Consistent), "a")
		}, true},
		"by a comparison that knows it by its payload": {func(time.Time) cutover.Observation {
			o := about(read(ldmigration.Live, cutover.Consistent))
			o.Shown.Payload = "a"
			return o
		}, true},
		"not by a comparison that had begun before": {func(before time.Time) cutover.Observation {
			return begun(about(read(ldmigration.Shadow, cutover.Consistent), "a"), before)
		}, false},
		"not by a comparison of nobody knows what": {func(time.Time) cutover.Observation {
			return about(read(ldmigration.Shadow, cutover.Consistent))
		}, false},
		"not by a read that was not compared": {func(time.Time) cutover.Observation {
			return about(read(ldmigration.Shadow, cutover.NotSampled), "a")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := figures(t, insights.Config{})
				before := time.Now()
				time.Sleep(time.Second)
				observe(t, f, 1, missing(ldmigration.Shadow, "a"))
				time.Sleep(time.Second)
				observe(t, f, 1, c.after(before))
				r := report(t, f, insights.LastMinute)
				assert.Equal(t, map[bool]int{true: 0, false: 1}[c.healed], r.MissedByNew.Records)
				assert.Equal(t, map[bool]uint64{true: 1, false: 0}[c.healed], r.Healed)
				assert.Len(t, f.Keys(flag), r.MissedByNew.Records)
				assert.Equal(t, uint64(1), r.MissedByNew.Writes, "that it happened stays known")
			})
		})
	}
}

func TestOnlyTheTeamKnowsThatUnnamedWritesWereRepaired(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 4, missing(ldmigration.Shadow))
	observe(t, f, 1, missing(ldmigration.Shadow, "a"))
	observe(t, f, 1, mismatch(1))
	observe(t, f, 5, about(write(ldmigration.Shadow), "a"))
	assert.Contains(t, texts(verdict(t, f).Forward, insights.Unsafe),
		"5 writes did not reach the new system, and it still lacks some: 4 writes of records without a known key")
	f.Repaired("another flag")
	f.Repaired(flag, "a", "b")
	assert.Equal(t, uint64(4), report(t, f, insights.LastMinute).MissedByNew.Unnamed)

	f.Repaired(flag)
	assert.Equal(t, insights.Missed{Writes: 5}, report(t, f, insights.LastMinute).MissedByNew)
	assert.Empty(t, f.Keys(flag))
	assert.Empty(t, report(t, f, insights.LastMinute).Mismatches)
}

func TestKeysBeyondTheBoundCountByNumber(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{Keys: 10})
	for i := range 25 {
		observe(t, f, 2, missing(ldmigration.Shadow, strconv.Itoa(i)))
	}
	assert.Equal(t, insights.Missed{Writes: 50, Records: 10, Unnamed: 30}, report(t, f, insights.LastMinute).MissedByNew)
	assert.Len(t, f.Keys(flag), 10)
	for i := range 25 {
		f.Repaired(flag, strconv.Itoa(i))
	}
	assert.Equal(t, insights.Missed{Writes: 50, Unnamed: 30}, report(t, f, insights.LastMinute).MissedByNew)
	assert.Contains(t, texts(verdict(t, f).Forward, insights.Unsafe),
		"50 writes did not reach the new system, and it still lacks some: 30 writes of records without a known key")
}

// What the old system missed makes a step back unsafe wherever one stands by then.
func TestWhatTheOldSystemMissedIsMissedAtShadowToo(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 1, missing(ldmigration.Live, "a"))
	turn(t, f, ldmigration.Live, ldmigration.Shadow)
	observe(t, f, 5, write(ldmigration.Shadow))
	assert.Equal(t, insights.Unsafe, verdict(t, f).Back.Answer)
}

func TestNoReasonSpeaksOfEveryWrite(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 999, write(ldmigration.Live))
	observe(t, f, 1, missing(ldmigration.Live, "a"))
	for _, reason := range verdict(t, f).Back.Reasons {
		assert.NotContains(t, reason.Text, "every write")
	}
	assert.Equal(t, []string{"1 of 1,000 old writes failed, at most 0.1% tolerated"}, texts(verdict(t, f).Back, insights.Safe))
	assert.Len(t, texts(verdict(t, f).Back, insights.Unsafe), 1)
}
