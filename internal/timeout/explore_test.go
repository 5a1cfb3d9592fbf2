package timeout

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a queue on a clock of its own, whose timers go off when the explorer says so.
type world struct {
	set    *Set
	at     time.Duration
	timers []func()
	due    []time.Duration
	calls  [2]*lone
}

// lone is a call that notes that it was given up.
type lone struct {
	Entry
	start         time.Duration
	began, over   bool
	added, landed bool
}

func (l *lone) Adopt()   {}
func (l *lone) Abandon() { l.over = true }

const limit = 10

func newWorld() *world {
	w := &world{at: 1}
	w.set = &Set{limit: limit, now: func() time.Duration { return w.at }}
	w.set.after = func(d time.Duration, f func()) *time.Timer {
		w.timers, w.due = append(w.timers, f), append(w.due, w.at+d)
		return nil
	}
	w.calls = [2]*lone{{}, {}}
	return w
}

// step does the nth of all things that may happen next, and reports false if there are fewer. A
// call takes its start, comes to the lock later, and lands later still; timers go off in any order
// at or after their time; the clock moves on.
func (w *world) step(n int) bool {
	q := &w.set.queues[0]
	for _, c := range w.calls {
		if !c.began {
			if n--; n < 0 {
				c.began, c.start = true, w.at
				return true
			}
			continue
		}
		if !c.added {
			if n--; n < 0 {
				c.added = true
				c.queue, c.Entry.over, c.at = q, c, c.start+limit
				q.enter(&c.Entry)
				q.push(&c.Entry)
				w.set.wakeBy(q, c.at, c.start)
				return true
			}
			continue
		}
		if !c.landed && c.Entry.over != nil {
			if n--; n < 0 {
				c.landed = true
				c.Remove()
				return true
			}
		}
	}
	for i, due := range w.due {
		if w.at >= due && w.timers[i] != nil {
			if n--; n < 0 {
				wake := w.timers[i]
				w.timers[i] = nil
				wake()
				return true
			}
		}
	}
	if w.at < 4*limit {
		if n--; n < 0 {
			w.at += limit / 2
			return true
		}
	}
	return false
}

// check is the invariant: while the queue is not empty, a timer is set that goes off no later than
// its first call is due, or one has gone off whose wake has not come to the lock.
func (w *world) check() error {
	q := &w.set.queues[0]
	if q.first == nil {
		return nil
	}
	for i, due := range w.due {
		if w.timers[i] != nil && (due <= q.first.at || due <= w.at) {
			return nil
		}
	}
	return fmt.Errorf("a call due at %d is in the queue at %d, and no timer is set: %v", q.first.at, w.at, w.due)
}

// The wake of a timer gives calls up on goroutines of their own; for the explorer they are given up
// where Adopt is called, so that what counts is that they left the queue.
func TestAllOrdersOfTwoCallsAndTheirTimers(t *testing.T) {
	t.Parallel()
	states := 0
	var explore func(path []int)
	explore = func(path []int) {
		w := newWorld()
		for _, n := range path {
			require.True(t, w.step(n))
		}
		states++
		require.NoError(t, w.check(), "%v", path)
		if len(path) == 10 {
			return
		}
		for n := 0; ; n++ {
			probe := newWorld()
			for _, before := range path {
				probe.step(before)
			}
			if !probe.step(n) {
				return
			}
			explore(append(path[:len(path):len(path)], n))
		}
	}
	explore(nil)
	require.Greater(t, states, 10_000)
	t.Logf("%d states", states)
}
