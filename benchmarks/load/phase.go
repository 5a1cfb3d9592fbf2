package main

import (
	"context"
	"runtime"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	// slice is about how long callers read at one stage before it changes. It is longer than the
	// timeout, so that secondaries time out while callers are measured.
	slice = 400 * time.Millisecond
	// settleLimit is how long what callers left behind may take.
	settleLimit = 10 * time.Second
)

// stages is what is compared.
var stages = []ldmigration.Stage{ldmigration.Off, ldmigration.Shadow}

// phase is what was measured while the new system behaved in one way.
type phase struct {
	behaviour   behaviour
	attempt     int
	off, shadow readings
	reads       int
	calls       int // of the new system
	skipped     int
	running     int // in the background, when all should have ended
	tally       tally
	lost, twice int
	goroutines  span
	memory      span // in KiB
	sdk         sdkOutcome
}

// ratio is the p99 of the caller's reads at stage shadow over that at off.
func (p *phase) ratio() float64 { return over(p.shadow.typical(0.99), p.off.typical(0.99)) }

// pooledRatio is the same of all reads together, whatever befell the machine in some turn.
func (p *phase) pooledRatio() float64 { return over(p.shadow.quantile(0.99), p.off.quantile(0.99)) }

func over(shadow, off time.Duration) float64 { return float64(shadow) / float64(off) }

// measurePhase lets callers read at off and at shadow by turns for as long as d, so that what else
// the machine does falls on both, and then lets the new system go.
func (s *service) measurePhase(ctx context.Context, b behaviour, d time.Duration) (*phase, error) {
	pairs := max(1, int((d+slice)/(2*slice)))
	p := &phase{behaviour: b}
	for _, r := range []*readings{&p.off, &p.shadow} {
		r.latencies = make([]time.Duration, 0, callers*(int(d/pace)+pairs))
	}
	before, err := s.ledger.counted()
	if err != nil {
		return nil, err
	}
	from, skipped, calls := s.numbers.issued(), s.orders.Background().Skipped, s.system.calls()
	s.system.become(b)
	p.goroutines, p.memory = startAt(runtime.NumGoroutine()), startAt(memory())

	for turn := range 2 * pairs {
		stage := stages[(turn+turn/2)%2] // off, shadow, shadow, off: neither is always the later one
		s.turn(ctx, p, stage, d/time.Duration(2*pairs))
	}
	s.system.release()
	until(ctx, settleLimit, s.idle)
	until(ctx, time.Second, func() bool { return runtime.NumGoroutine() <= p.goroutines.start })
	p.goroutines.saw(runtime.NumGoroutine())
	p.memory.saw(memory())

	background := s.orders.Background()
	p.running, p.skipped = background.Running, int(background.Skipped-skipped) //nolint:gosec // fewer than the reads
	p.reads, p.calls = s.numbers.issued()-from, s.system.calls()-calls
	p.lost, p.twice = s.ledger.check(from, from+p.reads)
	after, err := s.ledger.counted()
	if err != nil {
		return nil, err
	}
	p.tally = after.since(before)
	return p, ctx.Err()
}

// turn lets callers read at one stage, and then waits for what they left behind, so that it does
// not weigh on the next turn. Memory is taken before that wait, without the events that the client
// holds back.
func (s *service) turn(ctx context.Context, p *phase, stage ldmigration.Stage, d time.Duration) {
	s.client.enter(stage)
	count := newCensus(ctx)
	seen := call(ctx, s.read, &s.numbers, d)
	p.goroutines.saw(count.end())
	until(ctx, settleLimit, func() bool { return s.reported(s.orders.Background().Running) })
	p.memory.saw(memory())
	if stage == ldmigration.Off {
		p.off.add(seen)
	} else {
		p.shadow.add(seen)
	}
	until(ctx, settleLimit, s.settled)
}
