package cutovertest

import "maps"

// dirt is what a journal should know, as far as both systems differ for it. What else it holds as
// dirty is the same in both, and its repair changes nothing.
type dirt[K comparable] struct {
	from      map[K]side // which system a dirty record is to be copied from
	seen      map[K]bool // a read found the record to differ, and may have marked it
	overtaker func(n int) (int, bool)
	required  bool // a write that cannot be recorded is not made
}

// withJournal makes m the model of a service with a journal. The overtaker of a payload is a later
// one of the same record, if there is one.
func (m *model[K]) withJournal(overtaker func(n int) (int, bool), required bool) {
	m.journal = &dirt[K]{from: map[K]side{}, seen: map[K]bool{}, overtaker: overtaker, required: required}
}

// blocked reports whether a write has to wait for what a write in the other direction has left.
func (m *model[K]) blocked(key K) bool {
	if m.journal == nil || !m.writes().both {
		return false
	}
	from, dirty := m.journal.from[key]
	return dirty && from != m.writes().first
}

// settle copies a record that a write in the other direction left dirty: the next write does so
// first, unless the journal cannot be reached.
func (m *model[K]) settle(s step, key K) {
	if m.blocked(key) && !faultKinds[s.fault].unrecorded {
		m.copy(key, m.journal.from[key])
		delete(m.journal.from, key)
	}
}

func (m *model[K]) copy(key K, from side) {
	if n, there := m.holds[from][key]; there {
		m.holds[from.other()][key] = n
	} else {
		delete(m.holds[from.other()], key)
	}
}

// drain copies all that is dirty.
func (m *model[K]) drain() {
	for key, from := range m.journal.from {
		m.copy(key, from)
	}
	clear(m.journal.from)
	clear(m.journal.seen)
}

// see notes a read that may mark a difference.
func (m *model[K]) see(key K) {
	if m.journal == nil || !m.reads().both || m.agree(key) {
		return
	}
	if _, dirty := m.journal.from[key]; !dirty {
		m.journal.seen[key] = true
	}
}

// apart does a write that may leave the two systems apart, and reports whether this is one.
func (m *model[K]) apart(s step, key K) bool {
	p, kind := m.writes(), faultKinds[s.fault]
	if m.journal == nil || s.fault == "" || kind.answers && !kind.overtaken || !p.both {
		return false
	}
	if kind.unrecorded && m.journal.required {
		return true
	}
	m.journal.from[key] = p.first
	first, second := m.holds[p.first], m.holds[p.first.other()]
	put := func(held map[K]int, n int) {
		if s.verb == deletes {
			delete(held, key)
		} else {
			held[key] = n
		}
	}
	switch {
	case kind.overtaken:
		n, _ := m.journal.overtaker(s.n)
		m.last[key] = n
		put(first, n)
		put(second, s.n)
	case kind.dies == beforeFirst, kind.authoritative && !kind.applied:
	case kind.dies == afterSecond, kind.applied && !kind.authoritative:
		put(first, s.n)
		put(second, s.n)
	default:
		put(first, s.n)
	}
	return true
}

// undone reports whether something is dirty, or may be.
func (m *model[K]) undone() bool {
	return m.journal != nil && len(m.journal.from)+len(m.journal.seen) > 0
}

// undoneFrom reports whether something is to be copied from another system than this one.
func (m *model[K]) undoneFrom(first side) bool {
	if m.journal == nil {
		return false
	}
	for from := range maps.Values(m.journal.from) {
		if from != first {
			return true
		}
	}
	return len(m.journal.seen) > 0
}

// drainedFrom is the system that dirty records are copied from: the one that is written first now,
// unless all of them came from the other one.
func (m *model[K]) drainedFrom() side {
	first := m.writes().first
	for from := range maps.Values(m.journal.from) {
		if from == first {
			return first
		}
	}
	if len(m.journal.from) > 0 {
		return first.other()
	}
	return first
}
