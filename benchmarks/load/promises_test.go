package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kept is a phase that keeps all promises.
func kept() *phase {
	p := &phase{behaviour: slow, reads: 4, calls: 1, skipped: 1, tally: tally{events: 4, shadow: 2, both: 1}}
	for _, r := range []*readings{&p.off, &p.shadow} {
		r.add(traffic{latencies: []time.Duration{time.Millisecond, time.Millisecond}})
	}
	return p
}

func TestEachBrokenPromiseIsNoted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		harm func(p *phase)
		want []string
	}{
		"none": {func(*phase) {}, nil},
		"a slower caller": {
			func(p *phase) { p.shadow.latencies[1] = 2 * time.Millisecond },
			[]string{"the ratio of the p99 at shadow to that at off, in attempt 0; turns at off alone differ by a factor of 1.0: " +
				"2, not at most 1.1"},
		},
		"a caller with a wrong answer": {
			func(p *phase) { p.shadow.wrong = 1 },
			[]string{"callers who did not get the old system's answer: 1, not 0"},
		},
		"a lost event": {
			func(p *phase) { p.lost, p.tally.events = 1, 3 },
			[]string{"reads that were never reported: 1, not 0", "op events: 3, not 4"},
		},
		"one event twice and one lost": {
			func(p *phase) { p.lost, p.twice = 1, 1 },
			[]string{"reads that were never reported: 1, not 0", "reads that were reported more than once: 1, not 0"},
		},
		"an event that tells a call that was not made": {
			func(p *phase) { p.tally.both = 2 },
			[]string{"op events that tell that the new system was asked: 2, not 1"},
		},
		"a skipped secondary that is not counted": {
			func(p *phase) { p.skipped = 0 },
			[]string{"reads at shadow that asked the new system or skipped it: 1, not 2"},
		},
		"a secondary that does not end": {
			func(p *phase) { p.running = 1 },
			[]string{"what still runs after the phase: 1, not 0"},
		},
		"goroutines without bound": {
			func(p *phase) { p.goroutines = span{start: 8, most: 1008, end: 8} },
			[]string{"more goroutines in the phase than before: 1000, not at most 212"},
		},
		"goroutines that are left": {
			func(p *phase) { p.goroutines = span{start: 8, most: 108, end: 108} },
			[]string{"more goroutines after the phase than before: 100, not at most 2"},
		},
		"memory that is left": {
			func(p *phase) { p.memory = span{start: 5000, most: 10000, end: 10000} },
			[]string{
				"more KiB of memory in the phase than before: 5000, not at most 4096",
				"more KiB of memory after the phase than before: 5000, not at most 1024",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r report
			p := kept()
			test.harm(p)
			r.judgeCounts(p)
			r.judge(p)
			var want []string
			for _, what := range test.want {
				want = append(want, "broken: answers in 100 ms: "+what)
			}
			require.Equal(t, want, r.broken)
		})
	}
}

func TestTypicalLeavesOutTheTurnThatWasDisturbed(t *testing.T) {
	t.Parallel()
	var r readings
	for _, worst := range []time.Duration{3, 900, 2} {
		r.add(traffic{latencies: []time.Duration{worst, 1, 1, 1}})
	}
	require.Equal(t, time.Duration(3), r.typical(0.99))
	require.InDelta(t, 450, r.spread(0.99), 0)
	require.Equal(t, time.Duration(900), r.quantile(0.99))
	require.Equal(t, time.Duration(1), r.quantile(0.5))
	require.Zero(t, new(readings).typical(0.99))
}
