package cutovertest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// The rules of what a script may do. They are the preconditions of a migration: a failure that
// comes of breaking one of them is the script's and not the service's. Walks are made by them,
// shrinking tries nothing else, and a script that a user gives is refused if it breaks one.

// ways are the stages of the flags of six, four and two stages, in order. A flag moves from a stage
// to a neighbour, forwards or back.
func ways() [][]ldmigration.Stage {
	return [][]ldmigration.Stage{
		Stages(),
		{ldmigration.Off, ldmigration.Shadow, ldmigration.Live, ldmigration.Complete},
		{ldmigration.Off, ldmigration.Complete},
	}
}

func neighbours(a, b ldmigration.Stage) bool {
	return slices.ContainsFunc(ways(), func(way []ldmigration.Stage) bool {
		i, j := slices.Index(way, a), slices.Index(way, b)
		return i >= 0 && j >= 0 && (i-j == 1 || j-i == 1)
	})
}

// refuse says why a step must not come next, or returns nil. The key is that of the step's payload.
func (m *model[K]) refuse(s step, key K) error {
	if err := m.refuseFault(s, key); err != nil {
		return err
	}
	switch s.verb {
	case drains:
		return m.refuseDrain()
	case backfills:
		if m.reads().first == newSide {
			return fmt.Errorf("a backfill at %s would undo what only the new system holds", m.stage)
		}
	case writes:
		if last, written := m.last[key]; written && s.n < last {
			return fmt.Errorf("the record was written with the later payload %d before", last)
		}
	case deletes:
		if m.writes().both && !m.agree(key) {
			return fmt.Errorf("a delete at %s of a record that the systems differ in: backfill or write it before", m.stage)
		}
	case moves, reads:
	}
	if s.stage == "" || s.stage == m.stage {
		return nil
	}
	return m.refuseMove(s)
}

func (m *model[K]) refuseFault(s step, key K) error {
	kind := faultKinds[s.fault]
	if kind.journaled && m.journal == nil {
		return fmt.Errorf("the fault %s needs a journal", s.fault)
	}
	if kind.unrecorded && m.blocked(key) {
		return fmt.Errorf("a write at %s that the journal cannot record, of a record that is to be copied from the other system: "+
			"drain before", m.stage)
	}
	if kind.dies != never && s.verb == deletes {
		if _, there := m.holds[m.writes().first][key]; !there {
			return errors.New("the process is killed in a delete of a record that is not there")
		}
	}
	if kind.overtaken {
		if _, ok := m.journal.overtaker(s.n); !ok {
			return fmt.Errorf("no later payload of the record can overtake payload %d", s.n)
		}
	}
	if s.fault == "" || kind.authoritative || m.plan(s).both {
		return nil
	}
	return fmt.Errorf("a %s at %s asks %s: there is no secondary for the fault", s.verb, m.stage, m.plan(s).order())
}

// refuseDrain says why a repair must not run: it would copy what only a backfill should.
func (m *model[K]) refuseDrain() error {
	if m.journal == nil {
		return errors.New("a drain needs a journal")
	}
	for key := range m.journal.seen {
		if !m.agree(key) {
			return fmt.Errorf("a drain at %s of records that differ since before writes went to both systems: "+
				"backfill or write them before", m.stage)
		}
	}
	return nil
}

func (m *model[K]) refuseMove(s step) error {
	to := m.table[s.stage].writes
	switch {
	case !neighbours(m.stage, s.stage):
		return fmt.Errorf("no flag moves from %s to %s at once", m.stage, s.stage)
	case !to.both && m.undoneFrom(to.first):
		return fmt.Errorf("a drain must come before the move from %s to %s", m.stage, s.stage)
	case !m.prepared(s.stage) && m.undone():
		return fmt.Errorf("a drain, and a backfill, must come before the move from %s to %s", m.stage, s.stage)
	case !m.prepared(s.stage) && m.reads().first == oldSide:
		return fmt.Errorf("a backfill must come before the move from %s to %s, with writes to both systems since",
			m.stage, s.stage)
	case !m.prepared(s.stage):
		return fmt.Errorf("the old system lacks records before the move from %s to %s: write them again", m.stage, s.stage)
	case s.verb == writes && !m.mayWriteDuring(s.stage):
		return fmt.Errorf("a write during the move from %s to %s would be lost", m.stage, s.stage)
	}
	return nil
}

// prepared reports whether the system that answers reads at a stage holds all that was written. A
// flag of two stages cannot prepare its way back: what only the new system got is lost by it, and
// the model knows that.
func (m *model[K]) prepared(to ldmigration.Stage) bool {
	if m.table[to].reads.first == m.reads().first {
		return true
	}
	wayBack := m.writes() == plan{first: newSide}
	return wayBack || !m.behind && m.agreeOnAll()
}

// mayWriteDuring reports whether a write that began at this stage is read after a move.
func (m *model[K]) mayWriteDuring(to ldmigration.Stage) bool {
	return m.writes().both || m.writes().first == m.table[to].reads.first
}

// lawful returns an error for the first step that must not come where it does.
func (m *Harness[K, P, R]) lawful(s script, table map[ldmigration.Stage]plans) error {
	model := m.newModel(table)
	for i, one := range s {
		var key K
		if one.named() {
			key = m.Key(m.Payload(one.n))
		}
		if err := model.refuse(one, key); err != nil {
			return fmt.Errorf("script: step %d, %q: %w", i+1, one, err)
		}
		model.apply(one, key)
	}
	return nil
}
