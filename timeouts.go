package cutover

import (
	"math/rand/v2"
	"sync"
	"time"
)

// timeouts ends the wait for secondaries whose time is over. All of one Cutover's have as much time, and so are due in
// the order in which they started: a queue with one timer serves many of them, at a fraction of what a timer for each
// would cost. There are several queues so that operations do not wait for one lock.
type timeouts struct {
	limit  time.Duration
	queues [32]timeoutQueue
}

// timeoutQueue wakes when its first is due. Its timer is not stopped when the queue becomes empty: most often there is a
// next one soon, and to wake for nothing once in a limit costs next to nothing.
type timeoutQueue struct {
	mu          sync.Mutex
	first, last *timeout
	wakesAt     time.Duration // by the monotonic clock; what is over, or too far ahead to be this clock's, does not count
	_           [32]byte      // two queues do not share a cache line
}

// overdue is what is abandoned when its time is over. It is adopted before it leaves its queue: as it would first remove
// itself, it cannot have ended by then.
type overdue interface {
	adopt()
	abandon()
}

// timeout is the place of one secondary in a queue.
type timeout struct {
	at            time.Duration // by the monotonic clock
	queue         *timeoutQueue // nil if it was never added
	over          overdue       // guarded by the queue, as its neighbours are; nil if it is not in it any more
	before, after *timeout
}

// add has a secondary that starts now abandoned when its time is over, unless t is removed before.
//
// One that has less time than the others has a queue to itself. So has one that starts before the process did: it is in a
// testing/synctest bubble, whose clock begins in the year 2000. A timer ends with the bubble that it was made in, and
// another bubble may use the same Cutover.
func (s *timeouts) add(start, limit time.Duration, t *timeout, over overdue) {
	if start < 0 || limit != s.limit {
		t.queue = &timeoutQueue{}
	} else {
		t.queue = &s.queues[rand.Uint32N(uint32(len(s.queues)))]
	}
	t.at, t.over = start+limit, over
	t.queue.add(t, start)
}

func (q *timeoutQueue) add(t *timeout, start time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.before = q.last
	if q.last == nil {
		q.first = t
	} else {
		q.last.after = t
	}
	q.last = t
	q.wakeBy(t.at, start)
}

// wakeBy sets a timer for at, seen from now on, unless the queue wakes before that.
func (q *timeoutQueue) wakeBy(at, from time.Duration) {
	if q.wakesAt == 0 || q.wakesAt <= from || q.wakesAt > at {
		q.wakesAt = at
		time.AfterFunc(at-from, q.wake)
	}
}

// remove takes t out of its queue, if it is still in one.
func (t *timeout) remove() {
	if t.queue == nil {
		return
	}
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	if t.over != nil {
		t.queue.drop(t)
	}
}

func (q *timeoutQueue) drop(t *timeout) {
	if t.before == nil {
		q.first = t.after
	} else {
		t.before.after = t.after
	}
	if t.after == nil {
		q.last = t.before
	} else {
		t.after.before = t.before
	}
	t.over, t.before, t.after = nil, nil, nil
}

// wake abandons those that are due, each on a goroutine of its own, which ends with what follows from it: that may run
// functions of the user's. It wakes again if there are more.
func (q *timeoutQueue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := now()
	for q.first != nil && q.first.at <= at {
		over := q.first.over
		over.adopt()
		q.drop(q.first)
		go over.abandon()
	}
	if q.first != nil {
		q.wakeBy(q.first.at, at)
	}
}
