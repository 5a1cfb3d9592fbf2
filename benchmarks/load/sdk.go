package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// sdkOutcome is what became of the callers of the SDK's migrator at stage shadow.
type sdkOutcome struct {
	p99      time.Duration // zero if not all returned
	asked    int
	returned int
	waited   time.Duration
	died     string // how the process ended, if it did
}

func (o sdkOutcome) String() string {
	switch {
	case o.died != "":
		return "process died: " + o.died
	case o.p99 > 0:
		return "p99 " + millis(o.p99)
	case o.returned == 0:
		return fmt.Sprintf("never returned: 0 of %d in %s", o.asked, millis(o.waited))
	default:
		return fmt.Sprintf("%d of %d returned in %s", o.returned, o.asked, millis(o.waited))
	}
}

// measureSDK lets callers of the SDK's migrator read at stage shadow for as long as d.
func (s *service) measureSDK(ctx context.Context, b behaviour, d time.Duration) (out sdkOutcome, err error) {
	if b == panics {
		return playInChild(ctx)
	}
	before, err := s.ledger.counted()
	if err != nil {
		return out, err
	}
	from := s.numbers.issued()
	s.system.become(b)
	s.client.enter(ldmigration.Shadow)
	serving, stop := context.WithCancel(ctx)
	defer stop()
	read, err := newSDKReader(serving, s.client, s.system)
	if err != nil {
		return out, err
	}
	if b == slow {
		seen := call(ctx, read, &s.numbers, d)
		out.p99 = seen.quantile(0.99)
	} else {
		out = s.hangSDK(ctx, read, d, stop)
	}
	unreported := from - before.events // what detached reads lost is not the SDK's
	until(ctx, settleLimit, func() bool { return s.reported(unreported) })
	return out, ctx.Err()
}

// hangSDK makes each caller read once and counts those that have returned when d is over. Then it
// lets the new system go, and them with it.
func (s *service) hangSDK(ctx context.Context, read reader, d time.Duration, stop context.CancelFunc) sdkOutcome {
	var returned atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			var t traffic
			t.one(read, &s.numbers)
			returned.Add(1)
		})
	}
	start := time.Now()
	until(ctx, d, func() bool { return returned.Load() == callers })
	out := sdkOutcome{asked: callers, returned: int(returned.Load()), waited: time.Since(start)}
	s.system.release()
	stop()
	all.Wait()
	return out
}
