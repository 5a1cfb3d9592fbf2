package cutovertest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/cutovertest"
)

// settings are made before the read.
type settings func(*cutovertest.Flag, *cutover.ReaderBuilder[string, int])

// seen is one read as the client and an observer saw it.
func seen(
	t *testing.T, stage ldmigration.Stage, newErr error, equal func(a, b int) bool, set settings,
) (cutovertest.Event, cutover.Observation) {
	t.Helper()
	client, recorder := cutovertest.NewClient(stage), &cutovertest.Recorder{}
	c, err := cutover.New(client, "flag").Observe(recorder).Logger(quiet).Build()
	require.NoError(t, err)
	old := func(context.Context, string) (int, error) { return 1, nil }
	after := func(context.Context, string) (int, error) { return 2, newErr }
	b := cutover.NewReader(c, cutovertest.Read(old, cutovertest.Slow(3*time.Millisecond)), after)
	if equal != nil {
		b.CompareFunc(equal)
	}
	if set != nil {
		set(client.Flag("flag"), b)
	}
	reader, err := b.Build()
	require.NoError(t, err)
	_, _ = reader.Read(t.Context(), anybody, "a")
	return client.OnlyEvent(t), recorder.AwaitObservations(t, 1)[0]
}

func TestExpectationsHoldForEventsAndObservations(t *testing.T) {
	t.Parallel()
	oldOnly, both := []ldmigration.Origin{ldmigration.Old}, []ldmigration.Origin{ldmigration.New, ldmigration.Old}
	unequal := func(a, b int) bool { return a == b }
	equal := func(int, int) bool { return true }
	panics := func(int, int) bool { panic("incomparable") }
	never := func(f *cutovertest.Flag, _ *cutover.ReaderBuilder[string, int]) { f.CheckRatio(0) }
	known := func(_ *cutovertest.Flag, b *cutover.ReaderBuilder[string, int]) {
		b.Ignore("known", func(int, int) bool { return true })
	}
	cases := map[string]struct {
		stage  ldmigration.Stage
		newErr error
		equal  func(a, b int) bool
		set    settings
		want   []cutovertest.Expectation
	}{
		"one origin": {ldmigration.Off, nil, equal, nil, []cutovertest.Expectation{
			cutovertest.Invoked(oldOnly...), cutovertest.Failed(), cutovertest.Timed(oldOnly...),
			cutovertest.NotChecked(), cutovertest.NotChecked(cutover.SingleOrigin),
		}},
		"both agree": {ldmigration.Shadow, nil, equal, nil, []cutovertest.Expectation{
			cutovertest.Invoked(both...), cutovertest.Timed(both...), cutovertest.Consistent(),
		}},
		"both differ": {ldmigration.Shadow, nil, unequal, nil, []cutovertest.Expectation{cutovertest.Inconsistent()}},
		"one failed": {ldmigration.Shadow, errNoItem, equal, nil, []cutovertest.Expectation{
			cutovertest.Failed(ldmigration.New), cutovertest.NotChecked(cutover.ReadFailed),
		}},
		"nothing drawn":              {ldmigration.Live, nil, equal, never, []cutovertest.Expectation{cutovertest.NotChecked(cutover.NotSampled)}},
		"a difference that is known": {ldmigration.Live, nil, unequal, known, []cutovertest.Expectation{cutovertest.NotChecked(cutover.Ignored)}},
		"nothing to compare with": {ldmigration.Live, nil, nil, nil, []cutovertest.Expectation{
			cutovertest.NotChecked(cutover.NoComparison, cutover.NotSampled),
		}},
		"a comparison that panics": {ldmigration.Live, nil, panics, nil, []cutovertest.Expectation{
			cutovertest.NotChecked(cutover.ComparisonPanicked),
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event, observation := seen(t, c.stage, c.newErr, c.equal, c.set)
			want := slices.Concat(c.want, []cutovertest.Expectation{
				cutovertest.IsRead(), cutovertest.OfFlag("flag"), cutovertest.At(c.stage),
			})
			assert.True(t, cutovertest.AssertEvent(t, event, want...))
			assert.True(t, cutovertest.AssertObservation(t, observation, want...))
		})
	}
}

func TestAnExpectationThatIsNotMetSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		event, observation := seen(t, ldmigration.Shadow, errors.New("disk full"), func(a, b int) bool { return a == b }, nil)
		wrong := []cutovertest.Expectation{
			cutovertest.IsWrite(), cutovertest.OfFlag("other"), cutovertest.At(ldmigration.Live),
			cutovertest.Invoked(ldmigration.New), cutovertest.Failed(), cutovertest.Timed(), cutovertest.Consistent(),
			cutovertest.NotChecked(cutover.NotSampled), cutovertest.IsRead(),
		}
		problems := `
  operation: want write, got read
  flag: want other, got flag
  stage: want live, got shadow
  invoked: want new, got old and new
  failed: want none, got new
  latency: want none, got old and new
`
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.AssertEvent(tb, event, wrong...)) })
		assert.Equal(t, `not as expected: read of "flag" at shadow: old invoked in 3ms; new invoked, failed in 0s; `+
			`not checked (read failed, or no comparison)`+problems+
			`  consistency: want consistent, got not checked (read failed, or no comparison)
  consistency: want not checked (not sampled), got not checked (read failed, or no comparison)`, got.String())
		assert.False(t, got.ended)

		got = catch(func(tb *caughtTest) { assert.False(t, cutovertest.AssertObservation(tb, observation, wrong...)) })
		assert.Equal(t, `not as expected: read of "flag" at shadow for anybody: old invoked in 3ms; `+
			`new invoked, failed (disk full) in 0s; not checked (read failed)`+problems+
			`  consistency: want consistent, got not checked (read failed)
  consistency: want not checked (not sampled), got not checked (read failed)`, got.String())
	})
}

func TestACheckedOperationIsNotUnchecked(t *testing.T) {
	t.Parallel()
	event, _ := seen(t, ldmigration.Shadow, nil, func(a, b int) bool { return a == b }, nil)
	got := catch(func(tb *caughtTest) {
		cutovertest.AssertEvent(tb, event, cutovertest.NotChecked(), cutovertest.Consistent())
	})
	assert.Contains(t, got.String(), "consistency: want not checked, got inconsistent")
	assert.Contains(t, got.String(), "consistency: want consistent, got inconsistent")
}

func TestOriginsAreToldApart(t *testing.T) {
	t.Parallel()
	event, _ := seen(t, ldmigration.Off, nil, nil, nil)
	got := catch(func(tb *caughtTest) { cutovertest.AssertEvent(tb, event, cutovertest.Invoked(ldmigration.New)) })
	assert.Contains(t, got.String(), "invoked: want new, got old")
}

func TestAWritesEventTellsThatNothingIsCompared(t *testing.T) {
	t.Parallel()
	client, recorder := cutovertest.NewClient(ldmigration.DualWrite), &cutovertest.Recorder{}
	operate(t, client, recorder)
	want := []cutovertest.Expectation{
		cutovertest.IsWrite(), cutovertest.Invoked(ldmigration.Old, ldmigration.New), cutovertest.NotChecked(cutover.SingleOrigin),
	}
	cutovertest.AssertEvent(t, client.OnlyEvent(t), want...)
	cutovertest.AssertObservation(t, recorder.Observations()[0], want...)
}

func TestAMismatchFailsTheTest(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		old, new item
		compare  compare.Comparison[item]
		want     string
	}{
		"that the comparison explains": {
			item{"a", "red", 1},
			item{"a", "blue", 1},
			compare.Deep[item](),
			`mismatch: read of a under "flag" at shadow
  old: {Key:a Value:red Count:1}
  new: {Key:a Value:blue Count:1}
  difference:
    Value: old red, new blue`,
		},
		"that the comparison does not explain": {
			item{"a", "red", 1},
			item{"a", "blue", 1},
			compare.Equal[item](),
			`mismatch: read of a under "flag" at shadow
  old: {Key:a Value:red Count:1}
  new: {Key:a Value:blue Count:1}
  difference:
    - Value: "red"
    + Value: "blue"`,
		},
		"that there is not": {item{"a", "red", 1}, item{"a", "red", 1}, compare.Deep[item](), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := catch(func(tb *caughtTest) {
				m, err := cutover.New(cutovertest.NewClient(ldmigration.Shadow), "flag").
					Observe(cutovertest.RaiseOnMismatch(tb)).Build()
				require.NoError(t, err)
				before, after := newShelf(), newShelf()
				before.items["a"], after.items["a"] = c.old, c.new
				get, err := cutover.NewReader(m, before.Get, after.Get).Compare(c.compare).Build()
				require.NoError(t, err)
				_, err = get.Read(t.Context(), anybody, "a")
				require.NoError(t, err)
			})
			assert.Equal(t, c.want, got.String())
		})
	}
}

// absent is a read that one system answered with a record, and the other one with the error that
// there is none.
func absent() cutover.Observation {
	return cutover.Observation{
		Operation: ldmigration.Read, Flag: "flag", Stage: ldmigration.Shadow, Payload: &item{Key: "a"},
		Old:         cutover.Outcome[any]{Invoked: true, Value: &item{"a", "red", 1}},
		New:         cutover.Outcome[any]{Invoked: true, Value: (*item)(nil), Err: errNoItem, NotFound: true},
		Consistency: cutover.Inconsistent, Rechecks: 2, Shown: cutover.Shown{Keys: []string{"a", "b"}},
	}
}

