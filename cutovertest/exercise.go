package cutovertest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Exercise drives a migration through the stages and checks what a migration promises. It goes through two, four and six
// stages there and back, and over every adjacent move forwards and back; it writes before, during and after each move,
// repeats writes, deletes, and makes the secondary fail, panic, end its goroutine, hang, answer late and lose its answer.
// After each write it compares what both systems hold with what they should.
//
// It checks that a read after a successful write returns what was written, at every stage and across every adjacent
// move; that from off to complete nothing is lost; that a secondary's failure never reaches the caller; that both systems
// hold the same wherever writes go to both, and a system that is not written to stays as it was, so that after a move
// back the old one has what was written while writes went to both; that the operations ask the systems that the stage
// says. What only the new system got, at complete, it does not expect in the old one until it is saved again.
//
// The first promise that is broken fails the test, in as few steps as are found to break it, with the stage, the move,
// the payload, what each system holds and how to run that case alone. Exercise then stops and returns false.
//
// One operation runs at a time, but for a write during a move. The systems need not be safe for concurrent use, if the
// two share nothing. It may be called in a synctest bubble, where time is free.
func Exercise[K comparable, P, R any](tb TB, migration Migration[K, P, R]) bool {
	tb.Helper()
	m, err := migration.prepared()
	if err != nil {
		return refused(tb, err)
	}
	table, err := stageTable()
	if err != nil {
		return refused(tb, err)
	}
	if text := cmp.Or(os.Getenv(scriptVariable), m.Script); text != "" {
		s, err := parseScript(text)
		if err != nil {
			return refused(tb, err)
		}
		broken, err := m.play(contextOf(tb), s, table)
		return told(tb, broken, err)
	}
	broken, err := m.walkAll(contextOf(tb), table)
	return told(tb, broken, err)
}

func refused(tb TB, err error) bool {
	tb.Helper()
	tb.Errorf("exercise: %v", err)
	return false
}

func told(tb TB, broken *failure, err error) bool {
	tb.Helper()
	if broken != nil {
		tb.Errorf("%s", broken.tell(nameOf(tb)))
	}
	if err != nil {
		return refused(tb, err)
	}
	return broken == nil
}

// walkAll plays a script for each walk and round, until one breaks a promise.
func (m *Migration[K, P, R]) walkAll(ctx context.Context, table map[ldmigration.Stage]plans) (*failure, error) {
	deletes, err := m.survey(ctx, table)
	if err != nil {
		return nil, err
	}
	for _, way := range walks() {
		if m.SecondaryInline && way.fault == endsGoroutine {
			continue
		}
		for round := range m.Rounds {
			seed := m.Seed + uint64(round)
			s := m.script(way, seed, table, deletes)
			broken, err := m.play(ctx, s, table)
			if broken == nil && err == nil {
				continue
			}
			if err != nil {
				return broken, err
			}
			return m.shrunk(ctx, broken, fmt.Sprintf("%q, seed %d", way.name, seed), table), nil
		}
	}
	return nil, nil
}

func (m *Migration[K, P, R]) script(way walk, seed uint64, table map[ldmigration.Stage]plans, deletes bool) script {
	w := &writing[K]{
		model: newModel[K](table), random: rand.New(rand.NewPCG(seed, 0)), deletes: deletes,
		key: func(n int) K { return m.Key(m.Payload(n)) },
	}
	return w.write(way)
}

func (m *Migration[K, P, R]) shrunk(
	ctx context.Context, broken *failure, walk string, table map[ldmigration.Stage]plans,
) *failure {
	found := len(broken.script)
	if broken.promise == promiseEvent || broken.promise == promiseReturn {
		broken.walk = fmt.Sprintf("%s, at step %d", walk, found)
		return broken // each try would wait in vain
	}
	broken = shrink(broken, func(s script) *failure {
		again, err := m.play(ctx, s, table)
		if err != nil {
			return nil
		}
		return again
	})
	broken.walk = fmt.Sprintf("%s, at step %d; cut down to %d", walk, found, len(broken.script))
	return broken
}
