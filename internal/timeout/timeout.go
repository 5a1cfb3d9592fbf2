// Package timeout ends the wait for calls whose time is over, and knows which calls are under way.
//
// Most calls of a set have the same limit and are due in the order in which they began. A queue
// with one timer serves many of them, at a fraction of the cost of a timer for each.
package timeout

import (
	"math/rand/v2"
	"time"

	"github.com/gocutover/cutover/internal/clock"
)

// never is when a call without a limit is due.
const never time.Duration = 1<<63 - 1

// Overdue is a call that is given up when its time is over. Adopt is called while the call cannot
// have ended, or at least before Abandon is, and must not block. Abandon is called on its own
// goroutine.
type Overdue interface {
	// Adopt takes the call over, which runs on by itself from now on.
	Adopt()
	// Abandon goes on without the call, unless it has ended meanwhile.
	Abandon()
}

// Set is the calls under way of one kind. It has several queues, so that calls do not wait for one
// lock. It is safe for concurrent use.
type Set struct {
	limit  time.Duration
	now    func() time.Duration
	after  func(time.Duration, func()) *time.Timer
	queues [32]queue
}

// NewSet returns a set whose calls have the given limit; zero is no limit.
func NewSet(limit time.Duration) *Set {
	return &Set{limit: limit, now: clock.Now, after: time.AfterFunc}
}

// Limit returns the limit of a call; zero is no limit.
func (s *Set) Limit() time.Duration { return s.limit }

// Entry is the place of one call in a set. It must not be copied or used again.
type Entry struct {
	at            time.Duration // when it is due, by the monotonic clock
	queue         *queue        // nil if it was never added
	over          Overdue       // guarded by the queue, as its neighbours are; nil once it is out
	before, after *Entry
	timer         *time.Timer // its own, if the queue's does not serve it
	number        uint64      // of all calls of its queue
}

// Add gives up a call that began at start, by [clock.Now], when its limit has passed, unless it is
// removed before. A limit of zero is no limit.
//
// A call whose limit is not the set's has a timer of its own. So has a call that began before the
// process: it is in a testing/synctest bubble. A timer ends with the bubble that it was made in,
// and another bubble may use the same set.
func (s *Set) Add(start, limit time.Duration, e *Entry, over Overdue) {
	q := &s.queues[rand.Uint32N(uint32(len(s.queues)))]
	e.queue, e.over, e.at = q, over, start+limit
	if limit == 0 {
		e.at = never
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.enter(e)
	switch {
	case limit == 0:
	case start < 0 || limit != s.limit:
		e.timer = s.after(limit, func() { s.expire(e) })
	default:
		q.push(e)
		s.wakeBy(q, e.at, start)
	}
}

// Remove takes a call that has ended out of its set, unless it was given up before.
func (e *Entry) Remove() {
	if e.queue == nil {
		return
	}
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	if e.over == nil {
		return
	}
	e.queue.drop(e)
	e.queue.leave(e)
	e.over = nil
	if e.timer != nil {
		e.timer.Stop()
	}
}

// giveUp takes a call that may still run out of the queue and returns it, or nil if it is out
// already. It is adopted before it leaves, so that it is always in one of the two places.
func (q *queue) giveUp(e *Entry) Overdue {
	over := e.over
	if over == nil {
		return nil
	}
	over.Adopt()
	q.drop(e)
	q.leave(e)
	e.over = nil
	return over
}

// expire gives up a call with a timer of its own.
func (s *Set) expire(e *Entry) {
	e.queue.mu.Lock()
	over := e.queue.giveUp(e)
	e.queue.mu.Unlock()
	if over != nil {
		over.Abandon()
	}
}

// wakeBy sets a timer for at, unless the queue wakes between from and at.
func (s *Set) wakeBy(q *queue, at, from time.Duration) {
	if q.wakesAt == 0 || q.wakesAt <= from || q.wakesAt > at {
		q.wakesAt = at
		s.after(at-s.now(), func() { s.wake(q) })
	}
}

// wake gives up the calls that are due, each on its own goroutine, which also runs what follows:
// that may call the user's functions. It sets the next timer if there are more.
func (s *Set) wake(q *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := s.now()
	for q.first != nil && q.first.at <= at {
		go q.giveUp(q.first).Abandon()
	}
	if q.wakesAt <= at {
		q.wakesAt = 0
	}
	if q.first != nil {
		s.wakeBy(q, q.first.at, at)
	}
}

// Drain waits for the calls of some sets that are under way now, or until ended is closed. It
// reports whether they have ended or were given up. It does not wait for later calls.
func Drain(ended <-chan struct{}, sets ...*Set) bool {
	drains := make(map[*queue]*drain)
	for _, s := range sets {
		for i := range s.queues {
			if d := s.queues[i].beginDrain(); d != nil {
				drains[&s.queues[i]] = d
			}
		}
	}
	for _, d := range drains {
		select {
		case <-d.drained:
		case <-ended:
			for q, d := range drains {
				q.giveUpDrain(d)
			}
			return false
		}
	}
	return true
}

// Len returns how many calls are under way.
func (s *Set) Len() (n int) {
	for i := range s.queues {
		q := &s.queues[i]
		q.mu.Lock()
		n += q.inside
		q.mu.Unlock()
	}
	return n
}
