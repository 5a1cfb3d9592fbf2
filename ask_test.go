package cutover_test

import (
	"context"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func TestACutoverCanBeAskedForTheStage(t *testing.T) {
	t.Parallel()
	client := &stagedClient{}
	var diary stageDiary
	c := build(t, cutover.New(client, "flag").DefaultStage(ldmigration.Shadow).Observe(&diary).Logger((&logBook{}).logger()))
	for _, client.stage = range allStages {
		got, err := c.Stage(t.Context(), user)
		require.NoError(t, err)
		assert.Equal(t, client.stage, got)
	}
	got, err := c.Stage(nil, user) //nolint:staticcheck // as a caller may do
	require.NoError(t, err)
	assert.Equal(t, ldmigration.Complete, got)
	assert.Empty(t, client.events, "no operation, no op event")
	assert.Empty(t, diary.take(), "and no change")

	client.err, client.stage = errFlagsDown, ""
	got, err = c.Stage(t.Context(), user)
	require.NoError(t, err)
	assert.Equal(t, ldmigration.Shadow, got, "the default stage")

	client.err, client.stage = nil, "on"
	got, err = c.Stage(t.Context(), user)
	assert.Equal(t, &cutover.StageError{Flag: "flag", Stage: "on"}, err)
	assert.Empty(t, got)
}

func TestThePinnedStageIsAskedFor(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Off}
	c := build(t, cutover.New(client, "flag"))
	reader := readerOf(t, c, value("old"), value("new"), nil)
	stage := func(ctx context.Context) ldmigration.Stage {
		got, err := c.Stage(ctx, user)
		require.NoError(t, err)
		return got
	}
	request := cutover.Pin(t.Context())
	assert.Equal(t, ldmigration.Off, stage(request))
	client.stage = ldmigration.Complete
	got, err := reader.Read(request, user, "id")
	require.NoError(t, err)
	assert.Equal(t, "old", got, "what was asked for holds for operations")
	assert.Equal(t, ldmigration.Complete, stage(t.Context()))

	request = cutover.Pin(t.Context())
	_, err = reader.Read(request, user, "id")
	require.NoError(t, err)
	client.stage = ldmigration.Off
	assert.Equal(t, ldmigration.Complete, stage(request), "and the other way round")
}
