package cutovertest_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems/ldstoretypes"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
)

// alike is a flag as the fake client and as the SDK's client are told of it.
type alike struct {
	name   string
	fake   func(*cutovertest.Client)
	real   *ldbuilders.FlagBuilder // nil for none
	config ld.Config
}

// staged is the SDK's flag of six variations that gives one of them to everybody.
func staged(stage ldmigration.Stage) *ldbuilders.FlagBuilder {
	var variations []ldvalue.Value
	for _, variation := range cutovertest.Stages() {
		variations = append(variations, ldvalue.String(string(variation)))
	}
	return ldbuilders.NewFlagBuilder("flag").On(true).Version(1).Variations(variations...).
		FallthroughVariation(slices.Index(cutovertest.Stages(), stage))
}

// holding is the SDK's flag that gives everybody a value.
func holding(value ldvalue.Value) *ldbuilders.FlagBuilder {
	return ldbuilders.NewFlagBuilder("flag").On(true).Version(1).Variations(value).FallthroughVariation(0)
}

func checked(ratio int) ldmodel.MigrationFlagParameters {
	return ldbuilders.NewMigrationFlagParametersBuilder().CheckRatio(ratio).Build()
}

func flagged(settings func(*cutovertest.Flag)) func(*cutovertest.Client) {
	return func(c *cutovertest.Client) { settings(c.Flag("flag")) }
}

func alikes() []alike {
	betas := func(user ldcontext.Context) ldmigration.Stage {
		if user.Key() == "beta" {
			return ldmigration.Complete
		}
		return ""
	}
	rule := ldbuilders.NewRuleBuilder().Variation(5).
		Clauses(ldbuilders.Clause("key", ldmodel.OperatorIn, ldvalue.String("beta")))
	cases := []alike{
		{name: "missing", fake: func(*cutovertest.Client) {}},
		{
			name: "missing by its own settings",
			fake: func(c *cutovertest.Client) {
				c.SetStage(ldmigration.Live)
				c.Flag("flag").Missing()
			},
		},
		{
			name: "of the wrong type", real: holding(ldvalue.Bool(true)),
			fake: flagged(func(f *cutovertest.Flag) { f.WrongType(ldvalue.Bool(true)) }),
		},
		{
			name: "no stage", real: holding(ldvalue.String("Shadow")),
			fake: flagged(func(f *cutovertest.Flag) { f.UnknownStage("Shadow") }),
		},
		{
			name: "with a target", real: staged(ldmigration.Shadow).AddTarget(3, "alpha"),
			fake: flagged(func(f *cutovertest.Flag) {
				f.Stage(ldmigration.Shadow).StageFor(ldmigration.Live, ldcontext.New("alpha"))
			}),
		},
		{
			name: "with a rule", real: staged(ldmigration.Shadow).AddRule(rule),
			fake: flagged(func(f *cutovertest.Flag) { f.Stage(ldmigration.Shadow).StageBy(betas) }),
		},
		{
			name: "with a version", real: staged(ldmigration.Live).Version(42),
			fake: flagged(func(f *cutovertest.Flag) { f.Stage(ldmigration.Live).Version(42) }),
		},
		{
			name: "never compared", real: staged(ldmigration.Live).MigrationFlagParameters(checked(0)),
			fake: flagged(func(f *cutovertest.Flag) { f.Stage(ldmigration.Live).CheckRatio(0) }),
		},
		{
			name: "always compared", real: staged(ldmigration.Live).MigrationFlagParameters(checked(1)),
			fake: flagged(func(f *cutovertest.Flag) { f.Stage(ldmigration.Live).CheckRatio(1) }),
		},
		{
			name: "never sent", real: staged(ldmigration.Live).SamplingRatio(0),
			fake: flagged(func(f *cutovertest.Flag) { f.Stage(ldmigration.Live).SamplingRatio(0) }),
		},
		{
			name: "always sent", real: staged(ldmigration.Live).SamplingRatio(1),
			fake: flagged(func(f *cutovertest.Flag) { f.Stage(ldmigration.Live).SamplingRatio(1) }),
		},
		{
			name: "of a client that is offline", real: staged(ldmigration.Live), config: ld.Config{Offline: true},
			fake: func(c *cutovertest.Client) { c.SetStage(ldmigration.Live); c.Offline() },
		},
		{
			name: "of a client that is not ready", config: ld.Config{DataSource: &neverReady{}},
			fake: func(c *cutovertest.Client) { c.SetStage(ldmigration.Live); c.NotReady() },
		},
		{
			name: "of a client whose store fails", real: staged(ldmigration.Live), config: ld.Config{DataStore: brokenStore{}},
			fake: func(c *cutovertest.Client) { c.SetStage(ldmigration.Live); c.Broken() },
		},
		{
			name: "of a client that is ready again", real: staged(ldmigration.Live),
			fake: func(c *cutovertest.Client) { c.SetStage(ldmigration.Live); c.Broken(); c.Ready() },
		},
	}
	for _, stage := range cutovertest.Stages() {
		cases = append(cases, alike{
			name: "at " + string(stage), real: staged(stage), fake: func(c *cutovertest.Client) { c.SetStage(stage) },
		})
	}
	return cases
}

