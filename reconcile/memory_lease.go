package reconcile

import (
	"slices"
	"sync"
	"time"

	"github.com/gocutover/cutover"
)

// memoryStore is what the handles share.
type memoryStore struct {
	config MemoryConfig
	off    mutant

	mu     sync.Mutex
	flags  map[string]*memoryFlag
	lastID int64
	fading []*memoryLease // those that are not renewed
}

// memoryFlag is what is kept of a flag.
type memoryFlag struct {
	rows  map[cutover.RecordKey]*row
	most  int // rows since the map was made
	turns turns
	gaps  []Gap
}

// memoryLease is the time that a process is known to live.
type memoryLease struct {
	id    int64
	name  string
	flags map[string]struct{} // those it wrote for
	// A lease is renewed all the time unless it fades.
	fades bool
	until time.Time
	lost  bool
}

// locked locks the store and returns what unlocks it.
func (s *memoryStore) locked() func() {
	s.mu.Lock()
	return s.mu.Unlock
}

func (s *memoryStore) nextID() int64 {
	s.lastID++
	return s.lastID
}

func (s *memoryStore) flag(key string) *memoryFlag {
	f := s.flags[key]
	if f == nil {
		f = &memoryFlag{rows: map[cutover.RecordKey]*row{}}
		s.flags[key] = f
	}
	return f
}

func (s *memoryStore) newLease(name string) *memoryLease {
	return &memoryLease{id: s.nextID(), name: name, flags: map[string]struct{}{}}
}

// fade stops the renewal of a lease.
func (s *memoryStore) fade(l *memoryLease) {
	if l != nil && !l.lost && !l.fades {
		l.fades, l.until = true, s.config.Now().Add(s.config.Lease)
		s.fading = append(s.fading, l)
	}
}

// renew goes on with the renewal of a lease.
func (s *memoryStore) renew(l *memoryLease) {
	if l != nil && !l.lost {
		l.fades = false
		s.fading = slices.DeleteFunc(s.fading, func(f *memoryLease) bool { return f == l })
	}
}

// reap loses the leases that ran out.
func (s *memoryStore) reap(now time.Time) {
	for i := 0; i < len(s.fading); {
		if l := s.fading[i]; now.Before(l.until) {
			i++
		} else {
			s.lose(l, now, !s.off.has(hideGap))
		}
	}
}

// lose ends a lease and everything that was open under it.
func (s *memoryStore) lose(l *memoryLease, now time.Time, gap bool) {
	s.renew(l)
	l.lost = true
	for _, f := range s.flags {
		for key, r := range f.rows {
			mine := slices.Clone(r.open)
			for _, o := range slices.DeleteFunc(mine, func(o owner) bool { return o.in != l.id }) {
				r.lose(o, now, s.config.LateBound, s.off)
				f.changed(key, r, s.off)
			}
		}
	}
	for flag := range l.flags {
		if gap {
			f := s.flag(flag)
			f.gaps = append(f.gaps, Gap{
				Flag: flag, Instance: l.name, Since: l.until.Add(-s.config.Lease), Until: now, Suspected: true,
			})
		}
	}
}

// row returns the row of a record, a new one if there is none.
func (f *memoryFlag) row(key cutover.RecordKey) *row {
	r := f.rows[key]
	if r == nil {
		r = newRow()
		f.rows[key] = r
		f.most = max(f.most, len(f.rows))
	}
	return r
}

// changed deletes a row that is over, and wakes those who wait for it.
func (f *memoryFlag) changed(key cutover.RecordKey, r *row, off mutant) {
	if r.over(off) {
		delete(f.rows, key)
		if len(f.rows) == 0 && f.most > 1000 { // a map does not shrink
			f.rows, f.most = map[cutover.RecordKey]*row{}, 0
		}
	}
	r.wake()
}
