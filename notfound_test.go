package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

var errNotFound = errors.New("not found")

// finds returns a read of a system that has the record, or that reports that there is none.
func finds(is bool) func(context.Context, string) (string, error) {
	return func(_ context.Context, id string) (string, error) {
		if !is {
			return "", fmt.Errorf("order %s: %w", id, errNotFound)
		}
		return "order " + id, nil
	}
}

func TestNotFoundIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		inOld, inNew bool
		want         cutover.Consistency
		differences  []compare.Difference
	}{
		{true, true, cutover.Consistent, nil},
		{false, false, cutover.Consistent, nil},
		{true, false, cutover.Inconsistent, []compare.Difference{{Old: "order 1", New: compare.Missing}}},
		{false, true, cutover.Inconsistent, []compare.Difference{{Old: compare.Missing, New: "order 1"}}},
	} {
		for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
			for _, order := range fourOrders {
				t.Run(fmt.Sprintf("%v %v %s %s", c.inOld, c.inNew, stage, order), func(t *testing.T) {
					t.Parallel()
					client, observed := &stagedClient{stage: stage}, &seen{}
					built := build(t, cutover.New(client, "flag").ReadOrder(order).Observe(observed))
					reader, err := cutover.NewReader(built, finds(c.inOld), finds(c.inNew)).CompareEqual().
						Ignore("all", func(_, _ string) bool { return !c.inOld || !c.inNew }).
						NotFound(context.Canceled, errNotFound).RevealKey(cutover.Key(func(id string) string { return id })).Build()
					require.NoError(t, err)
					_, err = reader.Read(t.Context(), user, "1")
					there := c.inOld
					if stage == ldmigration.Live {
						there = c.inNew
					}
					assert.Equal(t, !there, errors.Is(err, errNotFound), "the caller gets the error as ever")
					require.NoError(t, built.Close(t.Context()))
					event, o := client.only(t), observed.only(t)
					assert.Empty(t, event.Error, "an answer is no failure")
					require.NotNil(t, event.ConsistencyCheck)
					assert.Equal(t, c.want == cutover.Consistent, event.ConsistencyCheck.Consistent())
					assert.Equal(t, c.want, o.Consistency)
					assert.Equal(t, c.differences, o.Differences)
					assert.Equal(t, []string{"1"}, o.Shown.Keys)
					assert.Equal(t, [2]bool{!c.inOld, !c.inNew}, [2]bool{o.Old.NotFound, o.New.NotFound})
				})
			}
		}
	}
}

func TestWithoutNotFoundSuchAnErrorIsAFailedRead(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), finds(true), finds(false), equal)
	detail := reader.ReadDetail(t.Context(), user, "1")
	assert.Equal(t, cutover.ReadFailed, detail.Consistency)
	assert.False(t, detail.New.NotFound)
	assert.Contains(t, client.only(t).Error, ldmigration.New)
}

func TestNotFoundMayBeAnyAnswer(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	nothing := func(context.Context, string) (*note, error) { return nil, nil }
	missing := func(context.Context, string) (*note, error) { return nil, errNotFound }
	failing := func(context.Context, string) (*note, error) { return nil, errors.New("down") }
	absent := func(n *note, err error) bool { return n == nil && (err == nil || errors.Is(err, errNotFound)) }
	built := build(t, cutover.New(client, "flag"))
	reader, err := cutover.NewReader(built, nothing, missing).CompareDeep().NotFoundFunc(absent).Build()
	require.NoError(t, err)
	assert.Equal(t, cutover.Consistent, reader.ReadDetail(t.Context(), user, "1").Consistency)
	reader, err = cutover.NewReader(built, nothing, failing).CompareDeep().NotFoundFunc(absent).Build()
	require.NoError(t, err)
	assert.Equal(t, cutover.ReadFailed, reader.ReadDetail(t.Context(), user, "1").Consistency)
	_, err = cutover.NewReader(built, nothing, missing).NotFoundFunc(nil).Build()
	require.ErrorContains(t, err, "not found: function is nil")
}

// A record that is being created exists in one system first. A recheck finds it in both.
func TestAMissingRecordIsReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		observed := &seen{}
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
		old, _ := changing("order 1")
		new, _ := changing(errNotFound, "order 1")
		reader, err := cutover.NewReader(built, old, new).CompareEqual().NotFound(errNotFound).Recheck(time.Second).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "1")
		require.NoError(t, err)
		quiet(built)
		o := observed.only(t)
		assert.Equal(t, cutover.Consistent, o.Consistency)
		assert.False(t, o.New.NotFound, "the last answer counts")
	})
}

func TestNothingFallsBackFromNotFound(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Live}, "flag").ReadOrder(order))
		reader, err := cutover.NewReader(built, finds(true), finds(false)).NotFound(errNotFound).
			FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "1")
		require.ErrorIs(t, err, errNotFound, "a deleted record stays deleted")
		require.NoError(t, built.Close(t.Context()))
	}
}

func TestTheRecordThatOneSystemLacksIsShown(t *testing.T) {
	t.Parallel()
	for _, inOld := range []bool{true, false} {
		observed := &seen{}
		built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
		reader, err := cutover.NewReader(built, finds(inOld), finds(!inOld)).CompareEqual().NotFound(errNotFound).
			RevealKey(cutover.Key(func(string) int { return 7 })).
			Reveal(func(string) any { return "id" }, func(string) string { return "shown" }).Build()
		require.NoError(t, err)
		_, _ = reader.Read(t.Context(), user, "1")
		want := compare.Difference{Old: "shown", New: compare.Missing}
		if !inOld {
			want = compare.Difference{Old: compare.Missing, New: "shown"}
		}
		assert.Equal(t, []compare.Difference{want}, observed.only(t).Shown.Differences)
		assert.Equal(t, []string{"7"}, observed.only(t).Shown.Keys)
	}
}

