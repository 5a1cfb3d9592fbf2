package main

import (
	"context"
	"sync"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// figures is the cutover.Observer of this program: it counts what the library saw, and keeps every
// order whose two reads did not agree.
type figures struct {
	mu         sync.Mutex
	stages     map[ldmigration.Stage]*stageFigures
	seen       map[int64]bool
	mismatches [][]difference
}

type stageFigures struct {
	tally  tally
	missed int // writes that the other database missed, and that the journal knows of
	failed int // those of them that it was asked for
	served map[ldmigration.Origin]int
	took   map[call][]time.Duration
}

// call is one of the four functions the service was given.
type call struct {
	operation ldmigration.Operation
	origin    ldmigration.Origin
}

func newFigures() *figures {
	return &figures{stages: map[ldmigration.Stage]*stageFigures{}, seen: map[int64]bool{}}
}

// Observe counts one operation.
func (f *figures) Observe(_ context.Context, o cutover.Observation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stage := f.stages[o.Stage]
	if stage == nil {
		stage = &stageFigures{served: map[ldmigration.Origin]int{}, took: map[call][]time.Duration{}}
		f.stages[o.Stage] = stage
	}
	stage.count(o)
	if o.Consistency == cutover.Inconsistent {
		f.keep(o)
	}
}

func (s *stageFigures) count(o cutover.Observation) {
	if o.Operation == ldmigration.Read {
		s.tally.Reads++
	} else {
		s.tally.Writes++
	}
	if o.Consistency.Checked() {
		s.tally.Checked++
	}
	if o.Consistency == cutover.Inconsistent {
		s.tally.Inconsistent++
	}
	s.served[o.Authoritative]++
	for _, origin := range []ldmigration.Origin{ldmigration.Old, ldmigration.New} {
		outcome := o.Outcome(origin)
		failed := outcome.Err != nil && !outcome.NotFound
		if failed && outcome.Invoked {
			s.tally.Errors++
		}
		if failed && o.Operation == ldmigration.Write && origin != o.Authoritative && o.Journaled.Dirty != "" {
			s.missed++
			if outcome.Invoked {
				s.failed++
			}
		}
		if outcome.Invoked {
			function := call{o.Operation, origin}
			s.took[function] = append(s.took[function], outcome.Latency)
		}
	}
}

func (f *figures) keep(o cutover.Observation) {
	id, _ := o.Payload.(int64)
	if f.seen[id] {
		return
	}
	f.seen[id] = true
	f.mismatches = append(f.mismatches, compareOrders(found(o.Old), found(o.New)))
}

// found returns the order that a database returned, or none if it has none.
func found(by cutover.Outcome[any]) []Order {
	if order, ok := by.Value.(Order); ok && !by.NotFound {
		return []Order{order}
	}
	return nil
}

// Tally returns the counts of a stage so far.
func (f *figures) Tally(stage ldmigration.Stage) tally {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.stages[stage]; s != nil {
		return s.tally
	}
	return tally{}
}

// Missed returns how many writes of a stage one database missed and the journal knows of. So many of
// them failed; the others were left to the repair from the beginning.
func (f *figures) Missed(stage ldmigration.Stage) (missed, failed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.stages[stage]; s != nil {
		return s.missed, s.failed
	}
	return 0, 0
}

// Operations returns how many there were at all stages.
func (f *figures) Operations() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	total := 0
	for _, s := range f.stages {
		total += s.tally.Operations()
	}
	return total
}

// Served returns how many operations of a stage each origin was authoritative for.
func (f *figures) Served(stage ldmigration.Stage, origin ldmigration.Origin) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.stages[stage]; s != nil {
		return s.served[origin]
	}
	return 0
}

// Latency returns how long a function took at a stage: the median, and the 99th percentile.
func (f *figures) Latency(stage ldmigration.Stage, function call) latency {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.stages[stage]; s != nil {
		return latencyOf(s.took[function])
	}
	return latency{}
}

// Mismatches returns how the reads differed, the first time for each order.
func (f *figures) Mismatches() [][]difference {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mismatches[:len(f.mismatches):len(f.mismatches)]
}
