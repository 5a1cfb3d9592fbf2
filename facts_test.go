package cutover_test

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
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
		"as often as can be":                  {1, true, true, map[string]int{slowMethod: 1, fastMethod: 49}},
		"never when it is turned off":         {1, true, false, map[string]int{slowMethod: 50}},
		"not where the ratio draws nothing":   {0, true, true, map[string]int{slowMethod: 50}},
		"but where nothing is to be compared": {0, false, true, map[string]int{slowMethod: 1, fastMethod: 49}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var methods methodCounter
				flag := stageFlag("shadow").MigrationFlagParameters(checkRatio(c.ratio)).Build()
				client, _, _ := realClient(t, []ldmodel.FeatureFlag{flag}, &methods)
				var equal func(a, b string) bool
				if c.compares {
					equal = cutover.Equal
				}
				built := build(t, cutover.New(client, "flag").FastEvaluation(c.fast))
				reader := readerOf(t, built, after(5*time.Millisecond, "v"), value("v"), equal)
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
	changes := map[string]struct {
		before, after []ldmodel.FeatureFlag
		rightAfter    int // how many operations later all is right; 0 if it takes up to a second
	}{
		"version and ratios": {
			[]ldmodel.FeatureFlag{stageFlag("shadow").Build()},
			[]ldmodel.FeatureFlag{stageFlag("live").Version(42).SamplingRatio(1).MigrationFlagParameters(checkRatio(0)).Build()},
			0,
		},
		"the check ratio back from never": {
			[]ldmodel.FeatureFlag{stageFlag("shadow").MigrationFlagParameters(checkRatio(0)).Build()},
			[]ldmodel.FeatureFlag{stageFlag("shadow").MigrationFlagParameters(checkRatio(1)).Version(42).Build()},
			0,
		},
		"a flag comes to be": {nil, []ldmodel.FeatureFlag{stageFlag("live").Build()}, 2},
		"a flag loses its type": {
			[]ldmodel.FeatureFlag{stageFlag("live").Build()},
			[]ldmodel.FeatureFlag{stageFlag("Live").Version(42).Build()},
			0,
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, out, data := realClient(t, change.before)
				built := build(t, cutover.New(client, "flag").DefaultStage(ldmigration.DualWrite).Logger((&logBook{}).logger()))
				reader := readerOf(t, built, value("v"), value("v"), cutover.Equal)
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
				for i := range 30 { // up to the last instant of the first second
					if change.rightAfter > 0 && i+1 >= change.rightAfter {
						require.Equal(t, sdks, ours)
					}
					ours, sdks = compare()
					time.Sleep(33 * time.Millisecond)
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
	reader := readerOf(t, built, value("v"), value("v"), cutover.Equal)
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

// overridingClient answers complete whatever the flag says.
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

// stageIn is the evaluation's value in the only op event.
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

// The clock of a synctest bubble is another one, decades behind the real one: what was learnt there is not believed here.
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

func TestADeletedFlagHasNoVersionFromThenOn(t *testing.T) {
	t.Parallel()
	var sent opEvents
	source := &deletingSource{TestDataSource: ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag("off").Build())}
	client := customClient(t, ld.Config{DataSource: source, Events: &sent})
	reader := readerOf(t, build(t, cutover.New(client, "flag").Logger((&logBook{}).logger())), value("v"), value("v"), nil)
	read := func() ldevents.MigrationOpEventData {
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		return sent.events[len(sent.events)-1]
	}
	assert.Equal(t, optional(41), read().Version)
	source.sink.Upsert(ldstoreimpl.Features(), "flag", ldstoretypes.ItemDescriptor{Version: 42})
	event := read()
	assert.Equal(t, ldreason.EvalErrorFlagNotFound, event.Evaluation.Reason.GetErrorKind())
	assert.Equal(t, ldvalue.OptionalInt{}, event.Version)
}

// deletingSource is test data of which a flag can be deleted.
type deletingSource struct {
	*ldtestdata.TestDataSource
	sink subsystems.DataSourceUpdateSink
}

func (s *deletingSource) Build(context subsystems.ClientContext) (subsystems.DataSource, error) {
	s.sink = context.GetDataSourceUpdateSink()
	return s.TestDataSource.Build(context)
}
