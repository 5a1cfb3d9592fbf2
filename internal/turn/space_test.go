package turn_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gocutover/cutover/internal/turn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTurnsAreTakenInTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s turn.Space
		var order []int
		_, first, err := s.Take(t.Context(), 1)
		require.NoError(t, err)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, mine, err := s.Take(t.Context(), 1)
				if !assert.NoError(t, err) { //nolint:testifylint // not the test's goroutine
					return
				}
				order = append(order, i)
				mine.End()
				mine.End() // once more does nothing
			})
			synctest.Wait()
		}
		_, other, err := s.Take(t.Context(), 2)
		require.NoError(t, err, "another record is free")
		assert.Equal(t, 2, s.Busy())
		other.End()
		first.End()
		all.Wait()
		assert.IsIncreasing(t, order)
		assert.Zero(t, s.Busy())
	})
}

func TestWhoGivesUpLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s turn.Space
		_, first, err := s.Take(t.Context(), 1)
		require.NoError(t, err)
		cause := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		_, _, err = s.Take(ctx, 1)
		require.ErrorIs(t, err, cause)
		first.End()
		_, again, err := s.Take(ctx, 1)
		require.NoError(t, err, "a record that is free is taken whatever the context")
		again.End()
		assert.Zero(t, s.Busy())
	})
}

func TestATakeThatWouldWaitForItself(t *testing.T) {
	t.Parallel()
	var s turn.Space
	within, a, err := s.Take(t.Context(), 1)
	require.NoError(t, err)
	deeper, b, err := s.Take(within, 2)
	require.NoError(t, err)
	for _, key := range []uint64{1, 2} {
		_, _, err = s.Take(deeper, key)
		require.ErrorIs(t, err, turn.ErrDeadlock)
	}
	b.End()
	_, b, err = s.Take(within, 2)
	require.NoError(t, err, "an inner turn that is over holds nothing")
	b.End()
	a.End()
	_, a, err = s.Take(within, 1)
	require.NoError(t, err, "nor does the context of an outer one")
	a.End()
	assert.Zero(t, s.Busy())

	// A call that outlived the outer turn may still be within an inner one.
	within, a, err = s.Take(t.Context(), 1)
	require.NoError(t, err)
	deeper, b, err = s.Take(within, 2)
	require.NoError(t, err)
	a.End()
	_, again, err := s.Take(deeper, 1)
	require.NoError(t, err)
	again.End()
	b.End()

	var other turn.Space
	within, a, err = s.Take(t.Context(), 1)
	require.NoError(t, err)
	_, elsewhere, err := other.Take(within, 1)
	require.NoError(t, err, "another space has other records")
	elsewhere.End()
	a.End()
}

// Many operations that each take a few records one within another, in any order: all end, those
// that would have waited for themselves with an error, and nobody is alone with a record that
// another one has.
func TestNestedTakesAlwaysEnd(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			var s turn.Space
			var holders [4]atomic.Int32
			var deadlocks, done atomic.Int32
			var nest func(ctx context.Context, keys []uint64)
			nest = func(ctx context.Context, keys []uint64) {
				if len(keys) == 0 {
					done.Add(1)
					return
				}
				within, mine, err := s.Take(ctx, keys[0])
				if err != nil {
					assert.ErrorIs(t, err, turn.ErrDeadlock) //nolint:testifylint // not the test's goroutine
					deadlocks.Add(1)
					return
				}
				defer mine.End()
				assert.Equal(t, int32(1), holders[keys[0]].Add(1))
				time.Sleep(time.Millisecond)
				nest(within, keys[1:])
				assert.Equal(t, int32(0), holders[keys[0]].Add(-1))
			}
			var all sync.WaitGroup
			for range 6 {
				keys := make([]uint64, 1+random.IntN(3))
				for i := range keys {
					keys[i] = random.Uint64N(4)
				}
				all.Go(func() { nest(t.Context(), keys) })
			}
			all.Wait()
			assert.Equal(t, int32(6), deadlocks.Load()+done.Load())
			assert.Zero(t, s.Busy())
		})
	}
}

func TestWrittenKnowsWhatWasWrittenSince(t *testing.T) {
	t.Parallel()
	var s turn.Space
	s.Watch()
	write := func(key uint64) {
		_, w, err := s.Take(t.Context(), key)
		require.NoError(t, err)
		w.End()
	}
	write(1)
	before := s.Mark()
	assert.False(t, s.Written(1, before), "it was over before")
	write(1)
	assert.True(t, s.Written(1, before))
	assert.False(t, s.Written(2, before))
	assert.False(t, s.Written(1, s.Mark()))

	_, under, err := s.Take(t.Context(), 3)
	require.NoError(t, err)
	assert.True(t, s.Written(3, s.Mark()), "it is under way")
	under.Outlive()
	under.End()
	assert.True(t, under.Late())
	assert.True(t, s.Written(3, s.Mark()), "it goes on although its turn is over")
	mark := s.Mark()
	_, next, err := s.Take(t.Context(), 3)
	require.NoError(t, err, "the next one need not wait for it")
	assert.True(t, next.Late())
	next.End()
	under.Outlived()
	assert.True(t, s.Written(3, mark))
	assert.False(t, s.Written(3, s.Mark()))
	assert.Zero(t, s.Busy())
}

// What is not remembered any more is taken for written: the answer may be wrong on that side alone.
func TestWrittenForgetsOnTheSafeSide(t *testing.T) {
	t.Parallel()
	var s turn.Space
	s.Watch()
	mark := s.Mark()
	for range 128 {
		_, w, err := s.Take(t.Context(), 64)
		require.NoError(t, err)
		w.End()
	}
	assert.False(t, s.Written(128, mark), "of the same shard, and not written")
	_, w, err := s.Take(t.Context(), 64)
	require.NoError(t, err)
	w.End()
	assert.True(t, s.Written(128, mark), "nobody knows any more")
	assert.False(t, s.Written(128, s.Mark()))
}

func TestSeveralTurnsAreTakenAndEndedAsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s turn.Space
		ctx, none, err := s.TakeAll(t.Context(), nil)
		require.NoError(t, err)
		assert.Nil(t, none)
		_, all, err := s.TakeAll(ctx, []uint64{1, 2, 3})
		require.NoError(t, err)
		assert.Equal(t, 3, s.Busy())

		gaveUp, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err = s.TakeAll(gaveUp, []uint64{0, 2})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 3, s.Busy(), "what was taken before is given back")

		assert.False(t, all.Late())
		all.Outlive()
		assert.True(t, all.Late())
		all.End()
		_, one, err := s.Take(t.Context(), 2)
		require.NoError(t, err)
		assert.True(t, one.Late(), "of each of them")
		one.End()
		all.Outlived()
		assert.Zero(t, s.Busy())
	})
}

// Takers of several records in ascending order never wait for each other in a circle.
func TestSeveralTurnsTakenInOrderNeverDeadlock(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var s turn.Space
			var all sync.WaitGroup
			for range 8 {
				var keys []uint64
				for key := range uint64(5) {
					if random.IntN(2) == 0 {
						keys = append(keys, key)
					}
				}
				all.Go(func() {
					_, mine, err := s.TakeAll(t.Context(), keys)
					assert.NoError(t, err) //nolint:testifylint // not the test's goroutine
					time.Sleep(time.Millisecond)
					mine.End()
				})
			}
			all.Wait()
			assert.Zero(t, s.Busy())
		})
	}
}
