package cutovertest

import (
	"math/rand/v2"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// walk is a way through the stages, with one kind of fault or none.
type walk struct {
	name   string
	stages []ldmigration.Stage
	fault  string
}

// walks are all ways that Exercise goes: what is wrong without a fault is told without one.
func walks(journaled bool) []walk {
	six, four, two := ways()[0], ways()[1], ways()[2]
	all := []walk{
		{"six stages, there and back", thereAndBack(six), ""},
		{"six stages, each move there, back and there again", hesitating(six), ""},
		{"four stages, there and back", thereAndBack(four), ""},
		{"two stages, there and back", thereAndBack(two), ""},
	}
	faults := faultNames
	if journaled {
		faults = slices.Concat(faults, journalFaultNames)
	}
	for _, fault := range faults {
		all = append(all, walk{"six stages, there and back; " + faultKinds[fault].tells, thereAndBack(six), fault})
	}
	return all
}

func thereAndBack(stages []ldmigration.Stage) []ldmigration.Stage {
	back := slices.Clone(stages[:len(stages)-1])
	slices.Reverse(back)
	return slices.Concat(stages, back)
}

// hesitating goes two steps forward and one back, all the way.
func hesitating(stages []ldmigration.Stage) []ldmigration.Stage {
	way := stages[:1:1]
	for i := range len(stages) - 1 {
		way = append(way, stages[i+1], stages[i], stages[i+1])
	}
	return way
}

// shownReads is how many records are read after a move; what both systems hold is compared as a
// whole all the time.
const shownReads = 4

// writing makes the script of a walk. It keeps a model of its own, to know what there is to read,
// repair and delete, and what must come before a move.
type writing[K comparable] struct {
	script  script
	model   *model[K]
	random  *rand.Rand
	key     func(n int) K
	deletes bool
	next    int   // the next payload
	keys    []K   // in the order in which they came first
	last    []int // the last payload of each of them
}

// write makes the script: operations at each stage, and a write during each move.
func (w *writing[K]) write(way walk) script {
	w.stay(way.fault)
	for _, to := range way.stages[1:] {
		w.leave(to, way.fault)
		w.look()
		w.drain()
		w.stay(way.fault)
	}
	return w.script
}

func (w *writing[K]) do(s step) {
	var key K
	if s.named() {
		key = w.key(s.n)
	}
	if s.verb == writes {
		if i := slices.Index(w.keys, key); i < 0 {
			w.keys, w.last = append(w.keys, key), append(w.last, s.n)
		} else {
			w.last[i] = s.n
		}
	}
	w.model.apply(s, key)
	if faultKinds[s.fault].overtaken {
		w.last[slices.Index(w.keys, key)] = w.model.last[key]
		w.next = max(w.next, w.model.last[key]+1)
	}
	w.script = append(w.script, s)
}

// fresh writes the next payload and returns its number.
func (w *writing[K]) fresh(fault string, during ldmigration.Stage) int {
	n := w.next
	w.next++
	w.do(step{verb: writes, n: n, fault: fault, stage: during})
	return n
}

// some returns the last payload of any record.
func (w *writing[K]) some() int { return w.last[w.random.IntN(len(w.last))] }

// look reads some records, the latest among them.
func (w *writing[K]) look() {
	w.do(step{verb: reads, n: w.next - 1})
	for range min(len(w.last), shownReads) - 1 {
		w.do(step{verb: reads, n: w.some()})
	}
}

// stay does all that there is to do at a stage; with a fault, only what the fault may harm.
func (w *writing[K]) stay(fault string) {
	n := w.fresh("", "")
	w.do(step{verb: reads, n: n})
	if fault != "" {
		w.converge()
		w.fail(fault)
		return
	}
	w.do(step{verb: writes, n: n})
	w.do(step{verb: reads, n: n})
	w.converge()
	for range 1 + w.random.IntN(2) {
		w.do(step{verb: reads, n: w.fresh("", "")})
	}
	w.do(step{verb: writes, n: w.some()})
	if w.deletes {
		n := w.some()
		w.do(step{verb: deletes, n: n})
		w.do(step{verb: reads, n: n})
		if w.random.IntN(2) == 0 {
			w.do(step{verb: writes, n: n})
		}
	}
	w.fresh("", "")
	w.look()
}

// fail does operations with a fault, and repairs what a failed secondary left behind.
func (w *writing[K]) fail(fault string) {
	kind := faultKinds[fault]
	authoritative := kind.authoritative
	if authoritative || w.model.writes().both {
		w.failWrite(fault)
	}
	if !authoritative && !kind.journaled && kind.scribbler == nobody && w.model.reads().both {
		w.do(step{verb: reads, n: w.some(), fault: fault})
	}
}

func (w *writing[K]) failWrite(fault string) {
	if faultKinds[fault].overtaken {
		if _, ok := w.model.journal.overtaker(w.next); !ok {
			return
		}
	}
	n := w.fresh(fault, "")
	w.do(step{verb: reads, n: n})
	if w.model.journal == nil || faultKinds[fault].dies == never && w.random.IntN(2) == 0 {
		w.do(step{verb: writes, n: w.model.last[w.key(n)]})
		w.do(step{verb: reads, n: n})
	}
	w.drain()
	if w.model.journal == nil || faultKinds[fault].dies == never || !w.model.writes().both {
		return
	}
	if w.random.IntN(2) == 0 { // what goes on after a crash, while the lease of the process still runs
		n = w.fresh(fault, "")
		w.do(step{verb: writes, n: n})
		w.drain()
	}
	if _, there := w.model.holds[w.model.writes().first][w.key(n)]; there && w.deletes {
		w.do(step{verb: deletes, n: n, fault: fault})
		w.do(step{verb: reads, n: n})
		w.drain()
		w.do(step{verb: reads, n: n})
	}
}

// drain repairs what is dirty, if there is a journal.
func (w *writing[K]) drain() {
	if w.model.undone() && w.model.refuseDrain() == nil {
		w.do(step{verb: drains})
	}
}

// converge does what a service must where writes go to both systems and one lacks what was written
// to the other alone: a backfill while the old one is authoritative, and saving the records again
// while the new one is.
func (w *writing[K]) converge() {
	if !w.model.writes().both || !w.model.behind {
		return
	}
	if w.model.writes().first == oldSide {
		w.do(step{verb: backfills})
		return
	}
	for i, key := range w.keys {
		if !w.model.agree(key) {
			w.do(step{verb: writes, n: w.last[i]})
		}
	}
}

// leave moves to a stage, during a write if no write that began at the stage before can be lost by
// that.
func (w *writing[K]) leave(to ldmigration.Stage, fault string) {
	w.drain()
	if w.model.mayWriteDuring(to) {
		if faultKinds[fault].dies == never || !w.model.writes().both {
			fault = ""
		}
		n := w.fresh(fault, to)
		if fault != "" && w.random.IntN(2) == 0 {
			w.do(step{verb: writes, n: n})
		}
		return
	}
	if !w.model.prepared(to) {
		w.do(step{verb: backfills})
	}
	w.do(step{verb: moves, stage: to})
}