func TestTheFakeClientAnswersAsTheSDKs(t *testing.T) {
	t.Parallel()
	users := []ldcontext.Context{
		ldcontext.New("anybody"), ldcontext.New("alpha"), ldcontext.New("beta"), ldcontext.NewWithKind("org", "alpha"), ldcontext.New(""),
	}
	for _, c := range alikes() {
		t.Run("a flag "+c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake, sdks := &cutovertest.Client{}, c.sdks(t)
				c.fake(fake)
				for _, user := range users {
					for _, defaultStage := range []ldmigration.Stage{ldmigration.Off, ldmigration.RampDown, "Complete"} {
						want, got := ask(t, sdks, user, defaultStage), ask(t, fake, user, defaultStage)
						assert.Equal(t, want, got, "%s, default %q", user, defaultStage)
					}
				}
			})
		})
	}
}

// answered is what a client makes of one evaluation.
type answered struct {
	stage         ldmigration.Stage
	failed, built bool
	event         string
}

func ask(t *testing.T, client cutover.FlagClient, user ldcontext.Context, defaultStage ldmigration.Stage) answered {
	t.Helper()
	stage, tracker, err := client.MigrationVariation("flag", user, defaultStage)
	tracker.Operation(ldmigration.Read)
	tracker.TrackInvoked(ldmigration.Old)
	tracker.TrackInvoked(ldmigration.New)
	tracker.TrackError(ldmigration.New)
	tracker.TrackLatency(ldmigration.Old, 3*time.Millisecond)
	tracker.TrackConsistency(func() bool { return true })
	event, buildErr := tracker.Build()
	got := answered{stage: stage, failed: err != nil, built: buildErr == nil}
	if got.built {
		require.NoError(t, client.TrackMigrationOp(*event))
		got.event = onTheWire(t, *event)
	}
	return got
}

func (c alike) sdks(t *testing.T) *ld.LDClient {
	t.Helper()
	config := c.config
	config.DiagnosticOptOut, config.Logging, config.Events = true, ldcomponents.NoLogging(), ldcomponents.NoEvents()
	if config.DataSource == nil {
		data := ldtestdata.DataSource()
		if c.real != nil {
			data.UsePreconfiguredFlag(c.real.Build())
		}
		config.DataSource = data
	}
	client, err := ld.MakeCustomClient("sdk-key", config, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// neverReady is a data source that gets no data until it is closed.
type neverReady struct{ ready chan<- struct{} }

func (n *neverReady) Build(subsystems.ClientContext) (subsystems.DataSource, error) { return n, nil }
func (n *neverReady) IsInitialized() bool                                           { return false }
func (n *neverReady) Start(ready chan<- struct{})                                   { n.ready = ready }

func (n *neverReady) Close() error {
	close(n.ready)
	return nil
}

// brokenStore is a store of flags that cannot be read.
type brokenStore struct{ subsystems.DataStore }

func (brokenStore) Build(context subsystems.ClientContext) (subsystems.DataStore, error) {
	store, err := ldcomponents.InMemoryDataStore().Build(context)
	return brokenStore{store}, err
}

func (brokenStore) Get(ldstoretypes.DataKind, string) (ldstoretypes.ItemDescriptor, error) {
	return ldstoretypes.ItemDescriptor{}, errors.New("no connection to the store")
}
