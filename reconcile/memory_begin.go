package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gocutover/cutover"
)

// patience is after how long a write that waits asks again, if nobody wakes it: leases and wishes
// run out by the clock.
const patience = 50 * time.Millisecond

// errNoSettle is why a record cannot be settled by a write that has no function for it.
var errNoSettle = errors.New("the write has no Settle")

// Begin implements [cutover.Journal].
func (m *Memory) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	in := &memoryIntent{process: m, flag: w.Flag, from: w.From}
	in.records = append(in.one[:0], w.Records...)
	for {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("begin a write of flag %q: %w", w.Flag, context.Cause(ctx))
		}
		blocked, wake, err := in.begin()
		switch {
		case err != nil:
			return nil, unusable(err)
		case wake != nil:
			if err := wait(ctx, wake); err != nil {
				return nil, fmt.Errorf("wait for %v of flag %q: %w", blocked, w.Flag, err)
			}
			continue
		case in.unsettled == nil:
			return in, nil
		}
		again, err := in.settle(ctx, w)
		if err != nil {
			return nil, err
		}
		if !again {
			return in, nil
		}
	}
}

func wait(ctx context.Context, wake <-chan struct{}) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-wake:
	case <-timer.C:
	}
	return nil
}

// begin opens all records or none. If it opens none, it returns a record to wait for, and what
// tells that its row has changed.
func (in *memoryIntent) begin() (cutover.RecordKey, <-chan struct{}, error) {
	s := in.process.store
	defer s.locked()()
	now, lease, err := in.process.use()
	if err != nil {
		return cutover.RecordKey{}, nil, err
	}
	f := s.flag(in.flag)
	f.turns.advance(now, s.config.TurnAfter, s.off)
	lease.flags[in.flag] = struct{}{}
	in.lease = lease
	for i, key := range in.records {
		r := f.rows[key]
		if found := r.ask(in.from, lease.id, now, s.off); found.busy() {
			r.want(found, now)
			if s.off.has(admitPartly) {
				in.open(f, in.records[:i], now)
			}
			return key, r.waiting(), nil
		}
	}
	in.open(f, in.records, now)
	in.epoch = f.turns.use(in.from, now)
	return cutover.RecordKey{}, nil, nil
}

func (in *memoryIntent) open(f *memoryFlag, records []cutover.RecordKey, now time.Time) {
	s := in.process.store
	in.id, in.unsettled = s.nextID(), nil
	for _, key := range records {
		r := f.row(key)
		found := r.ask(in.from, in.lease.id, now, s.off)
		r.admit(found, owner{id: in.id, in: in.lease.id}, in.from, now, s.off)
		if found == unsettled {
			in.unsettled = append(in.unsettled, unsettledRecord{key, r.gen})
		}
		r.wake()
	}
}
