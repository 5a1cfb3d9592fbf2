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
		b.Compare(equal)
	}
	if set != nil {
		set(client.Flag("flag"), b)
	}
	reader, err := b.Build()
	require.NoError(t, err)
	_, _ = reader.Read(t.Context(), anybody, "a")
	return client.OnlyEvent(t), recorder.Await(t, 1)[0]
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
			cutovertest.NotChecked(), cutovertest.NotChecked(cutover.NotBothRead),
		}},
		"both agree": {ldmigration.Shadow, nil, equal, nil, []cutovertest.Expectation{
			cutovertest.Invoked(both...), cutovertest.Timed(both...), cutovertest.Consistent(),
		}},
		"both differ": {ldmigration.Shadow, nil, unequal, nil, []cutovertest.Expectation{cutovertest.Inconsistent()}},
		"one failed": {ldmigration.Shadow, errNoItem, equal, nil, []cutovertest.Expectation{
			cutovertest.Failed(ldmigration.New), cutovertest.NotChecked(cutover.NotBothSucceeded),
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
			`not checked (not both succeeded, or no comparison)`+problems+
			`  consistency: want consistent, got not checked (not both succeeded, or no comparison)
  consistency: want not checked (not sampled), got not checked (not both succeeded, or no comparison)`, got.String())
		assert.False(t, got.ended)

		got = catch(func(tb *caughtTest) { assert.False(t, cutovertest.AssertObservation(tb, observation, wrong...)) })
		assert.Equal(t, `not as expected: read of "flag" at shadow for anybody: old invoked in 3ms; `+
			`new invoked, failed (disk full) in 0s; not checked (not both succeeded)`+problems+
			`  consistency: want consistent, got not checked (not both succeeded)
  consistency: want not checked (not sampled), got not checked (not both succeeded)`, got.String())
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
		cutovertest.IsWrite(), cutovertest.Invoked(ldmigration.Old, ldmigration.New), cutovertest.NotChecked(cutover.NotBothRead),
	}
	cutovertest.AssertEvent(t, client.OnlyEvent(t), want...)
	cutovertest.AssertObservation(t, recorder.Observations()[0], want...)
}

func TestAMismatchFailsTheTest(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		old, new item
		compare  cutover.Comparison[item]
		want     string
	}{
		"that the comparison explains": {
			item{"a", "red", 1},
			item{"a", "blue", 1},
			cutover.Deep[item](),
			`mismatch: read of a under "flag" at shadow
  old: {Key:a Value:red Count:1}
  new: {Key:a Value:blue Count:1}
  difference:
    Value: old red, new blue`,
		},
		"that the comparison does not explain": {
			item{"a", "red", 1},
			item{"a", "blue", 1},
			cutover.Func(cutover.Equal[item]),
			`mismatch: read of a under "flag" at shadow
  old: {Key:a Value:red Count:1}
  new: {Key:a Value:blue Count:1}
  difference:
    - Value: (string) (len=3) "red",
    + Value: (string) (len=4) "blue",`,
		},
		"that there is not": {item{"a", "red", 1}, item{"a", "red", 1}, cutover.Deep[item](), ""},
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
				get, err := cutover.NewReader(m, before.Get, after.Get).CompareWith(c.compare).Build()
				require.NoError(t, err)
				_, err = get.Read(t.Context(), anybody, "a")
				require.NoError(t, err)
			})
			assert.Equal(t, c.want, got.String())
		})
	}
}
