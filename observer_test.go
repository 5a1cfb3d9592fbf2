package cutover_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestAnObserverSeesBothOrigins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type trace struct{}
		client := &stagedClient{stage: ldmigration.Live}
		var seen []cutover.Observation
		var events []int
		observer := observerFunc(func(ctx context.Context, o cutover.Observation) {
			assert.Equal(t, "span", ctx.Value(trace{}), "the operation's own context")
			seen, events = append(seen, o), append(events, client.count())
		})
		c := build(t, cutover.New(client, "flag").Observe(observer))
		failing := func(context.Context, string) (string, error) {
			time.Sleep(5 * time.Millisecond)
			return "partial", errOfOrigin["old"]
		}
		ctx := context.WithValue(t.Context(), trace{}, "span")
		begin := time.Now()
		_, err := readerOf(t, c, failing, after(3*time.Millisecond, "new"), equal).Read(ctx, user, "id")
		require.NoError(t, err)
		require.Len(t, seen, 1)
		assert.True(t, seen[0].Old.Start.Equal(begin) && seen[0].New.Start.Equal(begin))
		seen[0].Old.Start, seen[0].New.Start = time.Time{}, time.Time{}
		assert.Equal(t, cutover.Observation{
			Operation: ldmigration.Read, Flag: "flag", Context: user, Stage: ldmigration.Live, Authoritative: ldmigration.New,
			Order: ldmigration.Concurrent, Payload: "id",
			Old: cutover.Outcome[any]{
				Invoked: true, Value: "partial", Err: errOfOrigin["old"], Latency: 5 * time.Millisecond,
			},
			New:         cutover.Outcome[any]{Invoked: true, Value: "new", Latency: 3 * time.Millisecond},
			Consistency: cutover.ReadFailed,
		}, seen[0])
		assert.Equal(t, seen[0].New, seen[0].Outcome(ldmigration.New))
		assert.Equal(t, seen[0].Old, seen[0].Outcome(ldmigration.Old))
		assert.Equal(t, []int{1}, events, "the event was sent before")
	})
}

func TestAnObserverSeesAValueOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	var seen cutover.Observation
	observer := observerFunc(func(_ context.Context, o cutover.Observation) { seen = o })
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").Observe(observer))
	writer, err := cutover.NewReturningWriter(c,
		func(context.Context, string) (int, error) { return 7, nil },
		func(context.Context, string) (int, error) { panic(errors.ErrUnsupported) },
	).Build()
	require.NoError(t, err)
	id, err := writer.Write(t.Context(), user, "order")
	require.NoError(t, err)
	assert.Equal(t, 7, id)
	assert.Equal(t, 7, seen.Old.Value)
	assert.Nil(t, seen.New.Value)
	assert.True(t, seen.New.Invoked)
	require.ErrorIs(t, seen.New.Err, cutover.ErrUnwound)
	require.ErrorIs(t, seen.New.Err, errors.ErrUnsupported, "a panic with an error can be looked for")
	require.EqualError(t, seen.New.Err, "panic: unsupported operation")
}

func TestAPanickingObserverHarmsNothing(t *testing.T) {
	t.Parallel()
	var log logBook
	var after countingObserver
	client := &stagedClient{stage: ldmigration.Shadow}
	c := build(t, cutover.New(client, "flag").Logger(log.logger()).
		Observe(observerFunc(func(context.Context, cutover.Observation) { panic("observer is broken") })).
		Observe(&after))
	got, err := readerOf(t, c, value("old"), value("new"), nil).Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "old", got)
	assert.Equal(t, 1, after.count, "the next observer is still told")
	assert.Equal(t, 1, client.count())
	assert.Contains(t, log.String(), "observer is broken")
}

func TestAnObserverIsToldOfAnAuthoritativePanic(t *testing.T) {
	t.Parallel()
	var seen cutover.Observation
	observer := observerFunc(func(_ context.Context, o cutover.Observation) { seen = o })
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observer))
	reader := readerOf(t, c, panickingAuthoritative, value("new"), equal)
	got := onOwnGoroutine(func() ran {
		_, err := reader.Read(t.Context(), user, "id")
		return ran{err: err}
	})
	assert.Equal(t, "the caller's own panic", got.panicked)
	require.ErrorIs(t, seen.Old.Err, cutover.ErrUnwound)
	assert.Equal(t, "new", seen.New.Value)
	assert.Equal(t, cutover.ReadFailed, seen.Consistency)
}
