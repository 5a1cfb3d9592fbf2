package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gocutover/cutover"
)

// Pass makes one pass of a repair.
func (r *Repair) Pass(ctx context.Context) int { return r.pass(ctx) }

// Snapshot returns all that a journal in memory holds, with times relative to now. It names owners
// by the process whose handle is given.
func Snapshot(m *Memory, handles ...*Memory) string {
	s := m.store
	defer s.locked()()
	now := s.config.Now()
	var lines []string
	names := map[int64]string{}
	for _, h := range handles {
		if h.lease != nil {
			names[h.lease.id] = h.name
		}
	}
	for _, l := range s.fading {
		lines = append(lines, fmt.Sprintf("fading %s %v", l.name, l.until.Sub(now)))
	}
	for flag, f := range s.flags {
		for key, r := range f.rows {
			open := make([]string, len(r.open))
			for i, o := range r.open {
				open[i] = fmt.Sprint(names[o.in], o.claim)
			}
			slices.Sort(open)
			late, due, wants := r.lateUntil.Sub(now), r.notBefore.Sub(now), r.wantsUntil.Sub(now)
			lines = append(lines, fmt.Sprint(flag, key, r.gen, open, r.from, r.dirty, r.written, r.settling,
				max(late, 0), max(due, 0), max(wants, 0), r.attempts, r.parked))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Claimable reports whether a claim would get something.
func Claimable(m *Memory, flag string) bool {
	s := m.store
	defer s.locked()()
	now := s.config.Now()
	for _, r := range s.flag(flag).rows {
		if r.due(now, s.off) {
			return true
		}
	}
	return m.ended != nil
}

// Beginnable reports whether a begin would not wait.
func Beginnable(m *Memory, w cutover.JournalWrite) bool {
	s := m.store
	defer s.locked()()
	now, lease, err := m.use()
	if err != nil {
		return true
	}
	for _, key := range w.Records {
		if s.flag(w.Flag).rows[key].ask(w.From, lease.id, now, s.off).busy() {
			return false
		}
	}
	return true
}
