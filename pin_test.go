package cutover_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
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
	reader := readerOf(t, c, value("old"), value("new"), equal)
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
				reader := readerOf(t, build(t, cutover.New(client, "flag")), value("a"), value("b"), equal)
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

// A context may have a key that looks like the kind and key of another, or attributes that give it
// another stage.
func TestAPinTellsEvaluationContextsApart(t *testing.T) {
	t.Parallel()
	client := &stagedClient{}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	request := cutover.Pin(t.Context())
	same := func(name string) ldcontext.Context {
		return ldcontext.NewBuilder("1").Kind("org").SetString("name", name).Build()
	}
	contexts := []ldcontext.Context{
		ldcontext.NewWithKind("org", "1"), ldcontext.New("org:1"), same("Ann"), same("Bob"),
		ldcontext.NewMulti(ldcontext.NewWithKind("org", "1"), ldcontext.New("x")),
	}
	for _, client.stage = range []ldmigration.Stage{"off", "complete"} {
		for i, who := range contexts {
			if client.stage == ldmigration.Off && i%2 == 1 {
				continue // decided later
			}
			got, err := reader.Read(request, who, "id")
			require.NoError(t, err)
			assert.Equal(t, []string{"old", "new"}[i%2], got, who)
		}
	}
	got, err := reader.Read(request, same("Ann"), "id")
	require.NoError(t, err)
	assert.Equal(t, "old", got, "an equal context is the same one")
}

// Two packages of a service each build a Cutover of one flag and client.
func TestAPinHoldsForAllCutoversOfAFlag(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Off}
	var diary stageDiary
	one := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	other := readerOf(t, build(t, cutover.New(client, "flag").DefaultStage(ldmigration.Complete).Observe(&diary).
		Logger((&logBook{}).logger())), value("old"), value("new"), nil)
	stranger := readerOf(t, build(t, cutover.New(&stagedClient{stage: ldmigration.Complete}, "flag")), value("old"), value("new"), nil)
	request := cutover.Pin(t.Context())
	read := func(ctx context.Context, reader *cutover.Reader[string, string]) string {
		got, err := reader.Read(ctx, user, "id")
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, "old", read(t.Context(), other))
	assert.Equal(t, "old", read(request, one))
	client.stage = ldmigration.Complete
	assert.Equal(t, "new", read(t.Context(), other))
	assert.Equal(t, "old", read(request, other), "decided by the other Cutover's operation")
	assert.Equal(t, []string{"user off complete"}, diary.take(), "which is no change back")
	assert.Equal(t, "new", read(request, stranger), "another client")
	require.Len(t, client.events, 4)
	assert.Equal(t, ldmigration.Off, client.events[3].Default, "the default stage that goes with the evaluation")
}

// listClient is a flag client that is not comparable, so it cannot be a key of a map.
type listClient struct{ clients []*stagedClient }

// nanClient is a flag client that does not equal itself.
type nanClient struct {
	*stagedClient
	_, NaN float64
}

func (c listClient) MigrationVariation(
	key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return c.clients[0].MigrationVariation(key, who, defaultStage)
}

func (c listClient) TrackMigrationOp(event ldevents.MigrationOpEventData) error {
	return c.clients[0].TrackMigrationOp(event)
}

func TestAPinHoldsWhateverTheClientsType(t *testing.T) {
	t.Parallel()
	base := &stagedClient{}
	clients := map[string]cutover.FlagClient{
		"not comparable":      listClient{[]*stagedClient{base}},
		"not equal to itself": nanClient{stagedClient: base, NaN: math.NaN()},
		"a value":             struct{ *stagedClient }{base},
		"of an interface":     struct{ cutover.FlagClient }{listClient{[]*stagedClient{base}}},
	}
	for name, client := range clients {
		base.stage = ldmigration.Off
		reader := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
		request := cutover.Pin(t.Context())
		for range 3 {
			got, err := reader.Read(request, user, "id")
			require.NoError(t, err)
			assert.Equal(t, "old", got, name)
			base.stage = ldmigration.Complete
		}
	}
}

// A pinned context keeps a limited number of decisions.
func TestAPinnedContextKeepsABoundedNumberOfDecisions(t *testing.T) {
	t.Parallel()
	var log logBook
	client := &stagedClient{stage: ldmigration.Off}
	reader := readerOf(t, build(t, cutover.New(client, "flag").Logger(log.logger())), value("old"), value("new"), nil)
	request := cutover.Pin(t.Context())
	read := func(i int) string {
		got, err := reader.Read(request, ldcontext.New(fmt.Sprint("user-", i)), "id")
		require.NoError(t, err)
		return got
	}
	for i := range cutover.PinsLimit + 2 {
		assert.Equal(t, "old", read(i))
	}
	client.stage = ldmigration.Complete
	assert.Equal(t, "old", read(0))
	assert.Equal(t, "old", read(cutover.PinsLimit-1))
	assert.Equal(t, "new", read(cutover.PinsLimit), "not pinned")
	assert.Equal(t, 1, strings.Count(log.String(), "pinned context is full"), log.String())
}

func TestAPinOfNoContextIsOneOfTheBackground(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Off}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	request := cutover.Pin(nil) //nolint:staticcheck // as a caller may do
	for range 2 {
		got, err := reader.Read(request, user, "id")
		require.NoError(t, err)
		assert.Equal(t, "old", got)
		client.stage = ldmigration.Complete
	}
}

func TestAnOperationThatIsNotRunDecidesNothing(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: "unknown"}
	reader := readerOf(t, build(t, cutover.New(client, "flag").Logger((&logBook{}).logger())), value("old"), value("new"), nil)
	request := cutover.Pin(t.Context())
	_, err := reader.Read(request, user, "id")
	require.ErrorIs(t, err, cutover.ErrUnknownStage)
	for _, client.stage = range []ldmigration.Stage{"off", "complete", "unknown"} {
		got, err := reader.Read(request, user, "id")
		require.NoError(t, err)
		assert.Equal(t, "old", got)
	}
}

// The operation that decides may compare nothing while later ones do, such as a write before a
// read.
func TestAPinnedReadAfterAWriteIsCompared(t *testing.T) {
	t.Parallel()
	for _, fast := range []bool{true, false} {
		client, out, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag("shadow").MigrationFlagParameters(checkRatio(1)).Build()})
		c := build(t, cutover.New(client, "flag").FastEvaluation(fast))
		write := func(context.Context, string) error { return nil }
		request := cutover.Pin(t.Context())
		require.NoError(t, writerOf(t, c, write, write).Write(t.Context(), user, "order"))
		require.NoError(t, writerOf(t, c, write, write).Write(request, user, "order"))
		out.take(t, client)
		_, err := readerOf(t, c, value("v"), value("v"), equal).Read(request, user, "id")
		require.NoError(t, err)
		assert.Contains(t, out.take(t, client).ops[0], `"consistent"`)
	}
}

// An invalid evaluation context cannot be pinned: it always has the default stage.
func TestAnInvalidEvaluationContextIsNotPinned(t *testing.T) {
	t.Parallel()
	var methods methodCounter
	client, _, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag("complete").Build()}, &methods)
	reader := readerOf(t, build(t, cutover.New(client, "flag").Logger((&logBook{}).logger())), value("old"), value("new"), nil)
	request := cutover.Pin(t.Context())
	for range 3 {
		got, err := reader.Read(request, ldcontext.New(""), "id")
		require.NoError(t, err)
		assert.Equal(t, "old", got)
	}
	assert.Equal(t, map[string]int{fastMethod: 3}, methods.take())
}
