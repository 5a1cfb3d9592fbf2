package cutover_test

import (
	"context"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestBuildReportsEverythingWrongAtOnce(t *testing.T) {
	t.Parallel()
	var typedNil *ld.LDClient
	var nilObserver *countingObserver
	c, err := cutover.New(typedNil, "").DefaultStage("Complete").ReadOrder("parallel").Observe(nilObserver).Build()
	require.Nil(t, c)
	for _, want := range []error{
		cutover.ErrNilClient, cutover.ErrEmptyFlagKey, cutover.ErrUnknownStage, cutover.ErrUnknownOrder, cutover.ErrNilObserver,
	} {
		require.ErrorIs(t, err, want)
	}
	require.ErrorContains(t, err, `unknown read execution order "parallel"`)
	require.ErrorContains(t, err, `default stage "Complete" for flag "" is not a migration stage`)
}

func TestBuildOfAReaderReportsEverythingWrongAtOnce(t *testing.T) {
	t.Parallel()
	reader, err := cutover.NewReader[string, string](nil, nil, nil).CompareFunc(nil).Build()
	require.Nil(t, reader)
	require.ErrorIs(t, err, cutover.ErrNilCutover)
	for _, want := range []string{"old read: function is nil", "new read: function is nil", "comparison: function is nil"} {
		require.ErrorContains(t, err, want)
	}
}

func TestBuildOfAWriterReportsEverythingWrongAtOnce(t *testing.T) {
	t.Parallel()
	writer, err := cutover.NewWriter[string](nil, nil, nil).Build()
	require.Nil(t, writer)
	returning, other := cutover.NewReturningWriter[string, int](nil, nil, nil).Build()
	require.Nil(t, returning)
	for _, err := range []error{err, other} {
		require.ErrorIs(t, err, cutover.ErrNilCutover)
		require.ErrorContains(t, err, "old write: function is nil")
		require.ErrorContains(t, err, "new write: function is nil")
	}
}

func TestBuildOfAMigratorReportsEverythingWrongAtOnce(t *testing.T) {
	t.Parallel()
	var nilComparison cutover.MigrationComparisonFn
	ok := func(any) (any, error) { return nil, nil }
	cases := map[string]struct {
		builder *cutover.MigratorBuilder
		is      error
		says    []string
	}{
		"no client, no functions": {
			cutover.Migration(nil), cutover.ErrNilClient,
			[]string{"read functions: not configured", "write functions: not configured"},
		},
		"nil functions": {
			cutover.Migration(&stagedClient{}).Read(nil, nil, &nilComparison).Write(nil, nil), cutover.ErrNilFunction,
			[]string{"old read", "new read", "old write", "new write", "comparison: function is nil"},
		},
		"reads alone, as the SDK": {
			cutover.Migration(&stagedClient{}).Read(ok, ok, nil), cutover.ErrNotConfigured,
			[]string{"write functions"},
		},
		"an unknown order": {
			cutover.Migration(&stagedClient{}).Read(ok, ok, nil).Write(ok, ok).ReadExecutionOrder(""), cutover.ErrUnknownOrder, nil,
		},
		"a nil builder": {nil, nil, []string{"builder is nil"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			migrator, err := c.builder.Build()
			require.Error(t, err)
			require.Nil(t, migrator)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
}

func TestBuildCopiesWhatTheBuilderSays(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	var first, second countingObserver
	builder := cutover.New(client, "flag").ReadOrder(ldmigration.Serial).Observe(&first)
	c := build(t, builder)
	readers := cutover.NewReader(c, value("a"), value("a")).CompareEqual()
	reader, err := readers.Build()
	require.NoError(t, err)

	builder.TrackLatency(false).TrackErrors(false).DefaultStage(ldmigration.Complete).ReadOrder("none").Observe(&second)
	readers.CompareFunc(func(_, _ string) bool { return false })

	detail := reader.ReadDetail(t.Context(), user, "id")
	assert.Equal(t, cutover.Consistent, detail.Consistency)
	event := client.only(t)
	assert.Len(t, event.Latency, 2)
	assert.Equal(t, ldmigration.Off, event.Default)
	assert.Equal(t, 1, first.count)
	assert.Zero(t, second.count)
}

func TestBuildOfAMigratorCopiesTheComparison(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	read := func(any) (any, error) { return "a", nil }
	var observed countingObserver
	var equal cutover.MigrationComparisonFn = func(a, b any) bool { return a == b }
	var log logBook
	migrator, err := cutover.Migration(client).Read(read, read, &equal).Write(read, read).
		TrackLatency(false).TrackErrors(false).Observe(&observed).Logger(log.logger()).Build()
	require.NoError(t, err)
	equal = nil
	require.True(t, migrator.Read("flag", user, ldmigration.Off, nil).IsSuccess())
	event := client.only(t)
	assert.True(t, event.ConsistencyCheck.Consistent())
	assert.Empty(t, event.Latency)
	assert.Equal(t, 1, observed.count)
	assert.Empty(t, log.String())
}

func TestACutoverKnowsItsFlag(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "flag", build(t, cutover.New(&stagedClient{}, "flag")).FlagKey())
}

// countingObserver counts; it is for tests of one operation at a time.
type countingObserver struct{ count int }

func (o *countingObserver) Observe(context.Context, cutover.Observation) { o.count++ }

type observerFunc func(context.Context, cutover.Observation)

func (f observerFunc) Observe(ctx context.Context, o cutover.Observation) { f(ctx, o) }

func TestBuildRefusesAReaderWithoutAnOrder(t *testing.T) {
	t.Parallel()
	built := build(t, cutover.New(&stagedClient{}, "flag"))
	_, err := cutover.NewReader(built, value("v"), value("v")).ReadOrder("").Build()
	require.ErrorIs(t, err, cutover.ErrUnknownOrder)
}
