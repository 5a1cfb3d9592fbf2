package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

func ExampleNewMemory() {
	ctx := context.Background()
	journal := reconcile.NewMemory(reconcile.MemoryConfig{})
	records := []cutover.RecordKey{{Kind: "order", Key: "7"}}

	intent, err := journal.Begin(ctx, cutover.JournalWrite{Flag: "flag", Records: records, From: ldmigration.Old})
	if err != nil {
		fmt.Println(err)
		return
	}
	intent.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})

	entries, err := journal.Entries(ctx, reconcile.Filter{Flag: "flag"})
	for _, e := range entries {
		fmt.Printf("%s is %s from the %s system: %s\n", e.Record, e.State, e.From, e.Dirty)
	}
	fmt.Println(err)
	// Output:
	// order 7 is dirty from the old system: secondary write failed
	// <nil>
}

func write(from ldmigration.Origin, keys ...string) cutover.JournalWrite {
	w := cutover.JournalWrite{Flag: "flag", From: from}
	for _, key := range keys {
		w.Records = append(w.Records, cutover.RecordKey{Kind: "order", Key: key})
	}
	return w
}

func begin(t *testing.T, m *reconcile.Memory, w cutover.JournalWrite) cutover.Intent {
	t.Helper()
	in, err := m.Begin(t.Context(), w)
	require.NoError(t, err)
	return in
}

func entries(t *testing.T, m *reconcile.Memory) []reconcile.Entry {
	t.Helper()
	found, err := m.Entries(t.Context(), reconcile.Filter{})
	require.NoError(t, err)
	return found
}

func claims(t *testing.T, m *reconcile.Memory) []reconcile.Claim {
	t.Helper()
	found, err := m.Claim(t.Context(), reconcile.ClaimRequest{Flag: "flag", Kinds: []string{"order"}, Limit: 100})
	require.NoError(t, err)
	return found
}

// began begins a write of the new direction, and tells how long that took.
func began(t *testing.T, m *reconcile.Memory, settle func(permit func() error) error) (time.Duration, error) {
	t.Helper()
	w := write(ldmigration.New, "1")
	w.Settle = func(_ context.Context, _ cutover.RecordKey, _ ldmigration.Origin, permit func() error) error {
		return settle(permit)
	}
	start := time.Now()
	in, err := m.Begin(t.Context(), w)
	took := time.Since(start)
	if err == nil {
		in.End(cutover.IntentEnd{})
	}
	return took, err
}

func permitted(permit func() error) error { return permit() }

func TestAWriteThatWaitsIsWokenAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := reconcile.NewMemory(reconcile.MemoryConfig{})
		in := begin(t, m, write(ldmigration.Old, "1"))
		go func() {
			time.Sleep(7 * time.Millisecond)
			in.End(cutover.IntentEnd{})
		}()
		took, err := began(t, m, permitted)
		require.NoError(t, err)
		assert.Equal(t, 7*time.Millisecond, took)
		assert.Empty(t, entries(t, m))
	})
}

func TestAWriteWaitsForTheLeaseOfALostProcessAndItsLateWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := reconcile.NewMemory(reconcile.MemoryConfig{Lease: 15 * time.Second, LateBound: 10 * time.Second})
		lost := m.Join("lost")
		begin(t, lost, write(ldmigration.Old, "1"))
		time.Sleep(time.Hour) // a handle that lives keeps its lease
		lost.Crash()
		took, err := began(t, m, permitted)
		require.NoError(t, err)
		assert.InDelta(t, 25, took.Seconds(), 0.1)
		assert.Empty(t, entries(t, m))
	})
}

func TestAWriteWaitsForTheLateWriteOfASettlingThatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := reconcile.NewMemory(reconcile.MemoryConfig{LateBound: 10 * time.Second})
		begin(t, m, write(ldmigration.Old, "1")).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		_, err := began(t, m, func(func() error) error { return errors.New("read failed") })
		require.ErrorIs(t, err, cutover.ErrUnsettled)
		took, err := began(t, m, func(permit func() error) error { return errors.Join(permit(), errors.New("write timed out")) })
		require.ErrorIs(t, err, cutover.ErrUnsettled)
		assert.Zero(t, took, "a read leaves nothing behind")
		took, err = began(t, m, permitted)
		require.NoError(t, err)
		assert.InDelta(t, 10, took.Seconds(), 0.1)
	})
}

func TestAWriteWaitsForTheLateWriteOfARepairButNotForItsNextAttempt(t *testing.T) {
	t.Parallel()
	for late, expected := range map[bool]float64{false: 0, true: 10} {
		synctest.Test(t, func(t *testing.T) {
			m := reconcile.NewMemory(reconcile.MemoryConfig{LateBound: 10 * time.Second})
			begin(t, m, write(ldmigration.Old, "1")).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
			retry := reconcile.Release{Claim: claims(t, m)[0], Outcome: reconcile.Retry, Late: late, After: time.Hour}
			_, err := m.Release(t.Context(), []reconcile.Release{retry})
			require.NoError(t, err)
			took, err := began(t, m, permitted)
			require.NoError(t, err)
			assert.InDelta(t, expected, took.Seconds(), 0.1)
		})
	}
}

