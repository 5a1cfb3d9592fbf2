package main

import (
	"context"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testFlag(t *testing.T) (*flagFile, *ld.LDClient) {
	t.Helper()
	flag, err := newFlagFile(t.TempDir())
	require.NoError(t, err)
	client, err := newClient(flag.path, testSink(t).URL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return flag, client
}

func TestTheClientFollowsTheFlagFile(t *testing.T) {
	t.Parallel()
	flag, client := testFlag(t)
	for _, want := range append(stages, ldmigration.Off, ldmigration.Off) {
		require.NoError(t, flag.Turn(t.Context(), client, want))
		got, _, err := client.MigrationVariation(flagKey, evaluationContext(1), ldmigration.RampDown)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestTurnGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	_, client := testFlag(t)
	unwatched, err := newFlagFile(t.TempDir())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = unwatched.Turn(ctx, client, ldmigration.Live)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, `to be live, it is "off"`)
}

func TestAFlagThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	_, err := newFlagFile(t.TempDir() + "/missing")
	require.ErrorContains(t, err, "missing")
	flag := &flagFile{path: t.TempDir() + "/missing/flags.json"}
	assert.ErrorContains(t, flag.Set(ldmigration.Off), "missing")
}
