package timeout

import (
	"sync"
	"time"
)

// queue is a part of the calls under way. It wakes when its first call is due. Its timer is not
// stopped when the queue becomes empty: most often a next call comes soon, and one needless wake
// per limit costs little.
//
// While the queue is not empty, a timer is set that goes off no later than its first call is due,
// or one has gone off and its wake waits for the lock. So a wake that leaves calls behind sets the
// next timer, and one that leaves none forgets its own: a call that began before and gets the lock
// after it must not take that for a timer that is still set.
type queue struct {
	mu          sync.Mutex
	first, last *Entry
	wakesAt     time.Duration // when the timer goes off; zero and far ahead are never

	entered uint64 // how many calls ever were
	inside  int    // how many are under way
	drains  []*drain

	_ [16]byte // two queues do not share a cache line
}

func (q *queue) enter(e *Entry) {
	q.entered++
	q.inside++
	e.number = q.entered
}

func (q *queue) leave(e *Entry) {
	q.inside--
	for i := 0; i < len(q.drains); i++ {
		d := q.drains[i]
		if e.number > d.until {
			continue
		}
		if d.left--; d.left == 0 {
			close(d.drained)
			q.drains = append(q.drains[:i], q.drains[i+1:]...)
			i--
		}
	}
}

// drain waits for the calls that were under way when it began.
type drain struct {
	until   uint64 // the number of the last of them
	left    int
	drained chan struct{}
}

// beginDrain returns a drain for the calls that are under way now, or nil if there are none.
func (q *queue) beginDrain() *drain {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.inside == 0 {
		return nil
	}
	d := &drain{until: q.entered, left: q.inside, drained: make(chan struct{})}
	q.drains = append(q.drains, d)
	return d
}

// giveUpDrain removes a drain before its end.
func (q *queue) giveUpDrain(d *drain) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, one := range q.drains {
		if one == d {
			q.drains = append(q.drains[:i], q.drains[i+1:]...)
			return
		}
	}
}

// push puts a call behind those that are due before it: nearly always behind all, but two that
// began at about the same time may get the lock in the other order.
func (q *queue) push(e *Entry) {
	e.before = q.last
	for e.before != nil && e.before.at > e.at {
		e.before = e.before.before
	}
	if e.before == nil {
		e.after, q.first = q.first, e
	} else {
		e.after, e.before.after = e.before.after, e
	}
	if e.after == nil {
		q.last = e
	} else {
		e.after.before = e
	}
}

// drop takes a call out of the list, if it is there: one with a timer of its own is not.
func (q *queue) drop(e *Entry) {
	if e.timer != nil || e.at == never {
		return
	}
	if e.before == nil {
		q.first = e.after
	} else {
		e.before.after = e.after
	}
	if e.after == nil {
		q.last = e.before
	} else {
		e.after.before = e.before
	}
	e.before, e.after = nil, nil
}
