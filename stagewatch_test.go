package cutover_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldlogtest"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// stageDiary is an observer that keeps the stage changes it is told.
type stageDiary struct {
	mu      sync.Mutex
	changes []cutover.StageChange
}

func (*stageDiary) Observe(context.Context, cutover.Observation) {}

func (d *stageDiary) ObserveStage(_ context.Context, change cutover.StageChange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes = append(d.changes, change)
}

// take returns the changes since the last take, such as "user off live".
func (d *stageDiary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var moves []string
	for _, c := range d.changes {
		moves = append(moves, fmt.Sprint(c.ContextKind, " ", c.From, " ", c.To))
	}
	d.changes = nil
	return moves
}

func TestAStageChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logBook
		var diary stageDiary
		client := &stagedClient{stage: ldmigration.Off}
		reader := readerOf(t, build(t, cutover.New(client, "flag").Observe(&diary).Logger(log.logger())), value("old"), value("new"), nil)
		at := func(stage ldmigration.Stage, who ldcontext.Context) []string {
			client.stage = stage
			for range 5 {
				_, err := reader.Read(t.Context(), who, "id")
				require.NoError(t, err)
			}
			return diary.take()
		}
		org := ldcontext.NewWithKind("org", "acme")
		assert.Empty(t, at("off", user), "the first stage is no change")
		assert.Empty(t, at("off", org))
		assert.Equal(t, []string{"user off dualwrite"}, at("dualwrite", user))
		assert.Equal(t, []string{"org off dualwrite"}, at("dualwrite", org), "once for each kind")
		assert.Equal(t, []string{"user dualwrite shadow"}, at("shadow", user))
		assert.Equal(t, []string{"user shadow dualwrite"}, at("dualwrite", user), "back at once")
		time.Sleep(time.Minute)
		assert.Empty(t, at("dualwrite", user))
		assert.Equal(t, []string{"user dualwrite shadow"}, at("shadow", user))
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"user shadow dualwrite"}, at("dualwrite", user))
		assert.Equal(t, []string{"user dualwrite shadow"}, at("shadow", user), "and back at once")
		assert.Equal(t, 7, strings.Count(log.String(), "stage changed"), log.String())
	})
}

func TestStagesSideBySideAreNotToldEachTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var diary stageDiary
		client := &stagedClient{stage: ldmigration.Shadow}
		reader := readerOf(t, build(t, cutover.New(client, "flag").Observe(&diary).Logger((&logBook{}).logger())), value("old"), value("new"), nil)
		at := func(stages ...ldmigration.Stage) []string {
			for range 100 {
				for _, stage := range stages {
					client.stage = stage
					_, err := reader.Read(t.Context(), user, "id")
					require.NoError(t, err)
				}
				time.Sleep(200 * time.Millisecond)
			}
			return diary.take()
		}
		assert.Equal(t, []string{"user shadow live", "user live shadow"}, at("shadow", "live"), "a rollout to some")
		assert.Empty(t, at("shadow", "live"))
		assert.Equal(t, []string{"user shadow rampdown"}, at("rampdown")[:1], "a third one")
		assert.Empty(t, at("rampdown"))
		assert.NotEmpty(t, at("live"), "one that was long gone is told again")
	})
}

