package cutover_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestAPinnedContextSeesOneStage(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	client.params.Version = optional(7)
	evaluations := 0
	client.onEvaluate = func() { evaluations++ }
	c := build(t, cutover.New(client, "flag"))
	reader := readerOf(t, c, value("old"), value("new"), cutover.Equal)
	write := func(context.Context, string) error { return nil }
	writer := writerOf(t, c, write, write)

	request := cutover.Pin(t.Context())
	got, err := reader.Read(request, user, "id")
	require.NoError(t, err)
	assert.Equal(t, "old", got)
	client.stage = ldmigration.Complete
	client.params.Version = optional(8)
	got, err = reader.Read(request, user, "id")
	require.NoError(t, err)
	assert.Equal(t, "old", got, "the request has begun at shadow")
	require.NoError(t, writer.Write(request, user, "order"))
	assert.Equal(t, 1, evaluations)

	got, err = reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "new", got, "another request")
	got, err = reader.Read(cutover.Pin(request), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "new", got, "and one within it")

	require.Len(t, client.events, 5, "each operation has sent its own event")
	for i, event := range client.events {
		want, version := ldmigration.Shadow, optional(7)
		if i > 2 {
			want, version = ldmigration.Complete, optional(8)
		}
		assert.Equal(t, string(want), event.Evaluation.Value.StringValue())
		assert.Equal(t, version, event.Version)
	}
	assert.Equal(t, ldmigration.Write, client.events[2].Op)
	assert.Equal(t, ldmigration.NewConsistencyCheck(false, 1), client.events[1].ConsistencyCheck)
}

func TestAPinIsOfOneFlagAndEvaluationContext(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Off}
	read := func(ctx context.Context, flag string, who ldcontext.Context) string {
		got, err := readerOf(t, build(t, cutover.New(client, flag)), value("old"), value("new"), nil).Read(ctx, who, "id")
		require.NoError(t, err)
		return got
	}
	request := cutover.Pin(t.Context())
	c := build(t, cutover.New(client, "flag"))
	reader := readerOf(t, c, value("old"), value("new"), nil)
	_, err := reader.Read(request, user, "id")
	require.NoError(t, err)
	client.stage = ldmigration.Complete
	other, err := reader.Read(request, ldcontext.New("somebody-else"), "id")
	require.NoError(t, err)
	assert.Equal(t, "new", other)
	assert.Equal(t, "new", read(request, "another-flag", user))
	same, err := reader.Read(request, user, "id")
	require.NoError(t, err)
	assert.Equal(t, "old", same)
}

func TestPinnedOperationsSendTheEventsOfTheSDK(t *testing.T) {
	t.Parallel()
	for _, stage := range allStages {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, out, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag(string(stage)).SamplingRatio(1).Build()})
				reader := readerOf(t, build(t, cutover.New(client, "flag")), value("a"), value("b"), cutover.Equal)
				_, _ = reader.Read(t.Context(), user, "id")
				want := out.take(t, client)
				request := cutover.Pin(t.Context())
				for i := range 3 {
					_, _ = reader.Read(request, user, "id")
					got := out.take(t, client)
					assert.Equal(t, want.ops, got.ops)
					if i > 0 {
						assert.Empty(t, got.evaluations, "the flag was not evaluated again")
					}
				}
			})
		})
	}
}

func TestPinnedOperationsOfManyGoroutinesAgree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.Off}
		var answers atomic.Int64
		client.onEvaluate = func() { // slow to answer, and each time with another stage
			time.Sleep(time.Duration(answers.Add(1)) * time.Millisecond)
		}
		c := build(t, cutover.New(&flippingClient{client: client}, "flag"))
		reader := readerOf(t, c, value("old"), value("new"), nil)
		request := cutover.Pin(t.Context())
		results := make(chan string, 20)
		for range 20 {
			go func() {
				got, err := reader.Read(request, user, "id")
				assert.NoError(t, err)
				results <- got
			}()
		}
		synctest.Wait()
		time.Sleep(time.Hour)
		first := <-results
		for range 19 {
			assert.Equal(t, first, <-results)
		}
	})
}

func TestAPinWithoutAnEventIsNoPin(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Off}
	var log logBook
	reader := readerOf(t, build(t, cutover.New(client, "flag").Logger(log.logger())), value("old"), value("new"), nil)
	request := cutover.Pin(t.Context())
	nobody := ldcontext.New("")
	for range 2 {
		got, err := reader.Read(request, nobody, "id")
		require.NoError(t, err)
		assert.Equal(t, "old", got)
	}
	assert.Empty(t, client.events)
	assert.Contains(t, log.String(), "invalid evaluation context")
}
