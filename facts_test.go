package cutover_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/launchdarkly/go-server-sdk/v7/ldhooks"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems/ldstoreimpl"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems/ldstoretypes"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// methodCounter is an SDK hook that counts which of the client's methods evaluated.
type methodCounter struct {
	ldhooks.Unimplemented
	mu     sync.Mutex
	counts map[string]int
}

func (h *methodCounter) Metadata() ldhooks.Metadata { return ldhooks.NewMetadata("methods") }

func (h *methodCounter) BeforeEvaluation(
	_ context.Context, series ldhooks.EvaluationSeriesContext, data ldhooks.EvaluationSeriesData,
) (ldhooks.EvaluationSeriesData, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = map[string]int{}
	}
	h.counts[series.Method()]++
	return data, nil
}

func (h *methodCounter) take() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	counts := h.counts
	h.counts = nil
	return counts
}

const (
	slowMethod = "LDClient.MigrationVariationCtx"
	fastMethod = "LDClient.StringVariationDetailCtx"
)

func TestTheStageIsEvaluatedWithoutTheSDKsTracker(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		ratio    int
		compares bool
		fast     bool
		want     map[string]int // of 50 operations in a quarter of a second
	}{
		"each time":                               {1, true, true, map[string]int{slowMethod: 1, fastMethod: 50}},
		"never when it is turned off":             {1, true, false, map[string]int{slowMethod: 50}},
		"also where the ratio draws nothing":      {0, true, true, map[string]int{slowMethod: 1, fastMethod: 50}},
		"and where the ratio draws hardly a read": {1e9, true, true, map[string]int{slowMethod: 1, fastMethod: 50}},
		"and where nothing is to be compared":     {0, false, true, map[string]int{slowMethod: 1, fastMethod: 50}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var methods methodCounter
				flag := stageFlag("shadow").MigrationFlagParameters(checkRatio(c.ratio)).Build()
				client, _, _ := realClient(t, []ldmodel.FeatureFlag{flag}, &methods)
				var same func(a, b string) bool
				if c.compares {
					same = equal
				}
				built := build(t, cutover.New(client, "flag").FastEvaluation(c.fast))
				reader := readerOf(t, built, after(5*time.Millisecond, "v"), value("v"), same)
				for range 50 {
					_, err := reader.Read(t.Context(), user, "id")
					require.NoError(t, err)
				}
				assert.Equal(t, c.want, methods.take())
			})
		})
	}
}

func TestAChangeOfTheFlagIsFollowed(t *testing.T) {
	t.Parallel()
	one := func(flag *ldbuilders.FlagBuilder) []ldmodel.FeatureFlag { return []ldmodel.FeatureFlag{flag.Build()} }
	changes := map[string]struct {
		before, after []ldmodel.FeatureFlag
		rightAfter    int // how many operations later all is right; 0 if it takes up to half a second
	}{
		"the stage": {
			one(stageFlag("shadow")),
			one(stageFlag("live").Version(42).SamplingRatio(1).MigrationFlagParameters(checkRatio(0))), 1,
		},
		"the check ratio alone":           {one(stageFlag("shadow")), one(stageFlag("shadow").Version(42).MigrationFlagParameters(checkRatio(0))), 0},
		"the check ratio back from never": {one(stageFlag("shadow").MigrationFlagParameters(checkRatio(0))), one(stageFlag("shadow").Version(42)), 0},
		"the reason":                      {one(stageFlag("shadow")), one(stageFlag("shadow").On(false).Version(42).MigrationFlagParameters(checkRatio(0))), 1},
		"the variation":                   {one(stageFlag("shadow")), one(stageFlag("shadow").Version(42).Variations(ldvalue.Null(), ldvalue.String("shadow")).FallthroughVariation(1)), 1},
		"a flag comes to be":              {nil, one(stageFlag("live")), 1},
		"a flag loses its type":           {one(stageFlag("live")), one(stageFlag("Live").Version(42)), 1},
		"a flag is a flag of stages now":  {one(stageFlag("Live")), one(stageFlag("live").Version(42)), 1},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, out, data := realClient(t, change.before)
				built := build(t, cutover.New(client, "flag").DefaultStage(ldmigration.DualWrite).Logger((&logBook{}).logger()))
				reader := readerOf(t, built, value("v"), value("v"), equal)
				theirs, err := ld.Migration(client).ReadExecutionOrder(ldmigration.Serial).
					Read(succeed, succeed, equalAny()).Write(succeed, succeed).Build()
				require.NoError(t, err)
				compare := func() (ours, sdks sentEvents) {
					_, err := reader.Read(t.Context(), user, "id")
					require.NoError(t, err)
					ours = out.take(t, client)
					theirs.Read("flag", user, ldmigration.DualWrite, "id")
					return ours, out.take(t, client)
				}
				for range 20 { // in steady state
					ours, sdks := compare()
					require.Equal(t, sdks, ours)
					time.Sleep(30 * time.Millisecond)
				}
				time.Sleep(time.Hour)
				_, _ = compare() // learns all anew, just before the change
				for _, flag := range change.after {
					data.UsePreconfiguredFlag(flag)
				}
				ours, sdks := compare()
				assert.Equal(t, stageIn(t, sdks), stageIn(t, ours), "the stage is never stale")
				for i := range 16 { // until half a second is over
					if change.rightAfter > 0 && i+1 >= change.rightAfter {
						require.Equal(t, sdks, ours)
					}
					ours, sdks = compare()
					time.Sleep(32 * time.Millisecond)
				}
				for range 20 {
					ours, sdks := compare()
					require.Equal(t, sdks, ours)
					time.Sleep(30 * time.Millisecond)
				}
			})
		})
	}
}

