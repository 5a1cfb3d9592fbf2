package cutover

import "time"

// BusyKeys counts the keys that operations of c are busy with.
func BusyKeys(c *Cutover) (n int) {
	for i := range c.settings.keys.shards {
		shard := &c.settings.keys.shards[i]
		shard.mu.Lock()
		n += len(shard.busy)
		shard.mu.Unlock()
	}
	return n
}

// QueuedTimeouts counts the secondaries of c that a timeout waits for, outside of a bubble.
func QueuedTimeouts(c *Cutover) (n int) {
	for i := range c.settings.limits.queues {
		q := &c.settings.limits.queues[i]
		q.mu.Lock()
		for t := q.first; t != nil; t = t.after {
			n++
		}
		q.mu.Unlock()
	}
	return n
}

// TimeoutQueue is a queue of timeouts that are shared in a bubble as they are outside of one.
type TimeoutQueue struct {
	Limit time.Duration
	queue timeoutQueue
}

// Add has over called when the limit has passed, unless the timeout is removed before.
func (q *TimeoutQueue) Add(over func()) (remove func()) {
	start := now()
	t := &timeout{at: start + q.Limit, queue: &q.queue}
	t.over = &abandoning{over: over, timeout: t}
	q.queue.add(t, start)
	return t.remove
}

// Wakes reports whether a timer of the queue is set.
func (q *TimeoutQueue) Wakes() bool {
	q.queue.mu.Lock()
	defer q.queue.mu.Unlock()
	return q.queue.wakesAt > now()
}

type abandoning struct {
	over    func()
	timeout *timeout
	adopted bool
}

// adopt must come while the timeout is still queued: whoever removes it then cannot end before.
func (a *abandoning) adopt() { a.adopted = a.timeout.over != nil }

func (a *abandoning) abandon() {
	if !a.adopted {
		panic("abandoned without being adopted in time")
	}
	a.over()
}
