//go:build unix

package main

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// What a run can leave out, as a control.
const (
	// withoutJournal makes the same writes without a journal and a repair.
	withoutJournal = "journal"
	// withoutBound tells the journal that no write takes effect late.
	withoutBound = "bound"
)

var controls = []string{withoutJournal, withoutBound}

// result is what a round has found.
type result struct {
	plan plan

	kills                          map[string]int // by where
	pauses, crashes, moves, turns  int
	cuts, late                     int64
	writes, uncertain, refused     int
	reads, checked, dirty, records int
	left, parked                   int
	lost, diverged, problems       []string
	drained, took                  time.Duration
	errors                         map[string]int
}

func (r *result) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *result) count(ops []*operation) {
	r.errors = map[string]int{}
	for _, op := range ops {
		if op.error != "" {
			r.errors[op.error]++
		}
		switch {
		case op.read:
			if op.outcome == acknowledged {
				r.reads++
			}
			continue
		case op.outcome == acknowledged:
			r.writes++
		case op.outcome == notRun:
			r.refused++
		default:
			r.uncertain++
		}
		if op.leftDirty {
			r.dirty++
		}
	}
}

func (r *result) killed() int {
	n := 0
	for _, count := range r.kills {
		n += count
	}
	return n
}

func (r *result) failed() bool { return len(r.lost)+len(r.diverged)+len(r.problems) > 0 }

// String is the line of a round.
func (r *result) String() string {
	return fmt.Sprintf("round %3d: kills %d, pauses %d, crashes %d, cuts %d, late %d, moves %d (%d turns); "+
		"writes %d, dirty %d, uncertain %d, refused %d, reads %d (%d checked); left %d, parked %d, drained in %.1fs; lost %d, diverged %d; %.1fs",
		r.plan.Round, r.killed(), r.pauses, r.crashes, r.cuts, r.late, r.moves, r.turns,
		r.writes, r.dirty, r.uncertain, r.refused, r.reads, r.checked, r.left, r.parked, r.drained.Seconds(),
		len(r.lost), len(r.diverged), r.took.Seconds())
}

// add adds the figures of another round.
func (r *result) add(o *result) {
	for where, n := range o.kills {
		r.kills[where] += n
	}
	r.pauses += o.pauses
	r.crashes += o.crashes
	r.cuts += o.cuts
	r.late += o.late
	r.moves += o.moves
	r.turns += o.turns
	r.writes += o.writes
	r.uncertain += o.uncertain
	r.refused += o.refused
	r.reads += o.reads
	r.checked += o.checked
	r.dirty += o.dirty
	r.parked += o.parked
	r.lost = append(r.lost, o.lost...)
	r.diverged = append(r.diverged, o.diverged...)
	r.problems = append(r.problems, o.problems...)
}

// byPoint tells the kills by where they hit.
func (r *result) byPoint() string {
	var parts []string
	for _, where := range sortedKeys(maps.Keys(r.kills)) {
		parts = append(parts, fmt.Sprintf("%s %d", where, r.kills[where]))
	}
	return strings.Join(parts, ", ")
}

func sortedKeys[K cmp.Ordered](keys iter.Seq[K]) []K { return slices.Sorted(keys) }

func otherOrigin(o ldmigration.Origin) ldmigration.Origin {
	if o == ldmigration.Old {
		return ldmigration.New
	}
	return ldmigration.Old
}
