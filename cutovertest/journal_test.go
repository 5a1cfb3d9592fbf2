package cutovertest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
)

var (
	itemA      = cutover.RecordKey{Kind: "item", Key: "a"}
	itemB      = cutover.RecordKey{Kind: "item", Key: "b"}
	writeOfA   = cutover.JournalWrite{Flag: "shelves", From: ldmigration.Old, Records: []cutover.RecordKey{itemA}}
	markOfB    = cutover.JournalMark{Flag: "shelves", From: ldmigration.Old, Records: []cutover.RecordKey{itemB}}
	claimItems = reconcile.ClaimRequest{Flag: "shelves", Kinds: []string{"item"}, Limit: 10}
)

func backlogOf(t *testing.T, j reconcile.Journal) reconcile.Backlog {
	t.Helper()
	backlog, err := j.Backlog(t.Context(), "shelves")
	require.NoError(t, err)
	return backlog
}

func TestAJournalWithoutAFaultIsTheJournal(t *testing.T) {
	t.Parallel()
	memory := reconcile.NewMemory(reconcile.MemoryConfig{LateBound: 1})
	j := cutovertest.Journal(memory)
	intent, err := j.Begin(t.Context(), writeOfA)
	require.NoError(t, err)
	assert.Equal(t, cutover.Epoch{Number: 1, From: ldmigration.Old}, intent.Epoch())
	require.NoError(t, intent.Check())
	intent.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
	j.Mark(t.Context(), markOfB)
	assert.Equal(t, 2, backlogOf(t, j).Dirty)
	entries, err := j.Entries(t.Context(), reconcile.Filter{})
	require.NoError(t, err)
	assert.Len(t, entries, 2)
	claims, err := j.Claim(t.Context(), claimItems)
	require.NoError(t, err)
	require.Len(t, claims, 2)
	require.NoError(t, j.Held(claims[0]))
	left, err := j.Release(t.Context(), []reconcile.Release{
		{Claim: claims[0], Outcome: reconcile.Equal}, {Claim: claims[1], Outcome: reconcile.Park},
	})
	require.NoError(t, err)
	assert.Equal(t, []bool{true, false}, left)
	n, err := j.Unpark(t.Context(), "shelves")
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	epoch, err := j.Epoch(t.Context(), "shelves")
	require.NoError(t, err)
	_, err = j.Turn(t.Context(), "shelves", epoch.Number, ldmigration.New)
	require.ErrorIs(t, err, reconcile.ErrNotTurned)
	require.NoError(t, j.CloseGaps(t.Context(), "shelves", time.Now()))
	require.NoError(t, j.Close(t.Context()))
	_, err = memory.Begin(t.Context(), writeOfA)
	require.ErrorIs(t, err, reconcile.ErrClosed)
}

// everyCall calls all methods that a fault may happen to.
func everyCall(ctx context.Context, j reconcile.Journal) map[string]error {
	errs := map[string]error{}
	_, errs["Begin"] = j.Begin(ctx, writeOfA)
	_, errs["Claim"] = j.Claim(ctx, claimItems)
	_, errs["Release"] = j.Release(ctx, []reconcile.Release{{Claim: reconcile.Claim{Record: itemA}}})
	_, errs["Backlog"] = j.Backlog(ctx, "")
	_, errs["Entries"] = j.Entries(ctx, reconcile.Filter{})
	_, errs["Unpark"] = j.Unpark(ctx, "shelves", itemA)
	_, errs["Epoch"] = j.Epoch(ctx, "shelves")
	_, errs["Turn"] = j.Turn(ctx, "shelves", 0, ldmigration.Old)
	errs["CloseGaps"] = j.CloseGaps(ctx, "shelves", time.Now())
	return errs
}

