package cutover_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldlogtest"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestAFlagThatGivesNoStageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	says := map[string]string{
		"missing":                            "FLAG_NOT_FOUND",
		"of the wrong type":                  "WRONG_TYPE",
		"not a stage":                        `stage \"Shadow\" answered`,
		"off without a variation":            "OFF",
		"malformed":                          "MALFORMED_FLAG",
		"with an invalid evaluation context": "invalid evaluation context",
	}
	for _, c := range flagCases() {
		want, ok := says[strings.TrimPrefix(c.name, "flag ")]
		if !ok {
			continue
		}
		for _, api := range []string{"dynamic", "typed"} {
			t.Run(c.name+" "+api, func(t *testing.T) {
				t.Parallel()
				client, _, _ := realClient(t, c.flags)
				var log logBook
				for operation := range readsOf(t, client, api, log.logger()) {
					for range 20 {
						got, err := operation(c.users[0])
						require.NoError(t, err)
						assert.Equal(t, "new", got, "the default stage was used")
					}
				}
				assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one line, not one a call: %s", log.String())
				assert.Contains(t, log.String(), want)
				assert.Contains(t, log.String(), "flag=flag")
			})
		}
	}
}

// readsOf returns the read of one API, at default stage rampdown.
func readsOf(t *testing.T, client cutover.FlagClient, api string, log *slog.Logger) func(func(func(ldcontext.Context) (any, error)) bool) {
	t.Helper()
	return func(yield func(func(ldcontext.Context) (any, error)) bool) {
		if api == "typed" {
			c := build(t, cutover.New(client, "flag").DefaultStage(ldmigration.RampDown).Logger(log))
			reader := readerOf(t, c, value("old"), value("new"), equal)
			yield(func(who ldcontext.Context) (any, error) { return reader.Read(t.Context(), who, "id") })
			return
		}
		function := func(v string) cutover.MigrationImplFn { return func(any) (any, error) { return v, nil } }
		migrator, err := cutover.Migration(client).Logger(log).
			Read(function("old"), function("new"), nil).Write(function("old"), function("new")).Build()
		require.NoError(t, err)
		yield(func(who ldcontext.Context) (any, error) {
			result := migrator.Read("flag", who, ldmigration.RampDown, "id")
			return result.GetResult(), result.GetError()
		})
	}
}

func TestADynamicCallWithAnEmptyKeyRunsAtTheDefaultStage(t *testing.T) {
	t.Parallel()
	client, out, _ := realClient(t, nil)
	var log logBook
	function := func(any) (any, error) { return "new", nil }
	migrator, err := cutover.Migration(client).Logger(log.logger()).Read(function, function, nil).Write(function, function).Build()
	require.NoError(t, err)
	for range 3 {
		assert.Equal(t, "new", migrator.Read("", user, ldmigration.Complete, nil).GetResult())
	}
	assert.Empty(t, out.take(t, client).ops)
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	assert.Contains(t, log.String(), "flag key is empty")
}

func TestLogsGoToTheClientsOwnLoggers(t *testing.T) {
	t.Parallel()
	mock := ldlogtest.NewMockLog()
	client := customClient(t, ld.Config{
		DataSource: ldtestdata.DataSource(), Events: ldcomponents.NoEvents(),
		Logging: ldcomponents.Logging().Loggers(mock.Loggers),
	})
	c := build(t, cutover.New(client, "missing-flag"))
	reader := readerOf(t, c, value("old"), value("new"), func(_, _ string) bool { panic("cannot compare") })
	_, err := reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	mock.AssertMessageMatch(t, true, ldlog.Warn, `cutover: .*flag="missing-flag".*FLAG_NOT_FOUND`)

	shadowed := build(t, cutover.New(client, "missing-flag").DefaultStage(ldmigration.Shadow))
	reader = readerOf(t, shadowed, value("old"), value("new"), func(_, _ string) bool { panic("cannot compare") })
	_, err = reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	mock.AssertMessageMatch(t, true, ldlog.Error, `cutover: comparison panicked.*cannot compare`)
}

func TestAGivenLoggerIsUsedInsteadOfTheClients(t *testing.T) {
	t.Parallel()
	mock := ldlogtest.NewMockLog()
	client := customClient(t, ld.Config{
		DataSource: ldtestdata.DataSource(), Events: ldcomponents.NoEvents(),
		Logging: ldcomponents.Logging().Loggers(mock.Loggers),
	})
	var log logBook
	_, err := readerOf(t, build(t, cutover.New(client, "missing-flag").Logger(log.logger())), value("old"), value("new"), nil).
		Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Contains(t, log.String(), "missing-flag")
	mock.AssertMessageMatch(t, false, ldlog.Warn, `cutover:`)
}

// loglessClient has a Loggers method that returns nothing usable.
type loglessClient struct{ stagedClient }

func (*loglessClient) Loggers() interfaces.LDLoggers { return nil }

func TestWithoutAnyLoggerSlogsDefaultIsUsed(t *testing.T) { //nolint:paralleltest // it sets slog's default
	var log logBook
	before := slog.Default()
	slog.SetDefault(log.logger())
	defer slog.SetDefault(before)
	client := &loglessClient{stagedClient{stage: "paused"}}
	_, err := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil).Read(t.Context(), user, "id")
	require.Error(t, err)
	assert.Contains(t, log.String(), "cutover: operation not run")
}

func TestTheLogOfManyFlagsForgetsRatherThanGrows(t *testing.T) {
	t.Parallel()
	client, _, _ := realClient(t, []ldmodel.FeatureFlag{})
	var log logBook
	function := func(any) (any, error) { return "v", nil }
	migrator, err := cutover.Migration(client).Logger(log.logger()).Read(function, function, nil).Write(function, function).Build()
	require.NoError(t, err)
	for range 2 {
		for i := range 1500 {
			_ = migrator.Read(fmt.Sprint("flag ", i), user, ldmigration.Off, nil)
		}
	}
	assert.Equal(t, 3000, strings.Count(log.String(), "\n"))
}

func TestContextReachesTheClientThatTakesIt(t *testing.T) {
	t.Parallel()
	type trace struct{}
	client := &contextClient{}
	c := build(t, cutover.New(client, "flag"))
	_, err := readerOf(t, c, value("old"), value("new"), nil).Read(context.WithValue(t.Context(), trace{}, "span"), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "span", client.ctx.Value(trace{}))
}

// contextClient takes Go's context, as the SDK's client does for its hooks.
type contextClient struct {
	stagedClient
	ctx context.Context //nolint:containedctx // kept to be looked at
}

func (c *contextClient) MigrationVariationCtx(
	ctx context.Context, key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	c.ctx, c.stage = ctx, ldmigration.Off
	return c.MigrationVariation(key, who, defaultStage)
}
