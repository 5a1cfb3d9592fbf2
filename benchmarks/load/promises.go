package main

import (
	"errors"
	"fmt"
)

var errBroken = errors.New("promises broken")

// What detached reads are held to.
const (
	// maxRatio bounds the p99 of the caller's reads at shadow over that at off.
	maxRatio = 1.1
	// maxGoroutines bounds how many more run in a phase than before it: the callers, and for each
	// place in the background a secondary and who ends it; a census and a few of the runtime's.
	maxGoroutines = callers + 2*backgroundLimit + 8
	// maxGoroutinesLeft bounds how many more run after a phase: the runtime has a few of its own
	// that come and go.
	maxGoroutinesLeft = 2
	// maxMemory and maxMemoryLeft bound how many KiB more are in use in a phase, and after it, than
	// before.
	maxMemory     = 4 << 10
	maxMemoryLeft = 1 << 10
)

// promise notes what was not kept, and why.
func (r *report) promise(err error, format string, args ...any) {
	if err != nil {
		r.broken = append(r.broken, fmt.Sprintf("broken: %s: %v", fmt.Sprintf(format, args...), err))
	}
}

// atMost returns what is wrong with a figure that is higher.
func atMost[N int | float64](is, bound N) error {
	if is <= bound {
		return nil
	}
	return fmt.Errorf("%.4g, not at most %.4g", float64(is), float64(bound))
}

// equal returns what is wrong with two figures that are not.
func equal(is, want int) error {
	if is == want {
		return nil
	}
	return fmt.Errorf("%d, not %d", is, want)
}

// judge holds a phase to what depends on time and on the process.
func (r *report) judge(p *phase) {
	r.promise(atMost(p.ratio(), maxRatio),
		"%s: the ratio of the p99 at shadow to that at off, in attempt %d; turns at off alone differ by a factor of %.1f",
		p.behaviour, p.attempt, p.off.spread(0.99))
	rose, left := p.goroutines.rose()
	r.promise(atMost(rose, maxGoroutines), "%s: more goroutines in the phase than before", p.behaviour)
	r.promise(atMost(left, maxGoroutinesLeft), "%s: more goroutines after the phase than before", p.behaviour)
	rose, left = p.memory.rose()
	r.promise(atMost(rose, maxMemory), "%s: more KiB of memory in the phase than before", p.behaviour)
	r.promise(atMost(left, maxMemoryLeft), "%s: more KiB of memory after the phase than before", p.behaviour)
}

// judgeCounts holds an attempt to what depends on nothing but the library.
func (r *report) judgeCounts(p *phase) {
	shadow := len(p.shadow.latencies)
	for _, count := range []struct {
		name     string
		is, want int
	}{
		{"callers who did not get the old system's answer", p.off.wrong + p.shadow.wrong, 0},
		{"what still runs after the phase", p.running, 0},
		{"reads that were never reported", p.lost, 0},
		{"reads that were reported more than once", p.twice, 0},
		{"op events", p.tally.events, p.reads},
		{"op events that tell shadow", p.tally.shadow, shadow},
		{"op events that tell that the new system was asked", p.tally.both, p.calls},
		{"reads at shadow that asked the new system or skipped it", p.calls + p.skipped, shadow},
	} {
		r.promise(equal(count.is, count.want), "%s: %s", p.behaviour, count.name)
	}
}
