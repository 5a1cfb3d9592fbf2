package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/gocutover/cutover"
)

// Memory is a [Journal] in memory, for tests and for trying things out. It forgets everything when
// the process ends, so it does not protect from a crash: the records that were being written then
// are known to nobody.
//
// A Memory is a handle of one process on a storage, which [NewMemory] makes. [Memory.Join] returns
// the handle of another one, so that a test can have several processes, and crash them. The lease
// of a handle is renewed without a goroutine, until [Memory.Crash], [Memory.Pause] or
// [Memory.Close]. A lease that ran out is noticed by the next use of any handle of the storage.
//
// A Memory is safe for concurrent use.
type Memory struct {
	store *memoryStore
	name  string
	// What follows is guarded by the mutex of the store.
	lease  *memoryLease // nil until it is used
	paused bool
	ended  error // why it cannot be used any more
	dead   bool  // whether it crashed
}

var _ Journal = (*Memory)(nil)

// MemoryConfig is the configuration of a [Memory]. A value that is zero or less is the default.
type MemoryConfig struct {
	// Name names the process in gaps. The default is "memory".
	Name string
	// Lease is how long what a process has open is respected after the process was lost. The
	// default is 15 seconds.
	Lease time.Duration
	// LateBound is how long a write that was not over may still take effect. The default is 10
	// seconds.
	LateBound time.Duration
	// TurnAfter is after how long without a write of its direction a flag turns to the other
	// direction, if that is used. The default is one minute.
	TurnAfter time.Duration
	// Now is the clock. The default is [time.Now].
	Now func() time.Time
}

// NewMemory returns the first handle on a new storage in memory.
func NewMemory(config MemoryConfig) *Memory { return newMemory(config, 0) }

func newMemory(config MemoryConfig, off mutant) *Memory {
	or := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	or(&config.Lease, 15*time.Second)
	or(&config.LateBound, 10*time.Second)
	or(&config.TurnAfter, time.Minute)
	if config.Name == "" {
		config.Name = "memory"
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	store := &memoryStore{config: config, off: off, flags: map[string]*memoryFlag{}}
	return &Memory{store: store, name: config.Name}
}

// Join returns a handle of another process on the same storage. It may have the name of one that
// ended, as a process that was restarted has.
func (m *Memory) Join(name string) *Memory { return &Memory{store: m.store, name: name} }

// Crash ends the process of the handle without a word: whatever is called on the handle afterwards
// fails or has no effect. What it had open stays so until its lease runs out.
func (m *Memory) Crash() {
	s := m.store
	defer s.locked()()
	if m.ended == nil {
		s.fade(m.lease)
		m.dead = true
		m.ended = fmt.Errorf("process %q has crashed: %w", m.name, ErrClosed)
	}
}

// Pause stops the renewal of the lease, as if the process stood still or could not reach the
// journal. The handle can be used all the same. A use after the lease ran out gets a new lease, and
// what was open under the old one is lost.
func (m *Memory) Pause() {
	s := m.store
	defer s.locked()()
	if m.ended == nil && !m.paused {
		m.paused = true
		s.fade(m.lease)
	}
}

// Resume goes on renewing the lease, if it has not run out.
func (m *Memory) Resume() {
	s := m.store
	defer s.locked()()
	if m.ended == nil && m.paused {
		s.reap(s.config.Now())
		m.paused = false
		s.renew(m.lease)
	}
}

// Close gives up the lease, without leaving a gap. Records that are being written become dirty. The
// second call does nothing. It does not wait, and returns no error.
func (m *Memory) Close(context.Context) error {
	s := m.store
	defer s.locked()()
	if m.ended != nil {
		return nil
	}
	m.ended = ErrClosed
	now := s.config.Now()
	s.reap(now)
	if m.lease != nil && !m.lease.lost {
		s.lose(m.lease, now, s.off.has(closeLeavesGap))
	}
	return nil
}

// use begins a use of the journal: it returns the time, and the lease that the use is under.
func (m *Memory) use() (time.Time, *memoryLease, error) {
	now := m.store.config.Now()
	m.store.reap(now)
	if m.ended != nil {
		return now, nil, m.ended
	}
	if m.lease == nil || m.lease.lost {
		m.lease = m.store.newLease(m.name)
		if m.paused {
			m.store.fade(m.lease)
		}
	}
	return now, m.lease, nil
}

// unusable is the error of a write that cannot begin.
func unusable(err error) error { return fmt.Errorf("%w: %w", cutover.ErrJournal, err) }
