package cutovertest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
)

func stageOf(c *cutovertest.Client, flag string, user ldcontext.Context) ldmigration.Stage {
	stage, _, _ := c.MigrationVariation(flag, user, ldmigration.Off)
	return stage
}

func TestAFlagFollowsTheClientUntilItHasSettingsOfItsOwn(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.Shadow)
	client.Flag("other").Stage(ldmigration.Live)
	assert.Equal(t, ldmigration.Shadow, stageOf(client, "flag", anybody))
	assert.Equal(t, ldmigration.Live, stageOf(client, "other", anybody))
	client.SetStage(ldmigration.Complete)
	assert.Equal(t, ldmigration.Complete, stageOf(client, "flag", anybody))
	assert.Equal(t, ldmigration.Complete, stageOf(client, "other", anybody))
}

func TestAStageMayChangeAfterSomeEvaluations(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.Off)
	client.Flag("flag").StageAfter(2, ldmigration.Shadow).StageAfter(3, ldmigration.Live)
	var got []ldmigration.Stage
	for range 5 {
		got = append(got, stageOf(client, "flag", anybody))
	}
	assert.Equal(t, []ldmigration.Stage{
		ldmigration.Off, ldmigration.Off, ldmigration.Shadow, ldmigration.Live, ldmigration.Live,
	}, got)
	client.Flag("flag").StageAfter(0, ldmigration.Complete).Stage(ldmigration.Off)
	assert.Equal(t, ldmigration.Off, stageOf(client, "flag", anybody), "Stage undoes what was planned")
}

func TestCohortsAreTargetsThenTheRuleThenEverybody(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.Shadow)
	alpha, beta := ldcontext.New("alpha"), ldcontext.New("beta")
	client.Flag("flag").StageFor(ldmigration.Live, alpha).StageBy(func(user ldcontext.Context) ldmigration.Stage {
		if user.Key() == "alpha" || user.Key() == "beta" {
			return ldmigration.Complete
		}
		return ""
	})
	assert.Equal(t, ldmigration.Live, stageOf(client, "flag", alpha))
	assert.Equal(t, ldmigration.Complete, stageOf(client, "flag", beta))
	assert.Equal(t, ldmigration.Shadow, stageOf(client, "flag", anybody))
}

func TestTheZeroClientKnowsNoFlag(t *testing.T) {
	t.Parallel()
	var client cutovertest.Client
	stage, _, err := client.MigrationVariation("flag", anybody, ldmigration.RampDown)
	require.NoError(t, err)
	assert.Equal(t, ldmigration.RampDown, stage)
	client.Flag("flag").Stage(ldmigration.Live)
	assert.Equal(t, ldmigration.Live, stageOf(&client, "flag", anybody))
}

func TestEventsAreKeptThoughTheyAreRefused(t *testing.T) {
	t.Parallel()
	var client cutovertest.Client
	full := errors.New("no more events")
	client.RefuseEvents(full)
	require.ErrorIs(t, client.TrackMigrationOp(cutovertest.Event{FlagKey: "one"}), full)
	client.RefuseEvents(nil)
	require.NoError(t, client.TrackMigrationOp(cutovertest.Event{FlagKey: "two"}))
	require.Len(t, client.Events(), 2)
	assert.Equal(t, "one", client.Events()[0].FlagKey)
	assert.Len(t, client.TakeEvents(), 2)
	assert.Empty(t, client.Events())
}

func TestAwaitingTheEventOfADetachedRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cutovertest.NewClient(ldmigration.Shadow)
		c, err := cutover.New(client, "flag").ReadOrder(cutover.Detached).Build()
		require.NoError(t, err)
		before, after := newShelf(), newShelf()
		get, err := cutover.NewReader(c, before.Get, cutovertest.Read(after.Get, cutovertest.Slow(time.Second))).Build()
		require.NoError(t, err)
		_, err = get.Read(t.Context(), anybody, "a")
		require.ErrorIs(t, err, errNoItem)
		assert.Empty(t, client.Events())
		events := client.AwaitEvents(t, 1)
		cutovertest.AssertEvent(t, events[0], cutovertest.Failed(ldmigration.Old, ldmigration.New))
		require.NoError(t, c.Close(t.Context()))
	})
}

func TestAwaitingInVainTellsWhatCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := cutovertest.NewClient(ldmigration.DualWrite)
		operate(t, client)
		got := catch(func(tb *caughtTest) { client.AwaitEvents(tb, 3) })
		assert.True(t, got.ended)
		assert.Contains(t, got.String(), "waited 10s for 3 op events, got 1\n  write of \"flag\" at dualwrite: old invoked in 0s; new invoked in 0s")

		ended, cancel := context.WithCancelCause(t.Context())
		cancel(errNoItem)
		events, err := client.WaitEvents(ended, 2)
		require.ErrorIs(t, err, errNoItem)
		assert.Len(t, events, 1)

		assert.Len(t, client.AwaitEvents(t, 1), 1)
		operate(t, client)
		got = catch(func(tb *caughtTest) { client.OnlyEvent(tb) })
		assert.True(t, got.ended)
		assert.Contains(t, got.String(), "want one op event, got 2")
	})
}

func TestTheClientIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	client := cutovertest.NewClient(ldmigration.Off)
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for i, stage := range cutovertest.Stages() {
				client.SetStage(stage)
				client.Flag("flag").CheckRatio(i).Version(i).StageAfter(i, stage).StageFor(stage, anybody)
				operate(t, client)
				client.Ready()
			}
		})
	}
	working.Wait()
	events, err := client.WaitEvents(t.Context(), 24)
	require.NoError(t, err)
	assert.Len(t, events, 24)
}

// operate writes one item under a client. It may be used by many goroutines.
func operate(t *testing.T, client *cutovertest.Client, observers ...cutover.Observer) {
	t.Helper()
	b := cutover.New(client, "flag").Logger(quiet)
	for _, observer := range observers {
		b.Observe(observer)
	}
	c, buildErr := b.Build()
	before, after := newShelf(), newShelf()
	put, putErr := cutover.NewWriter(c, before.Put, after.Put).Build()
	err := errors.Join(buildErr, putErr, put.Write(t.Context(), anybody, item{Key: "a"}))
	assert.NoError(t, err)
}