func TestNotFoundIsAnAnswerWhereOneSystemIsRead(t *testing.T) {
	t.Parallel()
	for _, stage := range []ldmigration.Stage{ldmigration.Off, ldmigration.DualWrite, ldmigration.RampDown, ldmigration.Complete} {
		client, observed := &stagedClient{stage: stage}, &seen{}
		built := build(t, cutover.New(client, "flag").Observe(observed))
		reader, err := cutover.NewReader(built, finds(false), finds(false)).NotFound(errNotFound).
			FallBack(func(ldmigration.Origin, error) bool { t.Error("nothing to fall back to"); return true }).Build()
		require.NoError(t, err)
		detail := reader.ReadDetail(t.Context(), user, "1")
		assert.True(t, detail.Outcome(detail.Authoritative).NotFound)
		assert.Equal(t, cutover.SingleOrigin, detail.Consistency)
		o := observed.only(t)
		assert.True(t, o.Outcome(o.Authoritative).NotFound)
		assert.Empty(t, client.only(t).Error)

		failing := func(context.Context, string) (string, error) { return "", errors.New("down") }
		reader, err = cutover.NewReader(built, failing, failing).
			FallBack(func(ldmigration.Origin, error) bool { t.Error("nothing to fall back to"); return true }).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, "1")
		require.EqualError(t, err, "down")
	}
}

// What is missing is compared after the caller has gone on, as what is there is: by the caller's
// payload, not by none.
func TestADetachedReadOfAMissingRecordKeepsItsPayload(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{true, false} { // in the old system, which is authoritative
		synctest.Test(t, func(t *testing.T) {
			client, log := &stagedClient{stage: ldmigration.Shadow}, &logBook{}
			built := build(t, cutover.New(client, "flag").ReadOrder(cutover.Detached).Logger(log.logger()))
			var mu sync.Mutex
			var ids []string
			noted := func(read func(context.Context, string) (string, error)) func(context.Context, *note) (string, error) {
				return func(ctx context.Context, n *note) (string, error) {
					mu.Lock()
					defer mu.Unlock()
					ids = append(ids, n.ID)
					return read(ctx, n.ID)
				}
			}
			reader, err := cutover.NewReader(built, noted(finds(there)), noted(finds(!there))).CompareEqual().NotFound(errNotFound).
				ClonePayload(clonedNote).CompareBetweenWrites(cutover.Key(func(n *note) string { return n.ID })).
				Recheck(time.Second).Build()
			require.NoError(t, err)
			detail := reader.ReadDetail(t.Context(), user, &note{ID: "1"})
			assert.Equal(t, !there, detail.Old.NotFound)
			quiet(built)
			assert.Equal(t, []string{"1", "1", "1", "1"}, ids)
			assert.False(t, client.only(t).ConsistencyCheck.Consistent())
			assert.Empty(t, log.String())
		})
	}
}

func TestADetachedReadThatIsNotComparedAsksNothingOfItsCallersValues(t *testing.T) {
	t.Parallel()
	for _, compares := range []bool{true, false} {
		client, log := &stagedClient{stage: ldmigration.Shadow}, &logBook{}
		client.params.CheckRatio = optional(0)
		built := build(t, cutover.New(client, "flag").ReadOrder(cutover.Detached).Logger(log.logger()))
		read := func(_ context.Context, n *note) (*note, error) { return &note{ID: n.ID}, nil }
		b := cutover.NewReader(built, read, read).ClonePayload(clonedNote).CloneResult(clonedNote).
			NotFoundFunc(func(n *note, _ error) bool { return n.Text == "none" }).
			CompareBetweenWrites(cutover.Key(func(n *note) string { return n.ID }))
		if compares {
			b.CompareDeep()
		}
		reader, err := b.Build()
		require.NoError(t, err)
		for range 50 {
			payload := &note{ID: "1"}
			got, err := reader.Read(t.Context(), user, payload)
			require.NoError(t, err)
			payload.ID, got.Text = "2", "mine" // the race detector watches
		}
		require.NoError(t, built.Close(t.Context()))
		assert.Empty(t, log.String())
	}
}

// Without the payload nobody knows whether its record is written meanwhile.
func TestADetachedReadWhosePayloadIsLostIsNotCompared(t *testing.T) {
	t.Parallel()
	observed, clones := &seen{}, 0
	built := build(t, detachedAt(&stagedClient{stage: ldmigration.Shadow}, observed).Logger((&logBook{}).logger()))
	reader, err := cutover.NewReader(built, value("a"), value("b")).CompareEqual().ClonePayload(func(id string) string {
		if clones++; clones == 2 {
			panic("clone")
		}
		return id
	}).CompareBetweenWrites(cutover.Key(itself)).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "1")
	require.NoError(t, err)
	require.NoError(t, built.Close(t.Context()))
	assert.Equal(t, cutover.ComparisonPanicked, observed.only(t).Consistency)
	assert.NotNil(t, observed.only(t).ComparisonPanic)
}
