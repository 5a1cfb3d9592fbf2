package cutovertest

import (
	"maps"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// model is what both systems hold if everything is as the stage table promises. A record is the
// number of the payload that it was last written with.
type model[K comparable] struct {
	table map[ldmigration.Stage]plans
	stage ldmigration.Stage
	holds [2]map[K]int
	last  map[K]int // the last payload that each record was written with, if only in vain
	// behind is true if writes went to one system alone since both were last made equal.
	behind bool
	// Only the model of a service with a journal has these.
	journal *dirt[K]
}

func newModel[K comparable](table map[ldmigration.Stage]plans) *model[K] {
	return &model[K]{
		table: table, stage: ldmigration.Off, holds: [2]map[K]int{{}, {}}, last: map[K]int{}, behind: true,
	}
}

func (m *model[K]) reads() plan  { return m.table[m.stage].reads }
func (m *model[K]) writes() plan { return m.table[m.stage].writes }

// plan says whom a step asks at this stage.
func (m *model[K]) plan(s step) plan {
	if s.verb == reads {
		return m.reads()
	}
	return m.writes()
}

// apply does one step. The key is that of the step's payload.
func (m *model[K]) apply(s step, key K) {
	switch s.verb {
	case backfills:
		m.holds[newSide], m.behind = maps.Clone(m.holds[oldSide]), false
	case drains:
		m.drain()
	case writes:
		m.last[key] = s.n
		m.settle(s, key)
		if !m.apart(s, key) {
			m.change(s, func(held map[K]int) { held[key] = s.n })
		}
	case deletes:
		m.settle(s, key)
		if !m.apart(s, key) {
			m.change(s, func(held map[K]int) { delete(held, key) })
		}
	case reads:
		m.see(key)
	case moves:
	}
	if s.stage != "" && s.stage != m.stage {
		m.stage = s.stage
		m.behind = m.behind || !m.writes().both
	}
	if m.behind && m.writes().both && m.writes().first == newSide {
		m.behind = !m.agreeOnAll() // what the old system lacked was saved again
	}
}

func (m *model[K]) change(s step, change func(map[K]int)) {
	p, kind := m.writes(), faultKinds[s.fault]
	m.behind = m.behind || !p.both
	if kind.authoritative && !kind.applied {
		return
	}
	change(m.holds[p.first])
	if p.both && (s.fault == "" || kind.applied) {
		change(m.holds[p.first.other()])
	}
}

// agree reports whether both systems hold the same record of a key, or none.
func (m *model[K]) agree(key K) bool {
	before, inOld := m.holds[oldSide][key]
	after, inNew := m.holds[newSide][key]
	return inOld == inNew && before == after
}

func (m *model[K]) agreeOnAll() bool { return maps.Equal(m.holds[oldSide], m.holds[newSide]) }