func TestASettlingThatPanicsLeavesTheRecordDirty(t *testing.T) {
	t.Parallel()
	m := reconcile.NewMemory(reconcile.MemoryConfig{})
	begin(t, m, write(ldmigration.Old, "1")).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
	assert.PanicsWithValue(t, "settling", func() { _, _ = began(t, m, func(func() error) error { panic("settling") }) })
	left := entries(t, m)
	require.Len(t, left, 1)
	assert.Equal(t, reconcile.Dirty, left[0].State)
	assert.Equal(t, ldmigration.Old, left[0].From)
}

func TestAWriteWithoutSettleIsRefusedIfItNeedsIt(t *testing.T) {
	t.Parallel()
	m := reconcile.NewMemory(reconcile.MemoryConfig{})
	begin(t, m, write(ldmigration.Old, "1")).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
	_, err := m.Begin(t.Context(), write(ldmigration.New, "1"))
	require.EqualError(t, err, `settle order 1 of flag "flag": record is dirty from the other direction: the write has no Settle`)
}

func TestAWriteDoesNotBeginOnAContextThatEnded(t *testing.T) {
	t.Parallel()
	m := reconcile.NewMemory(reconcile.MemoryConfig{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the caller left")
	cancel(why)
	_, err := m.Begin(ctx, write(ldmigration.Old, "1"))
	require.ErrorIs(t, err, why)
	assert.Empty(t, entries(t, m))
}

func TestNothingThatACrashedProcessDoesHasAnEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := reconcile.NewMemory(reconcile.MemoryConfig{})
		a := m.Join("a")
		begin(t, a, write(ldmigration.Old, "1")).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		c := claims(t, a)[0]
		in := begin(t, a, write(ldmigration.Old, "2"))
		a.Crash()
		require.ErrorIs(t, in.Check(), cutover.ErrLeaseLost)
		require.ErrorIs(t, a.Held(c), reconcile.ErrClaimLost)
		in.End(cutover.IntentEnd{})
		a.Mark(t.Context(), cutover.JournalMark{Flag: "flag", Records: write(ldmigration.Old, "3").Records})
		_, err := a.Release(t.Context(), []reconcile.Release{{Claim: c, Outcome: reconcile.Equal}})
		require.EqualError(t, err, `process "a" has crashed: journal is closed`)
		_, err = a.Begin(t.Context(), write(ldmigration.Old, "3"))
		require.EqualError(t, err, `journal: process "a" has crashed: journal is closed`)
		require.NoError(t, a.Close(t.Context()))
		left := entries(t, m)
		require.Len(t, left, 2)
		for _, e := range left {
			assert.Equal(t, reconcile.Open, e.State)
		}
	})
}

func TestATurnMayBeRepeated(t *testing.T) {
	t.Parallel()
	m := reconcile.NewMemory(reconcile.MemoryConfig{})
	for _, step := range []struct {
		expected int64
		from     ldmigration.Origin
		epoch    int64
	}{{0, ldmigration.Old, 1}, {0, ldmigration.Old, 1}, {1, ldmigration.New, 2}, {1, ldmigration.New, 2}} {
		e, err := m.Turn(t.Context(), "flag", step.expected, step.from)
		require.NoError(t, err)
		assert.Equal(t, cutover.Epoch{Number: step.epoch, From: step.from}, e)
	}
	_, err := m.Turn(t.Context(), "flag", 1, ldmigration.Old)
	require.EqualError(t, err, `turn flag "flag": direction not turned: the epoch is 2, not 1`)
	_, err = m.Turn(t.Context(), "flag", 2, "both")
	require.ErrorIs(t, err, reconcile.ErrNotTurned)
	begin(t, m, write(ldmigration.New, "1"))
	_, err = m.Turn(t.Context(), "flag", 2, ldmigration.Old)
	require.EqualError(t, err, `turn flag "flag": direction not turned: 1 records are open and 0 are dirty`)
}

// A write of the holding direction after those of the other one keeps it from turning.
func TestADirectionTurnsOnlyAfterAWriteOfTheOtherOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := reconcile.NewMemory(reconcile.MemoryConfig{TurnAfter: time.Minute})
		number := func() int64 {
			e, err := m.Epoch(t.Context(), "flag")
			require.NoError(t, err)
			return e.Number
		}
		for _, from := range []ldmigration.Origin{ldmigration.Old, ldmigration.New, ldmigration.Old} {
			begin(t, m, write(from, "1")).End(cutover.IntentEnd{})
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		assert.EqualValues(t, 1, number())
		begin(t, m, write(ldmigration.New, "1")).End(cutover.IntentEnd{})
		assert.EqualValues(t, 2, number())
	})
}
