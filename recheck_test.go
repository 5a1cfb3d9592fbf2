package cutover_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

func TestAKnownDifferenceIsCountedApart(t *testing.T) {
	t.Parallel()
	trailing := func(old, new string) bool { return strings.TrimSpace(old) == strings.TrimSpace(new) }
	cases := map[string]struct {
		old, new string
		want     cutover.Consistency
		by       string
	}{
		"equal":           {"a", "a", cutover.Consistent, ""},
		"known":           {"a", "a ", cutover.Ignored, "white space"},
		"known by letter": {"a", "A", cutover.Ignored, "case"},
		"not known":       {"a", "b", cutover.Inconsistent, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
			built := build(t, cutover.New(client, "flag").Observe(observed))
			reader, err := cutover.NewReader(built, value(c.old), value(c.new)).CompareEqual().
				Ignore("white space", trailing).Ignore("case", strings.EqualFold).
				Ignore("case or worse", func(old, new string) bool { return new == "A" }).Build()
			require.NoError(t, err)
			detail := reader.ReadDetail(t.Context(), user, "id")
			assert.Equal(t, c.want, detail.Consistency)
			assert.Equal(t, c.by, detail.IgnoredBy)
			assert.Equal(t, c.by, observed.only(t).IgnoredBy)
			assert.Equal(t, c.want == cutover.Consistent, len(detail.Differences) == 0)
			check := client.only(t).ConsistencyCheck
			if c.want == cutover.Ignored {
				assert.Nil(t, check)
			} else {
				assert.Equal(t, c.want == cutover.Consistent, check.Consistent())
			}
		})
	}
}

func TestAPanickingRuleKnowsNothing(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Logger((&logBook{}).logger()))
	reader, err := cutover.NewReader(c, value("a"), value("b")).CompareEqual().
		Ignore("broken", func(_, _ string) bool { panic("rule") }).Build()
	require.NoError(t, err)
	assert.Equal(t, cutover.Inconsistent, reader.ReadDetail(t.Context(), user, "id").Consistency)
}

func TestBuildRefusesWhatIsMissingOfAComparison(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{}, "flag"))
	_, err := cutover.NewReader(c, value("a"), value("b")).Compare(compare.Comparison[string]{}).
		Ignore("", nil).Recheck(-time.Second).Reveal(nil, nil).CompareBetweenWrites(cutover.KeyFunc[string]{}).Build()
	require.ErrorIs(t, err, cutover.ErrEmptyName)
	require.ErrorIs(t, err, cutover.ErrTooSmall)
	for _, says := range []string{"comparison: nothing to compare by", `ignore "": function is nil`, "recheck delay -1s", "reveal: ", "key: "} {
		require.ErrorContains(t, err, says)
	}
	write := func(context.Context, string) error { return nil }
	_, err = cutover.NewWriter(c, write, write).Reveal(nil).SerializeBy(cutover.Key[string, int](nil)).Build()
	require.ErrorContains(t, err, "reveal: function is nil")
	require.ErrorContains(t, err, "key: function is nil")
}

// changing returns a read function with a sequence of results.
func changing(results ...any) (read func(context.Context, string) (string, error), calls *atomic.Int64) {
	calls = &atomic.Int64{}
	return func(context.Context, string) (string, error) {
		result := results[min(int(calls.Add(1)), len(results))-1]
		if err, ok := result.(error); ok {
			return "", err
		}
		return result.(string), nil
	}, calls
}