func TestAnOperationAfterAnIdleHourIsUpToDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, out, data := realClient(t, []ldmodel.FeatureFlag{stageFlag("off").Build()})
		reader := readerOf(t, build(t, cutover.New(client, "flag")), value("v"), value("v"), nil)
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		time.Sleep(time.Hour)
		data.UsePreconfiguredFlag(stageFlag("complete").Version(43).Build())
		out.take(t, client)
		_, err = reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		assert.Contains(t, out.take(t, client).ops[0], `"version":43`)
	})
}

func TestFlagsChangeWhileOperationsRun(t *testing.T) {
	t.Parallel()
	var sent opEvents
	data := ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag("off").Build())
	client := customClient(t, ld.Config{DataSource: data, Events: &sent})
	built := build(t, cutover.New(client, "flag"))
	reader := readerOf(t, built, value("v"), value("v"), equal)
	var done atomic.Bool
	var wg sync.WaitGroup
	counts := make([]int, 4)
	for i := range counts {
		wg.Go(func() {
			for !done.Load() {
				_, err := reader.Read(t.Context(), user, "id")
				assert.NoError(t, err)
				counts[i]++
			}
		})
	}
	for i := range 300 {
		data.UsePreconfiguredFlag(stageFlag(string(allStages[i%6])).Version(100 + i).Build())
	}
	done.Store(true)
	wg.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	assert.Len(t, sent.events, total, "each operation sent its event")
	for _, event := range sent.events {
		e := design[ldmigration.Stage(event.Evaluation.Value.StringValue())][ldmigration.Read]
		_, invoked := event.Invoked[e.authoritative]
		assert.True(t, invoked, "what was asked is what the event's stage says")
	}
}

func TestAClientThatEmbedsTheSDKsIsNotPassedBy(t *testing.T) {
	t.Parallel()
	client, _, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag("off").Build()})
	embedding := &overridingClient{LDClient: client}
	reader := readerOf(t, build(t, cutover.New(embedding, "flag")), value("old"), value("new"), nil)
	for range 3 {
		got, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		assert.Equal(t, "new", got, "the stage is the embedding client's")
	}
}

// overridingClient returns complete whatever the flag says.
type overridingClient struct{ *ld.LDClient }

func (c *overridingClient) MigrationVariationCtx(
	_ context.Context, key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return ldmigration.Complete, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: who, Default: defaultStage, Stage: ldmigration.Complete,
	}), nil
}

func succeed(any) (any, error) { return "v", nil }

func equalAny() *ld.MigrationComparisonFn {
	var equal ld.MigrationComparisonFn = func(a, b any) bool { return a == b }
	return &equal
}

