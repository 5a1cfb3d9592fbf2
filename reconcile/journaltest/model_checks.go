package journaltest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/reconcile"
)

var modelChecks = []Check{
	{"random writes of one direction end equal", func(w *world) { newModel(w, 1, false).run() }},
	{"random writes of both directions end equal", func(w *world) { newModel(w, 2, true).run() }},
}

// The sizes of a model. Writers move from key to key together, because what goes wrong with a record
// is seen only if nobody writes it again.
const (
	modelProcesses = 3
	modelWriters   = 2 // of each process
	modelRounds    = 25
	modelWrites    = 3 // of each writer in a round
	modelKeys      = modelRounds + 2
)

// model has two systems that processes write to as the engine does, while others repair them. At
// the end a record without a row must be equal in both, and repair must make the rest equal.
type model struct {
	w         *world
	seed      uint64
	both      bool // in both directions
	old, new  toySystem
	processes []reconcile.Journal
	late      sync.WaitGroup // writes that land later

	mu     sync.Mutex
	wrong  []string
	counts map[string]int
}

// toySystem is one of the two systems.
type toySystem struct {
	mu     sync.Mutex
	values map[string]int64
}

func (s *toySystem) put(key string, value int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value == 0 { // a copy of a record that was never written
		delete(s.values, key)
		return
	}
	s.values[key] = value
}

func (s *toySystem) get(key string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key]
}

func newModel(w *world, seed uint64, both bool) *model {
	m := &model{w: w, seed: seed, both: both, counts: map[string]int{}}
	m.old.values, m.new.values = map[string]int64{}, map[string]int64{}
	for i := range modelProcesses {
		m.processes = append(m.processes, w.open("process "+strconv.Itoa(i)))
	}
	return m
}

// systems returns the authoritative system of a direction, and the other one.
func (m *model) systems(from origin) (authoritative, secondary *toySystem) {
	if from == before {
		return &m.old, &m.new
	}
	return &m.new, &m.old
}

func (m *model) count(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[what]++
}

func (m *model) fail(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

func (m *model) run() {
	m.w.tb.Helper()
	var repairers sync.WaitGroup
	var writers []*modelWriter
	written := make(chan struct{})
	for i, j := range m.processes {
		for n := range modelWriters {
			id := uint64(i*modelWriters + n)
			writers = append(writers, &modelWriter{model: m, j: j, id: id, rand: rand.New(rand.NewPCG(m.seed, id))})
		}
		repairers.Go(func() { m.repairUntil(j, written) })
	}
	for round := range modelRounds {
		var busy sync.WaitGroup
		for _, writer := range writers {
			busy.Go(func() {
				for range modelWrites {
					writer.write(round)
				}
			})
		}
		busy.Wait()
	}
	writers[0].crash()
	close(written)
	repairers.Wait()
	m.late.Wait()
	m.settle()
}

// settle lets the leases of lost processes run out, and repairs what is left.
func (m *model) settle() {
	w := m.w
	w.tb.Helper()
	last := w.open("the last process")
	w.pass(w.Lease)
	w.rests(last)
	w.pass(w.LateBound)
	dirty := map[string]bool{}
	for _, e := range w.entries(last, reconcile.Filter{Flag: w.flag}) {
		dirty[e.Record.Key] = true
	}
	for i := range modelKeys {
		key := modelKey(i)
		if old, new := m.old.get(key), m.new.get(key); !dirty[key] && old != new {
			m.fail("order %s has no row, but is %d in the old system and %d in the new one", key, old, new)
		}
	}
	w.eventually("repair is done", func() bool {
		m.repair(last)
		return w.backlog(last).Empty()
	})
	assert.Equal(w.tb, m.old.values, m.new.values, "after repair")
	m.mu.Lock()
	defer m.mu.Unlock()
	require.Empty(w.tb, m.wrong)
	expected := []string{"written", "repaired", "failed", "crashed"}
	if !m.both {
		expected = append(expected, "landed late")
	}
	for _, what := range expected {
		assert.Positive(w.tb, m.counts[what], "nothing %s, so that little was tested", what)
	}
}
