package main

import (
	"strconv"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"
)

// The ledger is told by the SDK's own client and processor, so that it reads what they write.
func TestLedgerFindsWhatIsLostAndWhatIsReportedTwice(t *testing.T) {
	t.Parallel()
	l := newLedger()
	client, err := newFlagClient(l)
	require.NoError(t, err)
	for id, origins := range map[int][]ldmigration.Origin{
		0: {ldmigration.Old}, 2: {ldmigration.Old, ldmigration.New},
	} {
		client.enter(ldmigration.Shadow)
		_, tracker, err := client.MigrationVariation(flagKey, ldcontext.New(strconv.Itoa(id)), ldmigration.Off)
		require.NoError(t, err)
		tracker.Operation(ldmigration.Read)
		for _, origin := range origins {
			tracker.TrackInvoked(origin)
		}
		event, err := tracker.Build()
		require.NoError(t, err)
		for range id { // the second one twice
			require.NoError(t, client.TrackMigrationOp(*event))
		}
	}
	require.True(t, client.FlushAndWait(time.Minute))
	require.NoError(t, client.Close())

	counted, err := l.counted()
	require.NoError(t, err)
	require.Equal(t, tally{events: 2, shadow: 2, both: 2}, counted)
	lost, twice := l.check(0, 4)
	require.Equal(t, []int{3, 1}, []int{lost, twice}, "0, 1 and 3 are lost, 2 is reported twice")
}

func TestLedgerNotesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.SendEventData("", []byte(`[{"kind":"migration_op","context":{"key":"anna"}}]`), 1)
	_, err := l.counted()
	require.ErrorContains(t, err, `an op event's evaluation context: strconv.Atoi: parsing "anna"`)
}
