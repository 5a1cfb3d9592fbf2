package breaker_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/internal/breaker"
)

type clock struct{ at time.Duration }

func (c *clock) now() time.Duration { return c.at }

func TestABreakerOpensProbesAndCloses(t *testing.T) {
	t.Parallel()
	var c clock
	b := breaker.New(3, time.Second, c.now)
	call := func(ok bool) breaker.Change {
		allowed, probe := b.Allow()
		require.True(t, allowed)
		return b.Done(ok, probe)
	}
	refused := func() { allowed, _ := b.Allow(); assert.False(t, allowed) }

	assert.Equal(t, breaker.None, call(false))
	assert.Equal(t, breaker.None, call(false))
	assert.Equal(t, breaker.None, call(true), "a success begins the count anew")
	assert.Equal(t, breaker.None, call(false))
	assert.Equal(t, breaker.None, call(false))
	assert.Equal(t, breaker.Opened, call(false))
	assert.True(t, b.Open())
	refused()
	c.at = time.Second - 1
	refused()
	c.at = time.Second
	assert.Equal(t, breaker.None, call(false), "the probe failed: open for another while")
	refused()
	c.at = 2 * time.Second
	allowed, probe := b.Allow()
	assert.True(t, allowed && probe)
	refused()
	b.Cancel(probe)
	assert.Equal(t, breaker.Closed, call(true))
	assert.False(t, b.Open())
	assert.Equal(t, breaker.None, call(false), "closed, it counts anew")
	assert.Equal(t, breaker.None, call(true))
}

func TestCallsFromBeforeItOpenedDoNotCloseIt(t *testing.T) {
	t.Parallel()
	var c clock
	b := breaker.New(1, time.Second, c.now)
	for range 2 {
		allowed, probe := b.Allow()
		assert.True(t, allowed && !probe)
	}
	assert.Equal(t, breaker.Opened, b.Done(false, false))
	assert.Equal(t, breaker.None, b.Done(true, false))
	assert.True(t, b.Open())
	b.Cancel(false)
	assert.Equal(t, breaker.None, b.Done(false, false), "it was open already")
}

func TestManyAtOnceMakeOneProbe(t *testing.T) {
	t.Parallel()
	b := breaker.New(5, 0, func() time.Duration { return 0 })
	var probing atomic.Int32
	var all sync.WaitGroup
	for seed := range uint64(8) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for range 2000 {
				allowed, probe := b.Allow()
				if !allowed {
					continue
				}
				if probe {
					assert.Equal(t, int32(1), probing.Add(1))
					probing.Add(-1)
				}
				b.Done(random.IntN(3) == 0, probe)
			}
		})
	}
	all.Wait()
}