func TestAJumpThatLosesWritesIsWarnedOf(t *testing.T) {
	t.Parallel()
	loses := map[string]string{
		"off live": "new", "off rampdown": "new", "off complete": "new",
		"complete live": "old", "complete shadow": "old", "complete dualwrite": "old", "complete off": "old",
	}
	for _, from := range allStages {
		for _, to := range allStages {
			if from == to {
				continue
			}
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				t.Parallel()
				var log logBook
				var diary stageDiary
				client := &stagedClient{stage: from}
				reader := readerOf(t, build(t, cutover.New(client, "flag").Observe(&diary).Logger(log.logger())), value("old"), value("new"), nil)
				_, err := reader.Read(t.Context(), user, "id")
				require.NoError(t, err)
				client.stage = to
				_, err = reader.Read(t.Context(), user, "id")
				require.NoError(t, err)
				require.Len(t, diary.changes, 1)
				missing, ok := loses[fmt.Sprint(from, " ", to)]
				if !ok {
					assert.Empty(t, diary.changes[0].Loses)
					assert.Contains(t, log.String(), "level=INFO")
					return
				}
				assert.Contains(t, diary.changes[0].Loses, "missing in the "+missing+" system")
				assert.Contains(t, log.String(), "level=WARN")
				assert.Contains(t, log.String(), diary.changes[0].Loses)
			})
		}
	}
}

func TestAPanickingStageObserverHarmsNothing(t *testing.T) {
	t.Parallel()
	var log logBook
	client := &stagedClient{stage: ldmigration.Off}
	reader := readerOf(t, build(t, cutover.New(client, "flag").Observe(brokenDiary{}).Logger(log.logger())), value("old"), value("new"), nil)
	for _, stage := range []ldmigration.Stage{"off", "complete"} {
		client.stage = stage
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
	}
	assert.Contains(t, log.String(), "diary is broken")
}

type brokenDiary struct{}

func (brokenDiary) ObserveStage(context.Context, cutover.StageChange) { panic("diary is broken") }
func (brokenDiary) Observe(context.Context, cutover.Observation)      {}

func TestStageChangesSeenByManyGoroutinesAreToldOnce(t *testing.T) {
	t.Parallel()
	var diary stageDiary
	client := &flippingClient{client: &stagedClient{}}
	reader := readerOf(t, build(t, cutover.New(client, "flag").Observe(&diary).Logger((&logBook{}).logger())), value("old"), value("new"), nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				_, err := reader.Read(t.Context(), user, "id")
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.Len(t, diary.take(), 2, "there and back, and then both are known")
}

// flippingClient answers off and complete in turn.
type flippingClient struct {
	client *stagedClient
	mu     sync.Mutex
	flips  int
}

func (c *flippingClient) MigrationVariation(
	key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	c.mu.Lock()
	stage := []ldmigration.Stage{"off", "complete"}[c.flips%2]
	c.flips++
	c.mu.Unlock()
	if c.client.onEvaluate != nil {
		c.client.onEvaluate()
	}
	return stage, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: who, Default: defaultStage, Stage: stage,
	}), nil
}

func (c *flippingClient) TrackMigrationOp(event ldevents.MigrationOpEventData) error {
	return c.client.TrackMigrationOp(event)
}

func TestStageChangesReachTheSDKsLoggers(t *testing.T) {
	t.Parallel()
	mock := ldlogtest.NewMockLog()
	mock.Loggers.SetMinLevel(ldlog.Debug)
	client := &loggingClient{stagedClient: stagedClient{stage: ldmigration.Off}, loggers: mock.Loggers}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	for _, stage := range []ldmigration.Stage{"off", "dualwrite"} {
		client.stage = stage
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
	}
	const told = `cutover: stage changed flag="flag" kind="user" from="off" to="dualwrite"`
	mock.AssertMessageMatch(t, true, ldlog.Info, told)

	client = &loggingClient{stagedClient: stagedClient{stage: ldmigration.Off}, loggers: onlyLDLoggers{mock.Loggers}}
	reader = readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	for _, stage := range []ldmigration.Stage{"off", "dualwrite"} {
		client.stage = stage
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
	}
	mock.AssertMessageMatch(t, true, ldlog.Debug, told)
}

type loggingClient struct {
	stagedClient
	loggers interfaces.LDLoggers
}

// onlyLDLoggers hides what a logger can do beyond the interface.
type onlyLDLoggers struct{ interfaces.LDLoggers }

func (c *loggingClient) Loggers() interfaces.LDLoggers { return c.loggers }
