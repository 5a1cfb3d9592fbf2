package cutover_test

import (
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

func TestWhyNothingWasComparedIsTold(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stage ldmigration.Stage
		equal func(string, string) bool
		fail  bool
		ratio int
		want  cutover.Consistency
	}{
		"the stage reads one":   {ldmigration.DualWrite, equal[string], false, 1, cutover.SingleOrigin},
		"there is no function":  {ldmigration.Shadow, nil, false, 1, cutover.NoComparison},
		"one of them failed":    {ldmigration.Shadow, equal[string], true, 1, cutover.ReadFailed},
		"the ratio drew it not": {ldmigration.Live, equal[string], false, 0, cutover.NotSampled},
		"they are equal":        {ldmigration.Live, func(_, _ string) bool { return true }, false, 1, cutover.Consistent},
		"they differ":           {ldmigration.Live, equal[string], false, 1, cutover.Inconsistent},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &stagedClient{stage: c.stage}
			client.params.CheckRatio = optional(c.ratio)
			newRead := value("new")
			if c.fail {
				newRead = panickingAuthoritative
			}
			detail := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), newRead, c.equal).
				ReadDetail(t.Context(), user, "id")
			assert.Equal(t, c.want, detail.Consistency)
			assert.Equal(t, detail.Consistency.Checked(), client.only(t).ConsistencyCheck != nil)
		})
	}
}

func TestEveryConsistencyHasAName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for c := cutover.SingleOrigin; c <= cutover.Inconsistent; c++ {
		require.NotEmpty(t, c.String())
		seen[c.String()] = true
	}
	assert.Len(t, seen, int(cutover.Inconsistent)+1)
	assert.Equal(t, "unknown consistency", cutover.Consistency(99).String())
}

func TestEqualOfUncomparableValuesIsAPanicThatIsContained(t *testing.T) {
	t.Parallel()
	slice := func(any) (any, error) { return []int{1}, nil }
	client := &stagedClient{stage: ldmigration.Shadow}
	var equal cutover.MigrationComparisonFn = equal[any]
	var log logBook
	migrator, err := cutover.Migration(client).Read(slice, slice, &equal).Write(slice, slice).Logger(log.logger()).Build()
	require.NoError(t, err)
	assert.True(t, migrator.Read("flag", user, ldmigration.Off, nil).IsSuccess())
	assert.Contains(t, log.String(), "comparing uncomparable type []int")
}

func TestAnExplanationThatExitsLeavesTheDifferenceAsItIs(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
	calls := 0
	exitsWhenExplaining := func(s string) string { // equal asks twice
		if calls++; calls > 2 {
			goexit()
		}
		return s
	}
	reader, err := cutover.NewReader(c, value("old"), value("new")).
		Compare(compare.By(exitsWhenExplaining, compare.Deep[string]())).
		Ignore("known", func(_, _ string) bool { return true }).Build()
	require.NoError(t, err)
	got := onOwnGoroutine(func() ran { _, err := reader.Read(t.Context(), user, "id"); return ran{err: err} })
	assert.False(t, got.returned)
	assert.Equal(t, cutover.Ignored, observed.only(t).Consistency)
	assert.Equal(t, "known", observed.only(t).IgnoredBy)
	assert.Empty(t, observed.only(t).Differences)
}
