package cutover_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/launchdarkly/go-server-sdk/v7/ldhooks"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// answeringClient is a flag client that evaluates with a function.
type answeringClient struct {
	stagedClient
	answer func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error)
}

func (c *answeringClient) MigrationVariation(
	string, ldcontext.Context, ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return c.answer()
}

var errFlagsDown = errors.New("flag service is down")

// A flag client may fail in several ways. The operation then runs at its default stage, and the op
// event says why.
func TestAFlagClientThatFailsGivesTheDefaultStage(t *testing.T) {
	t.Parallel()
	var noTracker *cutover.OpTracker
	own := cutover.NewOpTracker(cutover.OpTrackerParams{FlagKey: "flag", Context: user})
	answers := map[string]func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error){
		"an error":                           func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) { return "", nil, errFlagsDown },
		"an error and an unknown stage":      func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) { return "on", own, errFlagsDown },
		"an error and a tracker that is nil": func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) { return "", noTracker, errFlagsDown },
		"a panic":                            func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) { panic(errFlagsDown) },
	}
	for name, answer := range answers {
		for _, pinned := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var log logBook
				client := &answeringClient{answer: answer}
				c := build(t, cutover.New(client, "flag").DefaultStage(ldmigration.Complete).Logger(log.logger()))
				reader := readerOf(t, c, value("old"), value("new"), nil)
				ctx := t.Context()
				if pinned {
					ctx = cutover.Pin(ctx)
				}
				for range 3 {
					got, err := reader.Read(ctx, user, "id")
					require.NoError(t, err)
					assert.Equal(t, "new", got)
				}
				require.Len(t, client.events, 3)
				for _, event := range client.events {
					want := ldreason.NewEvaluationDetailForError(ldreason.EvalErrorException, ldvalue.String("complete"))
					assert.Equal(t, want, event.Evaluation)
					assert.Equal(t, ldmigration.Complete, event.Default)
				}
				assert.Equal(t, 1, strings.Count(log.String(), "using the default stage"), log.String())
				assert.Contains(t, log.String(), "flag service is down")
				panics := 0
				if name == "a panic" {
					panics = 1
					assert.Contains(t, log.String(), "stack=")
				}
				assert.Equal(t, panics, strings.Count(log.String(), `msg="cutover: flag client panicked"`))
			})
		}
	}
}

func TestAnErrorBesideAStageIsNoObstacle(t *testing.T) {
	t.Parallel()
	client := &answeringClient{answer: func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
		return ldmigration.Complete, (*cutover.OpTracker)(nil), errFlagsDown
	}}
	got, err := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil).Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, "new", got)
	assert.Equal(t, "complete", client.only(t).Evaluation.Value.StringValue())
}

func TestAnUnknownStageWithoutAnErrorIsAStageError(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: "on"}
	c := build(t, cutover.New(client, "flag").Logger((&logBook{}).logger()))
	_, err := readerOf(t, c, value("old"), value("new"), nil).Read(t.Context(), user, "id")
	assert.Equal(t, &cutover.StageError{Flag: "flag", Stage: "on"}, err)
	assert.Empty(t, client.events)
}

func TestAFlagClientThatExitsEndsTheCallersGoroutine(t *testing.T) {
	t.Parallel()
	client := &answeringClient{answer: func() (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
		runtime.Goexit()
		return "", nil, nil
	}}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	returned := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = reader.Read(t.Context(), user, "id")
		returned = true
	}()
	<-done
	assert.False(t, returned)
	assert.Empty(t, client.events)
}

// panickingHook is an SDK hook with a bug.
type panickingHook struct{ ldhooks.Unimplemented }

func (panickingHook) Metadata() ldhooks.Metadata { return ldhooks.NewMetadata("panicking") }

func (panickingHook) BeforeEvaluation(
	context.Context, ldhooks.EvaluationSeriesContext, ldhooks.EvaluationSeriesData,
) (ldhooks.EvaluationSeriesData, error) {
	panic("hook has a bug")
}

func TestAHookThatPanicsGivesTheDefaultStage(t *testing.T) {
	t.Parallel()
	client, out, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag("complete").Build()}, panickingHook{})
	var log logBook
	reader := readerOf(t, build(t, cutover.New(client, "flag").Logger(log.logger())), value("old"), value("new"), nil)
	for _, ctx := range []context.Context{t.Context(), cutover.Pin(t.Context())} {
		got, err := reader.Read(ctx, user, "id")
		require.NoError(t, err)
		assert.Equal(t, "old", got)
	}
	assert.Len(t, out.take(t, client).ops, 2)
	assert.Equal(t, 1, strings.Count(log.String(), "flag client panicked"), log.String())
}

// bareClient returns a stage without a tracker or an error.
type bareClient struct{ *stagedClient }

func (c bareClient) MigrationVariation(
	string, ldcontext.Context, ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return ldmigration.Shadow, nil, nil
}

func TestAFlagClientWithoutATrackerIsCheckedEachTime(t *testing.T) {
	t.Parallel()
	client := &stagedClient{}
	reader := readerOf(t, build(t, cutover.New(bareClient{client}, "flag")), value("v"), value("v"), equal)
	_, err := reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	assert.Equal(t, ldmigration.NewConsistencyCheck(true, 1), client.only(t).ConsistencyCheck)
}
