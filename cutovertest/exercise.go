package cutovertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Exercise drives a service through a migration and checks what a migration promises. It goes
// through six, four and two stages there and back, and over every adjacent move forwards and back;
// it writes before, during and after each move, repeats writes, deletes, and makes the secondary
// fail, panic, end its goroutine, hang, answer late and lose its answer. Where payloads can be
// changed, it changes those that were used. After each write it compares what both systems hold
// with what they should.
//
// It checks that a read after a successful write returns what was written, at every stage and
// across every adjacent move; that from off to complete nothing is lost; that a secondary's failure
// never reaches the caller; that both systems hold the same wherever writes go to both, and a
// system that is not written to stays as it was, so that after a move back the old one has what was
// written while writes went to both; that the operations ask the systems that the stage says; that
// a secondary write has a payload of its own, or that no function changes its payload. It does not
// expect that the old system has what only the new one got, at complete, until it is saved again.
//
// With a journal it also kills the service's process before, between and after its two writes, at
// every stage and move, and makes another process of it go on; it lets another process write a
// record between the two writes of the first one; and it makes the journal fail. After each of
// these, and of the faults above, it lets the lease of the killed process run out, repairs what the
// journal holds as dirty, and checks that both systems hold the same, and that no write is lost that
// the system has that was written first. The journal must be told of every write to both.
//
// The first promise that is broken fails the test, in as few steps as are found to break it, with
// the stage, the move, the payload, what each system holds and how to run that case alone. Exercise
// then stops and returns false. It makes only moves that a migration may make: no reads from the
// new system before it was backfilled, for example.
//
// An operation that never returns fails the test too, after the harness's Patience and with the
// stacks of the goroutines that it waits for. Exercise leaves these running and closes nothing that
// they may use.
//
// One operation runs at a time, but for a write during a move, and one that overtakes another. The
// systems need not be safe for concurrent use, if the two share nothing. Operations, backfills and
// listings run on goroutines of their own.
//
// Exercise may be called in a synctest bubble, where waiting takes no time. There an operation that
// never returns is told only if it is durably blocked, on a channel of the bubble for example: one
// that waits for a mutex or for I/O holds up the bubble's clock, and with it the patience. A test
// whose bubble ends with goroutines left in it fails by a panic of synctest, after what Exercise
// told.
func Exercise[K comparable, P, R any](tb TB, harness Harness[K, P, R]) bool {
	tb.Helper()
	m, err := harness.withDefaults()
	if err != nil {
		return refused(tb, err)
	}
	table, err := stageTable()
	if err != nil {
		return refused(tb, err)
	}
	ctx := contextOf(tb)
	deletes, err := m.survey(ctx, table)
	if err != nil {
		return refused(tb, err)
	}
	if text := cmp.Or(os.Getenv(scriptVariable), m.Script); text != "" {
		broken, err := m.playText(ctx, text, deletes, table)
		return told(tb, broken, err)
	}
	broken, from, err := m.find(ctx, deletes, table)
	if broken != nil && err == nil {
		broken = m.shrunk(ctx, broken, from, table)
	}
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

// playText plays a script that a user gave.
func (m *Harness[K, P, R]) playText(
	ctx context.Context, text string, canDelete bool, table map[ldmigration.Stage]plans,
) (*failure, error) {
	s, err := parseScript(text)
	if err != nil {
		return nil, err
	}
	if !canDelete && slices.ContainsFunc(s, func(one step) bool { return one.verb == deletes }) {
		return nil, errors.New("script: a delete needs Delete in the service and in both systems")
	}
	if !m.journaled() && slices.ContainsFunc(s, func(one step) bool {
		return one.verb == drains || faultKinds[one.fault].journaled
	}) {
		return nil, errors.New("script: a drain, or a fault that needs one, needs a service with a journal")
	}
	if m.PayloadsAreNotModified && slices.ContainsFunc(s, func(one step) bool {
		return faultKinds[one.fault].scribbler != nobody
	}) {
		return nil, errors.New("script: it changes payloads, which the harness says are not modified")
	}
	if err := m.lawful(s, table); err != nil {
		return nil, err
	}
	return m.play(ctx, s, table)
}

// find plays a script for each walk and round, until one breaks a promise. It tells which walk that
// came from.
func (m *Harness[K, P, R]) find(
	ctx context.Context, deletes bool, table map[ldmigration.Stage]plans,
) (broken *failure, from string, err error) {
	for _, way := range walks(m.journaled()) {
		if m.leavesOut(way.fault) {
			continue
		}
		for round := range m.Rounds {
			seed := m.Seed + uint64(round)
			broken, err := m.play(ctx, m.script(way, seed, table, deletes), table)
			if broken != nil || err != nil {
				return broken, fmt.Sprintf("%q, seed %d", way.name, seed), err
			}
		}
	}
	return nil, "", nil
}

// leavesOut reports whether a fault cannot happen to a service, or harms it as documented.
func (m *Harness[K, P, R]) leavesOut(fault string) bool {
	if faultKinds[fault].scribbler != nobody {
		return m.Scribble == nil || m.PayloadsAreNotModified
	}
	return fault == endsGoroutine && m.SecondaryInline
}

func (m *Harness[K, P, R]) script(way walk, seed uint64, table map[ldmigration.Stage]plans, deletes bool) script {
	w := &writing[K]{
		model: m.newModel(table), random: rand.New(rand.NewPCG(seed, 0)), deletes: deletes,
		key: func(n int) K { return m.Key(m.Payload(n)) },
	}
	return w.write(way)
}

func (m *Harness[K, P, R]) shrunk(
	ctx context.Context, broken *failure, walk string, table map[ldmigration.Stage]plans,
) *failure {
	found := len(broken.script)
	if broken.promise == promiseEvent || broken.left {
		broken.walk = fmt.Sprintf("%s, at step %d", walk, found)
		return broken // each try would wait in vain
	}
	broken = m.shrunkBy(broken, table, func(s script) (*failure, error) { return m.play(ctx, s, table) })
	broken.walk = fmt.Sprintf("%s, at step %d; cut down to %d", walk, found, len(broken.script))
	return broken
}

func (m *Harness[K, P, R]) shrunkBy(
	broken *failure, table map[ldmigration.Stage]plans, play func(script) (*failure, error),
) *failure {
	return shrink(broken, func(s script) bool { return m.lawful(s, table) == nil }, func(s script) *failure {
		again, err := play(s)
		if err != nil {
			return nil
		}
		return again
	})
}
