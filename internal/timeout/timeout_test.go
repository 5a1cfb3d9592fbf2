package timeout_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gocutover/cutover/internal/clock"
	"github.com/gocutover/cutover/internal/timeout"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// call is given up by calling a function.
type call struct {
	timeout.Entry
	adopted atomic.Int32
	over    func()
}

func (c *call) Adopt() { c.adopted.Add(1) }

func (c *call) Abandon() {
	if c.adopted.Load() != 1 {
		panic("given up without being adopted once")
	}
	c.over()
}

func begin(s *timeout.Set, limit time.Duration, over func()) *call {
	c := &call{over: over}
	s.Add(clock.Now(), limit, &c.Entry, c)
	return c
}

func TestWhatIsNotRemovedIsGivenUpToTheInstant(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			s := timeout.NewSet(limit)
			var mu sync.Mutex
			var all sync.WaitGroup
			over := map[int]time.Time{}
			for i := range 200 {
				start := time.Duration(random.IntN(3000)) * time.Millisecond
				ends := time.Duration(random.IntN(1300)) * time.Millisecond
				has := []time.Duration{limit, limit / 2, 2 * limit, 0}[random.IntN(4)]
				if ends == has {
					ends++
				}
				all.Go(func() {
					time.Sleep(start)
					began := time.Now()
					c := begin(s, has, func() {
						mu.Lock()
						defer mu.Unlock()
						assert.NotContains(t, over, i)
						over[i] = time.Now()
					})
					time.Sleep(ends)
					c.Remove()
					time.Sleep(3 * limit)
					mu.Lock()
					defer mu.Unlock()
					at, timedOut := over[i]
					assert.Equal(t, has > 0 && ends > has, timedOut)
					if timedOut {
						assert.Equal(t, has, at.Sub(began))
					}
				})
			}
			all.Wait()
			assert.Zero(t, s.Len())
		})
	}
}

// On the real clock, where calls share their queues: a call may come to the lock after the timer
// that it saw has gone off.
//
//nolint:paralleltest // it sets GOMAXPROCS for the whole process
func TestNoTimeoutIsMissed(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(16))
	const limit = 200 * time.Microsecond
	s := timeout.NewSet(limit)
	end := time.Now().Add(2 * time.Second)
	for round := 0; time.Now().Before(end); round++ {
		var arming, all sync.WaitGroup
		for range 8 {
			arming.Go(func() {
				for range 16 {
					begin(s, limit, func() {}).Remove()
				}
			})
		}
		for time.Since(end) < 0 && round%8 > 0 && rand.IntN(round%8+1) > 0 {
			runtime.Gosched()
		}
		for range 64 {
			all.Add(1)
			go begin(s, limit, all.Done)
		}
		arming.Wait()
		given := make(chan struct{})
		go func() { all.Wait(); close(given) }()
		select {
		case <-given:
		case <-time.After(10 * time.Second):
			t.Fatalf("round %d: %d calls are never given up", round, s.Len())
		}
	}
}

//nolint:paralleltest // it measures the heap of the whole process
func TestACallWithATimerOfItsOwnLeavesNoneBehind(t *testing.T) {
	s := timeout.NewSet(time.Hour)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 100_000 {
		begin(s, time.Minute, func() { t.Error("was removed") }).Remove()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(2<<20))
}

func TestOneThatIsSlowToGoDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := timeout.NewSet(time.Second)
		began := time.Now()
		took := make(chan time.Duration, 1)
		begin(s, time.Second, func() { time.Sleep(time.Hour) })
		begin(s, time.Second, runtime.Goexit)
		begin(s, time.Second, func() { took <- time.Since(began) })
		assert.Equal(t, time.Second, <-took)
		time.Sleep(time.Hour)
	})
}

func TestDrainWaitsForWhatIsUnderWayAndNotForWhatComesAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, other := timeout.NewSet(time.Hour), timeout.NewSet(0)
		calls := make([]*call, 100)
		for i := range calls {
			set := []*timeout.Set{s, other}[i%2]
			calls[i] = begin(set, set.Limit(), func() { t.Error("was removed") })
		}
		began := time.Now()
		var drains sync.WaitGroup
		for range 3 {
			drains.Go(func() {
				assert.True(t, timeout.Drain(nil, s, other))
				assert.Equal(t, 100*time.Second, time.Since(began))
			})
		}
		synctest.Wait()
		late := begin(s, time.Hour, func() {})
		ended := make(chan struct{})
		time.AfterFunc(50*time.Second, func() { close(ended) })
		assert.False(t, timeout.Drain(ended, s, other))
		assert.Equal(t, 50*time.Second, time.Since(began))
		for _, c := range calls[:50] {
			c.Remove()
		}
		time.Sleep(50 * time.Second)
		for _, c := range calls[50:] {
			c.Remove()
		}
		drains.Wait()
		assert.Equal(t, 1, s.Len())
		late.Remove()
		require.True(t, timeout.Drain(nil, s, other))
	})
}
