package reconcile

import (
	"context"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// memoryIntent is an operation that has records open.
type memoryIntent struct {
	process   *Memory
	lease     *memoryLease
	id        int64
	flag      string
	from      ldmigration.Origin
	epoch     cutover.Epoch
	records   []cutover.RecordKey
	one       [1]cutover.RecordKey // where records begins, to save an allocation
	unsettled []unsettledRecord
}

// Check implements [cutover.Intent].
func (in *memoryIntent) Check() error {
	s := in.process.store
	defer s.locked()()
	if in.process.dead || s.lost(in.lease) && !s.off.has(ignoreLease) {
		return cutover.ErrLeaseLost
	}
	return nil
}

// lost reports whether a lease ran out, whether or not somebody has noticed.
func (s *memoryStore) lost(l *memoryLease) bool {
	return l.lost || l.fades && !s.config.Now().Before(l.until)
}

// End implements [cutover.Intent].
func (in *memoryIntent) End(end cutover.IntentEnd) {
	s := in.process.store
	defer s.locked()()
	now := s.config.Now()
	s.reap(now)
	if in.process.dead {
		return
	}
	if end.Late && end.Dirty == "" {
		end.Dirty = cutover.SecondaryLate
	}
	in.end(s.flag(in.flag), end, now)
}

func (in *memoryIntent) end(f *memoryFlag, end cutover.IntentEnd, now time.Time) {
	s := in.process.store
	for _, key := range in.records {
		r := f.rows[key]
		if r == nil {
			if s.off.has(forgetLateEnd) {
				continue
			}
			r = f.row(key)
			r.from = in.from
		}
		r.end(in.id, end, now, s.config.LateBound, s.off)
		f.changed(key, r, s.off)
	}
}

// Epoch implements [cutover.Intent].
func (in *memoryIntent) Epoch() cutover.Epoch { return in.epoch }

// Mark implements [cutover.Journal].
func (m *Memory) Mark(_ context.Context, mark cutover.JournalMark) {
	s := m.store
	defer s.locked()()
	now, lease, err := m.use()
	if m.dead {
		return
	}
	if err == nil {
		lease.flags[mark.Flag] = struct{}{}
	}
	if mark.Dirty == "" {
		mark.Dirty = cutover.NotJournaled
	}
	f := s.flag(mark.Flag)
	for _, key := range mark.Records {
		r := f.row(key)
		r.mark(mark, now, s.config.LateBound, s.off)
		f.changed(key, r, s.off)
	}
}