func TestAJournalThatCannotBeReachedKeepsMarks(t *testing.T) {
	t.Parallel()
	var down cutovertest.Switch
	memory := reconcile.NewMemory(reconcile.MemoryConfig{})
	j := cutovertest.Journal(memory, down.Fault())
	down.Set(cutovertest.Fail(errDisk))
	for method, err := range everyCall(t.Context(), j) {
		require.ErrorIs(t, err, errDisk, method)
	}
	j.Mark(t.Context(), markOfB)
	assert.True(t, backlogOf(t, memory).Empty())
	down.Set()
	assert.Equal(t, 1, backlogOf(t, j).Dirty)
	j.Mark(t.Context(), markOfB)
	assert.Equal(t, 1, backlogOf(t, memory).Dirty)
}

func TestMarksThatWereKeptAreMadeByClose(t *testing.T) {
	t.Parallel()
	memory := reconcile.NewMemory(reconcile.MemoryConfig{})
	j := cutovertest.Journal(memory.Join("closing"), cutovertest.Fail(errDisk))
	_, err := j.Begin(t.Context(), writeOfA)
	require.ErrorIs(t, err, errDisk)
	j.Mark(t.Context(), markOfB)
	require.NoError(t, j.Close(t.Context()))
	assert.Equal(t, 1, backlogOf(t, memory).Dirty)
}

func TestAJournalThatHangsDoesSoUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := cutovertest.Journal(reconcile.NewMemory(reconcile.MemoryConfig{}), cutovertest.Hang())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := j.Begin(ctx, writeOfA)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAJournalThatForgetsKnowsNothingOfAnIntent(t *testing.T) {
	t.Parallel()
	memory := reconcile.NewMemory(reconcile.MemoryConfig{})
	j := cutovertest.Journal(memory, cutovertest.Forget())
	for method, err := range everyCall(t.Context(), j) {
		require.NoError(t, err, method)
	}
	intent, err := j.Begin(t.Context(), writeOfA)
	require.NoError(t, err)
	require.NoError(t, intent.Check())
	assert.Zero(t, intent.Epoch())
	assert.True(t, backlogOf(t, memory).Empty())
	intent.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
	assert.True(t, backlogOf(t, memory).Empty())
}

func TestAnIntentWhoseAnswerWasLostEndsDirty(t *testing.T) {
	t.Parallel()
	memory := reconcile.NewMemory(reconcile.MemoryConfig{})
	intent, err := cutovertest.Journal(memory, cutovertest.LoseAnswer(errDisk)).Begin(t.Context(), writeOfA)
	require.ErrorIs(t, err, errDisk)
	assert.Nil(t, intent)
	backlog := backlogOf(t, memory)
	assert.Equal(t, 1, backlog.Dirty)
	assert.Zero(t, backlog.Open)
}

func TestAFaultOfAJournalMayLookAtTheCall(t *testing.T) {
	t.Parallel()
	ofA := cutovertest.When(func(call cutovertest.JournalCall) bool {
		return call.Method == "Begin" && call.Flag == "shelves" && call.Records[0] == itemA
	}, cutovertest.Fail(errDisk))
	j := cutovertest.Journal(reconcile.NewMemory(reconcile.MemoryConfig{}), ofA)
	_, err := j.Begin(t.Context(), writeOfA)
	require.ErrorIs(t, err, errDisk)
	other := writeOfA
	other.Records = []cutover.RecordKey{itemB}
	intent, err := j.Begin(t.Context(), other)
	require.NoError(t, err)
	intent.End(cutover.IntentEnd{})
}

func TestMemoryJournalsLapseAtOnce(t *testing.T) {
	t.Parallel()
	s := cutovertest.MemoryJournals()
	killed, next := s.Open("1"), s.Open("2")
	_, err := killed.Begin(t.Context(), writeOfA)
	require.NoError(t, err)
	s.Crash(killed)
	assert.Zero(t, backlogOf(t, next).Dirty)
	s.Lapse()
	claims, err := next.Claim(t.Context(), claimItems)
	require.NoError(t, err)
	assert.Len(t, claims, 1)
	assert.Equal(t, cutover.OwnerLost, claims[0].Dirty)
	s.Lapse()
	require.NoError(t, next.Held(claims[0]), "who lives keeps the lease")
}
