package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// attempts is how often a phase is measured before its ratio counts: the machine may be shared.
const attempts = 3

// report is what a whole run measured.
type report struct {
	phases     []*phase
	notes      []string
	goroutines span
	closing    time.Duration
	broken     []string
}

// measure runs all phases on one service, and closes it. Of d, three quarters go to the callers who
// are measured, at both stages together.
func measure(ctx context.Context, d time.Duration, progress io.Writer) (*report, error) {
	r := &report{goroutines: startAt(runtime.NumGoroutine())}
	s, err := newService()
	if err != nil {
		return nil, err
	}
	err = r.run(ctx, s, d, progress)
	r.close(context.WithoutCancel(ctx), s)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *report) run(ctx context.Context, s *service, d time.Duration, progress io.Writer) error {
	for _, stage := range stages {
		s.client.enter(stage)
		call(ctx, s.read, &s.numbers, d/50) // warms up
	}
	until(ctx, settleLimit, s.idle)
	for _, b := range behaviours {
		_, _ = fmt.Fprintf(progress, "the new system %s\n", b)
		p, err := r.phaseOf(ctx, s, b, d*19/100)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(progress, "the new system %s, with ld.Migration\n", b)
		if p.sdk, err = s.measureSDK(ctx, b, d/50); err != nil {
			return err
		}
		r.phases = append(r.phases, p)
		r.judge(p)
	}
	return nil
}

// phaseOf measures a phase, and again if what it must not depend on, the machine, may be to blame.
func (r *report) phaseOf(ctx context.Context, s *service, b behaviour, d time.Duration) (*phase, error) {
	for attempt := 1; ; attempt++ {
		p, err := s.measurePhase(ctx, b, d)
		if err != nil {
			return nil, err
		}
		p.attempt = attempt
		r.judgeCounts(p)
		if p.ratio() <= maxRatio || attempt == attempts {
			return p, nil
		}
		r.notes = append(r.notes,
			fmt.Sprintf("%s: measured again, for the ratio of attempt %d was %.2f", b, attempt, p.ratio()))
	}
}

// close ends the service while detached reads are under way.
func (r *report) close(ctx context.Context, s *service) {
	s.system.become(slow)
	s.client.enter(ldmigration.Shadow)
	call(ctx, s.read, &s.numbers, newAnswer/2)
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	r.promise(s.orders.Close(ctx), "Close waits for the detached reads under way")
	r.closing = time.Since(start)

	// What Close waited for is at the client. The client's own Close would do without it if it has
	// not been delivered.
	s.client.FlushAndWait(settleLimit)
	reported, err := s.ledger.counted()
	r.promise(err, "all events can be read")
	r.promise(atMost(s.numbers.issued()-reported.events, 0), "at Close, every read of the run is reported")
	r.promise(s.client.Close(), "the client closes")
	until(ctx, time.Second, func() bool { return runtime.NumGoroutine() <= r.goroutines.start })
	r.goroutines.saw(runtime.NumGoroutine())
	_, left := r.goroutines.rose()
	r.promise(atMost(left, maxGoroutinesLeft), "goroutines after Close are those before the run")
}
