package main

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
)

const (
	// callers is how many read at a time.
	callers = 4
	// pace is how often each of them does. One that is late does not catch up.
	pace = 2 * time.Millisecond
)

// reader is one read through the library under test.
type reader func(ctx context.Context, user ldcontext.Context, id int) (int, error)

// numbers hands out the operations' numbers, from 0.
type numbers struct{ next atomic.Int64 }

func (n *numbers) take() int   { return int(n.next.Add(1)) - 1 }
func (n *numbers) issued() int { return int(n.next.Load()) }

// traffic is what callers saw for some time.
type traffic struct {
	latencies []time.Duration
	wrong     int // answers that were an error or not the one asked for
}

func (t *traffic) add(more traffic) {
	t.latencies, t.wrong = append(t.latencies, more.latencies...), t.wrong+more.wrong
}

// call makes all callers read for as long as d, and returns what they saw once all have returned.
func call(ctx context.Context, read reader, ids *numbers, d time.Duration) traffic {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	seen := make([]traffic, callers)
	var all sync.WaitGroup
	for i := range seen {
		all.Go(func() {
			seen[i].latencies = make([]time.Duration, 0, int(d/pace)+1)
			time.Sleep(time.Duration(i) * pace / callers)
			again := time.NewTicker(pace)
			defer again.Stop()
			for ctx.Err() == nil {
				seen[i].one(read, ids)
				select {
				case <-again.C:
				case <-ctx.Done():
				}
			}
		})
	}
	all.Wait()
	var sum traffic
	for _, t := range seen {
		sum.add(t)
	}
	return sum
}

// one is a request: its context ends as soon as it is answered.
func (t *traffic) one(read reader, ids *numbers) {
	ctx, answered := context.WithCancel(context.Background())
	defer answered()
	id := ids.take()
	user := ldcontext.New(strconv.Itoa(id))
	start := time.Now()
	answer, err := read(ctx, user, id)
	t.latencies = append(t.latencies, time.Since(start))
	if err != nil || answer != id {
		t.wrong++
	}
}