// stageIn returns the stage in the only op event.
func stageIn(t *testing.T, events sentEvents) string {
	t.Helper()
	require.Len(t, events.ops, 1)
	var event struct {
		Evaluation struct{ Value string }
	}
	require.NoError(t, json.Unmarshal([]byte(events.ops[0]), &event))
	return event.Evaluation.Value
}

func TestEventsTellTheTimeByTheWallClock(t *testing.T) {
	t.Parallel()
	for _, stage := range allStages {
		synctest.Test(t, func(t *testing.T) { testWallClock(t, stage) })
	}
}

func testWallClock(t *testing.T, stage ldmigration.Stage) {
	t.Helper()
	var sent opEvents
	data := ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag(string(stage)).Build())
	client := customClient(t, ld.Config{DataSource: data, Events: &sent})
	reader := readerOf(t, build(t, cutover.New(client, "flag")), after(7*time.Millisecond, "v"), after(3*time.Millisecond, "v"), nil)
	var want []int64
	for range 100 {
		time.Sleep(91 * time.Millisecond)
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		want = append(want, time.Now().UnixMilli())
	}
	var got []int64
	for _, event := range sent.events {
		got = append(got, int64(event.CreationDate))
	}
	assert.Equal(t, want, got)
}

// The clock of a synctest bubble is decades behind the real one. What was learnt there is not used
// here.
func TestWhatWasLearntByAnotherClockIsStale(t *testing.T) {
	t.Parallel()
	var sent opEvents
	data := ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag("off").Build())
	client := customClient(t, ld.Config{DataSource: data, Events: &sent})
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("v"), value("v"), nil)
	synctest.Test(t, func(t *testing.T) {
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
	})
	data.UsePreconfiguredFlag(stageFlag("off").Version(43).Build())
	_, err := reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, optional(43), sent.events[1].Version)
}

// The SDK reports no version for a missing flag, and compares each read. For a flag that is back it
// reports what the flag is now.
func TestAFlagThatIsDeletedAndBackIsToldAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &wire{}
		flag := stageFlag("shadow").MigrationFlagParameters(checkRatio(0))
		source := &deletingSource{TestDataSource: ldtestdata.DataSource().UsePreconfiguredFlag(flag.Build())}
		client := customClient(t, ld.Config{DataSource: source, Events: out})
		ask := theSameRead(t, client, out)
		for version := 42; version < 50; version += 2 {
			ask("there")
			source.sink.Upsert(ldstoreimpl.Features(), "flag", ldstoretypes.ItemDescriptor{Version: version})
			assert.NotContains(t, ask("gone"), `"version"`)
			back := flag.Version(version + 1).Build()
			source.sink.Upsert(ldstoreimpl.Features(), "flag", ldstoretypes.ItemDescriptor{Version: version + 1, Item: &back})
			assert.Contains(t, ask("back"), fmt.Sprintf(`"version":%d`, version+1))
			time.Sleep(time.Duration(version-42) * 200 * time.Millisecond)
		}
	})
}

// theSameRead returns a function that reads with the SDK's migrator and with ours, requires equal
// events, and returns the op event.
func theSameRead(t *testing.T, client *ld.LDClient, out *wire) func(why string) string {
	t.Helper()
	built := build(t, cutover.New(client, "flag").DefaultStage(ldmigration.Shadow).Logger((&logBook{}).logger()))
	reader := readerOf(t, built, value("v"), value("v"), equal)
	theirs, err := ld.Migration(client).Read(succeed, succeed, equalAny()).Write(succeed, succeed).Build()
	require.NoError(t, err)
	return func(why string) string {
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		ours := out.take(t, client)
		theirs.Read("flag", user, ldmigration.Shadow, "id")
		require.Equal(t, out.take(t, client), ours, why)
		return ours.ops[0]
	}
}

// deletingSource is a data source whose flag can be deleted.
type deletingSource struct {
	*ldtestdata.TestDataSource
	sink subsystems.DataSourceUpdateSink
}

func (s *deletingSource) Build(context subsystems.ClientContext) (subsystems.DataSource, error) {
	s.sink = context.GetDataSourceUpdateSink()
	return s.TestDataSource.Build(context)
}