func TestADifferenceIsReadAgainBeforeItIsBelieved(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	cases := map[string]struct {
		old, new []any
		want     cutover.Consistency
		calls    int64
	}{
		"and it was a race":     {[]any{"a", "b"}, []any{"b"}, cutover.Consistent, 2},
		"and it is still there": {[]any{"a"}, []any{"b", "c"}, cutover.Inconsistent, 2},
		"and it cannot be read": {[]any{"a", gone}, []any{"b"}, cutover.ReadFailed, 2},
		"but there was none":    {[]any{"a"}, []any{"a"}, cutover.Consistent, 1},
	}
	for name, c := range cases {
		for _, order := range fourOrders {
			t.Run(name+" "+string(order), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
					built := build(t, cutover.New(client, "flag").ReadOrder(order).Observe(observed))
					old, calls := changing(c.old...)
					new, _ := changing(c.new...)
					reader, err := cutover.NewReader(built, old, new).CompareEqual().Recheck(time.Second).Build()
					require.NoError(t, err)
					begin := time.Now()
					detail := reader.ReadDetail(t.Context(), user, "id")
					got, err := detail.Result()
					require.NoError(t, err)
					assert.Equal(t, "a", got)
					assert.Zero(t, time.Since(begin), "the caller does not wait")
					if c.calls == 2 {
						assert.Equal(t, cutover.ComparedLater, detail.Consistency)
					}
					quiet(built)
					assert.Equal(t, c.calls, calls.Load())
					assert.Equal(t, time.Duration(c.calls-1)*time.Second, time.Since(begin))
					o := observed.only(t)
					assert.Equal(t, c.want, o.Consistency)
					assert.Equal(t, int(c.calls-1), o.Rechecks)
					assert.Equal(t, c.calls == 2 || order == cutover.Detached, o.Detached)
					event := client.only(t)
					assert.Empty(t, event.Error, "the event tells the first reads")
					assert.Len(t, event.Invoked, 2)
					assert.Equal(t, c.want.Checked(), event.ConsistencyCheck != nil)
					if c.want.Checked() {
						assert.Equal(t, c.want == cutover.Consistent, event.ConsistencyCheck.Consistent())
					}
					if c.want == cutover.Inconsistent {
						assert.Equal(t, []compare.Difference{{Old: "a", New: "c"}}, o.Differences, "as it is now")
						assert.Equal(t, "c", o.New.Value)
					}
					assert.Zero(t, built.Background())
				})
			})
		}
	}
}

func TestADifferenceIsBelievedWhereThereIsNoRoomToReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.Shadow}
		built := build(t, cutover.New(client, "flag").MaxBackground(1))
		reader, err := cutover.NewReader(built, value("a"), value("b")).CompareEqual().Recheck(time.Second).Build()
		require.NoError(t, err)
		assert.Equal(t, cutover.ComparedLater, reader.ReadDetail(t.Context(), user, "id").Consistency)
		detail := reader.ReadDetail(t.Context(), user, "id")
		assert.Equal(t, cutover.Inconsistent, detail.Consistency, "one waits to be read again")
		require.NoError(t, built.Close(t.Context()))
		assert.Equal(t, cutover.Inconsistent, reader.ReadDetail(t.Context(), user, "id").Consistency, "closed")
		assert.Equal(t, 3, client.count())
	})
}

func TestAReadAgainIsComparedBetweenWritesToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
		built := build(t, cutover.New(client, "flag").Observe(observed))
		key := cutover.Key(func(id string) string { return id })
		reader, err := cutover.NewReader(built, value("a"), value("b")).CompareEqual().
			CompareBetweenWrites(key).Recheck(time.Second).Build()
		require.NoError(t, err)
		slow := func(context.Context, string) error { time.Sleep(700 * time.Millisecond); return nil }
		writer, err := cutover.NewWriter(built, slow, slow).SerializeBy(key).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		require.NoError(t, writer.Write(t.Context(), user, "id")) // under way when read again
		quiet(built)
		for _, o := range observed.all {
			if o.Operation == ldmigration.Read {
				assert.Equal(t, cutover.WrittenMeanwhile, o.Consistency)
			}
		}
	})
}

func TestAnExitWhileReadingAgainLeavesTheFirstReadsInTheEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
		built := build(t, cutover.New(client, "flag").Observe(observed))
		reads := 0
		old := func(context.Context, string) (string, error) {
			reads++
			time.Sleep(time.Duration(reads) * time.Second)
			return "a", nil
		}
		reader, err := cutover.NewReader(built, old, value("b")).CompareFunc(func(_, _ string) bool {
			if reads == 2 {
				goexit()
			}
			return false
		}).Recheck(time.Second).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		quiet(built)
		assert.Equal(t, 1000, client.only(t).Latency[ldmigration.Old])
		o := observed.only(t)
		assert.Equal(t, cutover.ComparisonPanicked, o.Consistency)
		assert.Equal(t, "a", o.Old.Value)
	})
}

func TestAPanicWhileReadingAgainLeavesALine(t *testing.T) {
	t.Parallel()
	for _, panics := range []ldmigration.Origin{ldmigration.Old, ldmigration.New} {
		synctest.Test(t, func(t *testing.T) {
			log, calls := &logBook{}, atomic.Int64{}
			built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Logger(log.logger()))
			read := func(origin ldmigration.Origin) func(context.Context, string) (string, error) {
				return func(context.Context, string) (string, error) {
					if calls.Add(1) > 2 && origin == panics {
						panic("fell over")
					}
					return string(origin), nil
				}
			}
			reader, err := cutover.NewReader(built, read(ldmigration.Old), read(ldmigration.New)).CompareEqual().
				Recheck(time.Second).Build()
			require.NoError(t, err)
			_, err = reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			quiet(built)
			assert.Contains(t, log.String(), "fell over")
		})
	}
}