func TestARecordThatOneSystemLacksFailsTheTest(t *testing.T) {
	t.Parallel()
	message := func(change func(o *cutover.Observation)) string {
		o := absent()
		change(&o)
		return catch(func(tb *caughtTest) { cutovertest.RaiseOnMismatch(tb).Observe(t.Context(), o) }).String()
	}
	const want = `mismatch: read of &{Key:a Value: Count:0} under "flag" at shadow
  records: a, b
  old: &{Key:a Value:red Count:1}
  new: absent`
	assert.Equal(t, want, message(func(*cutover.Observation) {}))
	assert.Equal(t, want, message(func(o *cutover.Observation) { o.Consistency = cutover.NoComparison }))
	for _, silent := range []cutover.Consistency{cutover.Ignored, cutover.WrittenMeanwhile, cutover.NotSampled, cutover.Consistent} {
		assert.Empty(t, message(func(o *cutover.Observation) { o.Consistency = silent }), silent)
	}
	assert.Empty(t, message(func(o *cutover.Observation) { o.Consistency, o.Old.NotFound = cutover.NoComparison, true }), "both lack it")
}

func TestDifferencesOfRowsNameTheirRow(t *testing.T) {
	t.Parallel()
	o := absent()
	o.New, o.Shown.Keys = cutover.Outcome[any]{Invoked: true, Value: &item{"a", "blue", 1}}, nil
	o.Differences = []compare.Difference{
		{Row: 7, Old: &item{Key: "z"}, New: compare.Missing}, {Row: 8, Path: "Value", Old: "red", New: "blue"},
	}
	got := catch(func(tb *caughtTest) { cutovertest.RaiseOnMismatch(tb).Observe(t.Context(), o) })
	assert.Contains(t, got.String(), `
  difference:
    row 7: old &{Key:z Value: Count:0}, new (missing)
    row 8 Value: old red, new blue`)

	o.Differences = []compare.Difference{{Old: o.Old.Value, New: o.New.Value}}
	got = catch(func(tb *caughtTest) { cutovertest.RaiseOnMismatch(tb).Observe(t.Context(), o) })
	assert.Contains(t, got.String(), "\n    - Value: \"red\"\n    + Value: \"blue\"")
	assert.NotContains(t, got.String(), "0x")
}

func TestWhatOnlyAnObservationTells(t *testing.T) {
	t.Parallel()
	o := absent()
	assert.True(t, cutovertest.AssertObservation(t, o,
		cutovertest.NotFound(ldmigration.New), cutovertest.Failed(), cutovertest.OfRecords("a", "b"), cutovertest.Rechecked(2),
		cutovertest.Inconsistent()))
	assert.Contains(t, cutovertest.DescribeObservation(o),
		`read of "flag" at shadow, records a, b: old invoked in 0s; new invoked, not found in 0s; inconsistent; rechecks: 2`)

	got := catch(func(tb *caughtTest) {
		cutovertest.AssertObservation(tb, o, cutovertest.NotFound(), cutovertest.OfRecords("a"), cutovertest.Rechecked(0))
	})
	assert.Contains(t, got.String(), "\n  not found: want none, got new\n  records: want a, got a, b\n  rechecks: want 0, got 2")

	got = catch(func(tb *caughtTest) {
		assert.False(t, cutovertest.AssertEvent(tb, cutovertest.Event{}, cutovertest.NotFound()))
	})
	assert.Contains(t, got.String(), "not found: an op event does not tell: use AssertObservation")

	o = cutover.Observation{Operation: ldmigration.Write, New: cutover.Outcome[any]{Err: cutover.ErrSecondarySkipped}}
	assert.Contains(t, cutovertest.DescribeObservation(o), "new skipped")
	assert.True(t, cutovertest.AssertObservation(t, o, cutovertest.Invoked(), cutovertest.Failed()))
}

func TestARecorderKeepsStageChanges(t *testing.T) {
	t.Parallel()
	client, recorder := cutovertest.NewClient(ldmigration.Off), &cutovertest.Recorder{}
	c, err := cutover.New(client, "flag").Logger(quiet).Observe(recorder).Build()
	require.NoError(t, err)
	s := newShelf()
	put, err := cutover.NewWriter(c, s.Put, s.Put).Build()
	require.NoError(t, err)
	for _, stage := range []ldmigration.Stage{ldmigration.Off, ldmigration.DualWrite} {
		client.SetStage(stage)
		require.NoError(t, put.Write(t.Context(), anybody, item{Key: "a"}))
	}
	changes := recorder.StageChanges()
	require.Len(t, changes, 1)
	assert.Equal(t, `"flag" from off to dualwrite for user contexts`, cutovertest.DescribeStageChange(changes[0]))
	assert.Equal(t, `"flag" at shadow and live side by side: writes differ`, cutovertest.DescribeStageChange(cutover.StageChange{
		Flag: "flag", From: ldmigration.Shadow, To: ldmigration.Live, SideBySide: true, Warning: "writes differ",
	}))
}
