package main

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/gocutover/cutover/benchmarks"
)

// sample is one measurement of one contender.
type sample struct {
	operations int
	elapsed    time.Duration
	mallocs    uint64
	bytes      uint64
}

func nsOf(s sample) float64         { return float64(s.elapsed) / float64(s.operations) }
func allocsOf(s sample) float64     { return float64(s.mallocs) / float64(s.operations) }
func bytesOf(s sample) float64      { return float64(s.bytes) / float64(s.operations) }
func throughputOf(s sample) float64 { return float64(s.operations) / s.elapsed.Seconds() }

// block is how many operations run between two looks at the clock.
const block = 64

// measure repeats an operation for a span of time on so many goroutines at once, after a garbage
// collection and a tenth of the span to warm up.
func measure(do benchmarks.Operation, span time.Duration, workers int) (sample, error) {
	runtime.GC()
	if _, err := together(do, span/10, workers); err != nil {
		return sample{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	operations, err := together(do, span, workers)
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)
	return sample{
		operations: operations,
		elapsed:    elapsed,
		mallocs:    after.Mallocs - before.Mallocs,
		bytes:      after.TotalAlloc - before.TotalAlloc,
	}, err
}

func together(do benchmarks.Operation, span time.Duration, workers int) (int, error) {
	if workers == 1 {
		return repeat(do, span)
	}
	counts, errs := make([]int, workers), make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { counts[i], errs[i] = repeat(do, span) })
	}
	all.Wait()
	sum := 0
	for _, count := range counts {
		sum += count
	}
	return sum, errors.Join(errs...)
}

func repeat(do benchmarks.Operation, span time.Duration) (count int, err error) {
	for start := time.Now(); time.Since(start) < span; count += block {
		for range block {
			if _, err := do(); err != nil {
				return count, err
			}
		}
	}
	return count, nil
}

// bareLoop shares nothing with anybody: what it gains from a second core is all that the machine
// has to give.
const bareLoop = "bare loop"

func loop() (int, error) {
	value := 1
	for range 1000 {
		value = value*31 + 7
	}
	return value, nil
}
