package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// span is how a figure of the process went: where it began, its highest, and where it ended.
type span struct{ start, most, end int }

func startAt(value int) span          { return span{start: value, most: value, end: value} }
func (s *span) saw(value int)         { s.most, s.end = max(s.most, value), value }
func (s *span) rose() (most, end int) { return s.most - s.start, s.end - s.start }

// census counts goroutines until it is stopped.
type census struct {
	stop context.CancelFunc
	done sync.WaitGroup
	most int
}

func newCensus(ctx context.Context) *census {
	ctx, stop := context.WithCancel(ctx)
	c := &census{stop: stop}
	c.done.Go(func() {
		again := time.NewTicker(2 * time.Millisecond)
		defer again.Stop()
		for {
			c.most = max(c.most, runtime.NumGoroutine())
			select {
			case <-again.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return c
}

// end stops the count and returns the most goroutines that it saw.
func (c *census) end() int {
	c.stop()
	c.done.Wait()
	return c.most
}

// memory returns how many KiB of heap and stacks are in use after a collection.
func memory() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int((stats.HeapAlloc + stats.StackInuse) >> 10)
}

// until looks again and again until what is asked for is so, or for as long as the limit.
func until(ctx context.Context, limit time.Duration, so func() bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !so() && ctx.Err() == nil {
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}
