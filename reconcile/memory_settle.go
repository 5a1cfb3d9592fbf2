package reconcile

import (
	"context"
	"fmt"

	"github.com/gocutover/cutover"
)

// unsettledRecord is a record that a write settles first, and its generation.
type unsettledRecord struct {
	key cutover.RecordKey
	gen int64
}

// settle makes records equal that the other direction left dirty. If it does not succeed, nothing
// stays open. It reports true if the write has to begin again, because a record was marked
// meanwhile.
func (in *memoryIntent) settle(ctx context.Context, w cutover.JournalWrite) (again bool, err error) {
	var settling cutover.RecordKey
	permitted, done := false, false
	defer func() {
		if !done { // or it panicked
			in.withdraw(settling, permitted)
		}
	}()
	permit := func() error {
		err := in.Check()
		permitted = permitted || err == nil
		return err
	}
	for _, u := range in.unsettled {
		settling, permitted = u.key, false
		err := errNoSettle
		if w.Settle != nil {
			err = w.Settle(ctx, u.key, other(in.from), permit)
		}
		if err == nil {
			err = in.Check()
		}
		if err != nil {
			return false, fmt.Errorf("settle %v of flag %q: %w: %w", u.key, in.flag, cutover.ErrUnsettled, err)
		}
		if !in.settled(u) {
			return true, nil
		}
	}
	done = true
	return false, nil
}

func (in *memoryIntent) settled(u unsettledRecord) bool {
	s := in.process.store
	defer s.locked()()
	r := s.flag(in.flag).rows[u.key]
	if in.process.dead || r == nil || !r.settled(in.id, u.gen, in.from, s.off) {
		return false
	}
	r.wake()
	return true
}

// withdraw takes out a write that has written nothing. The record that it was settling may still be
// written to, if that was permitted.
func (in *memoryIntent) withdraw(settling cutover.RecordKey, permitted bool) {
	s := in.process.store
	defer s.locked()()
	if in.process.dead {
		return
	}
	now := s.config.Now()
	f := s.flag(in.flag)
	for _, key := range in.records {
		r := f.rows[key]
		if r == nil || !r.leave(in.id) {
			continue
		}
		if key == settling && permitted {
			r.late(now.Add(s.config.LateBound), s.off)
		}
		f.changed(key, r, s.off)
	}
}