// A flag may send its evaluations in full. All of them are then alike, including those that learn
// about the flag.
func TestEvaluationEventsAreAlike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, out, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag("shadow").TrackEvents(true).Build()})
		reader := readerOf(t, build(t, cutover.New(client, "flag")), value("v"), value("v"), equal)
		for range 30 {
			_, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		client.FlushAndWait(time.Minute)
		out.mu.Lock()
		defer out.mu.Unlock()
		var features []map[string]any
		for _, event := range out.events {
			if event["kind"] == "feature" {
				delete(event, "creationDate")
				features = append(features, event)
			}
		}
		require.Len(t, features, 30, "one for each operation")
		for _, event := range features {
			assert.Equal(t, features[0], event)
		}
		assert.Equal(t, map[string]any{"kind": "FALLTHROUGH"}, features[0]["reason"])
	})
}

// turningHook changes the flag between an operation's evaluation and the one that learns about it.
type turningHook struct {
	ldhooks.Unimplemented
	turn func()
}

func (*turningHook) Metadata() ldhooks.Metadata { return ldhooks.NewMetadata("turning") }

func (h *turningHook) BeforeEvaluation(
	_ context.Context, series ldhooks.EvaluationSeriesContext, data ldhooks.EvaluationSeriesData,
) (ldhooks.EvaluationSeriesData, error) {
	if turn := h.turn; turn != nil && series.Method() == slowMethod {
		h.turn = nil
		turn()
	}
	return data, nil
}

func TestAFlagThatChangesBetweenEvaluationAndLearning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent opEvents
		var hook turningHook
		data := ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag("off").Build())
		client := customClient(t, ld.Config{DataSource: data, Events: &sent, Hooks: []ldhooks.Hook{&hook}})
		reader := readerOf(t, build(t, cutover.New(client, "flag").Logger((&logBook{}).logger())), value("v"), value("v"), nil)
		read := func() (stage string, version ldvalue.OptionalInt) {
			_, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			event := sent.events[len(sent.events)-1]
			return event.Evaluation.Value.StringValue(), event.Version
		}
		hook.turn = func() { data.UsePreconfiguredFlag(stageFlag("dualwrite").Version(42).Build()) }
		stage, version := read()
		assert.Equal(t, "off", stage)
		assert.Equal(t, optional(42), version, "nothing else was known yet")
		time.Sleep(time.Second)
		_, _ = read()
		time.Sleep(time.Second)
		hook.turn = func() { data.UsePreconfiguredFlag(stageFlag("complete").Version(43).Build()) }
		stage, version = read()
		assert.Equal(t, "dualwrite", stage)
		assert.Equal(t, optional(42), version, "the version of what was evaluated")
		stage, version = read()
		assert.Equal(t, "complete", stage)
		assert.Equal(t, optional(43), version)
	})
}

// Outcomes that a rollout gives in turn are learnt once each.
func TestARolloutIsLearntOfOnceForEachOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var methods methodCounter
		client, _, _ := realClient(t, cohortFlags(true), &methods)
		reader := readerOf(t, build(t, cutover.New(client, "flag")), value("v"), value("v"), equal)
		users := []ldcontext.Context{user, ldcontext.New("target-key"), ldcontext.NewBuilder("other").SetString("group", "beta").Build()}
		for i := range 300 {
			_, err := reader.Read(t.Context(), users[i%3], "id")
			require.NoError(t, err)
		}
		assert.Equal(t, map[string]int{slowMethod: 3, fastMethod: 300}, methods.take())
	})
}

// A pinned context keeps facts for long; a wall clock that was set meanwhile does not change its
// times.
func TestOldFactsDoNotTellTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		want := time.Now().Add(-time.Second).UnixMilli()
		assert.Equal(t, want, int64(cutover.WallClock(1234, -time.Minute, -time.Second)))
		assert.Equal(t, int64(1234+40), int64(cutover.WallClock(1234, -100*time.Millisecond, -60*time.Millisecond)), "fresh ones")
		assert.Equal(t, int64(1234), int64(cutover.WallClock(1234, 0, -time.Second)), "never before they were learnt")
	})
}
