package cutover

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	// sideBySide is how soon a stage that was left must be seen again to count as in use beside the
	// other, and how long one of several must be the only one in use to count as a move.
	sideBySide = 10 * time.Second
	// longestPatience limits the latter for stages that return again and again.
	longestPatience = 10 * time.Minute
	// plainReturns is how often a stage may return and be reported as a move, before its returns
	// count as a rollout with rare operations.
	plainReturns = 2
	// stageMemory is how long a stage is remembered after it was seen last.
	stageMemory = time.Hour
	// noteEvery is how often the sight of a stage is noted while several are in use.
	noteEvery = 100 * time.Millisecond
)

// kindWatch knows which stages one kind of evaluation context is given. Stages are rows of the
// stage table.
type kindWatch struct {
	until [len(stages)]atomic.Int64 // until when a sight need not be noted; or one of the values below

	mu            sync.Mutex
	told          int    // the stage reported last
	since         uint64 // the generation of that change
	known         [len(stages)]knownStage
	returns       int  // reported moves to stages that were remembered
	sinceComplete bool // complete was in use, and no move to where the old system answers since
}

const (
	never  = math.MaxInt64 // it is the only stage in use
	always = math.MinInt64
)

type knownStage struct {
	use  stageUse      // of a stage other than the one reported last
	seen time.Duration // when it was noted last
	// only is since when it was seen and the stage reported last was not, if it challenges that.
	only       time.Duration
	challenges bool
}

type stageUse uint8

const (
	unused stageUse = iota // or forgotten
	left                   // the flag moved on since, as was reported
	beside                 // in use beside the stage reported last
)

func newKindWatch(row int) *kindWatch {
	k := &kindWatch{told: row, sinceComplete: stages[row].stage == ldmigration.Complete}
	for i := range k.until {
		k.until[i].Store(always)
	}
	k.until[row].Store(never)
	return k
}

// quiet reports whether the sight of a stage need not be noted: it is the only one in use, or was
// noted just now. A time too far ahead belongs to another clock, as in a testing/synctest bubble.
func (k *kindWatch) quiet(row int) bool {
	until := k.until[row].Load()
	if until == never || until == always {
		return until == never
	}
	wait := time.Duration(until) - now()
	return wait > 0 && wait <= noteEvery
}

// saw notes the sight of a stage, and reports whether it is a change to report. It is called with
// the lock held.
func (k *kindWatch) saw(row int, generation uint64, at time.Duration) (t stageMove, changed bool) {
	if generation < k.since {
		return stageMove{}, false // evaluated before the last change, so out of date
	}
	k.forget(at)
	one := &k.known[row]
	next := at + noteEvery
	switch {
	case row == k.told:
		one.seen = at
		k.unchallenged()
	case one.use == unused:
		t, changed = k.move(row, at), true
	case one.use == left && at-one.seen >= sideBySide && k.returns < plainReturns:
		k.returns++
		t, changed = k.move(row, at), true
	case one.use == left:
		t, changed = k.tell(row, at, true, k.besideRisk(row)), true
		k.known[t.from] = knownStage{use: beside, seen: at}
	default:
		one.seen = at
		if !one.challenges || one.only > at {
			one.challenges, one.only = true, at
		}
		next = min(next, one.only+k.patience())
		if next <= at {
			k.returns++
			t, changed = k.tell(row, at, false, moveRisk(k.told, row, k.sinceComplete)), true
			k.known[t.from].use = beside
		}
	}
	k.noteNext(row, next)
	return t, changed
}

// move reports a stage for which all others were left, as far as is known.
func (k *kindWatch) move(row int, at time.Duration) stageMove {
	t := k.tell(row, at, false, moveRisk(k.told, row, k.sinceComplete))
	k.known[t.from] = knownStage{use: left, seen: at}
	for i := range k.known {
		if k.known[i].use == beside {
			k.known[i].use = left
		}
	}
	return t
}

// tell makes row the stage reported last.
func (k *kindWatch) tell(row int, at time.Duration, sideways bool, warning string) stageMove {
	t := stageMove{from: k.told, to: row, beside: sideways, warning: warning}
	k.told, k.since = row, generations.Add(1)
	k.known[row] = knownStage{seen: at}
	k.unchallenged()
	switch {
	case stages[row].stage == ldmigration.Complete:
		k.sinceComplete = true
	case !sideways && stages[row].reads.authoritative == oldSide:
		k.sinceComplete = false
	}
	return t
}

func (k *kindWatch) unchallenged() {
	for i := range k.known {
		k.known[i].challenges = false
	}
}

// forget drops the stages that were not seen for long.
func (k *kindWatch) forget(at time.Duration) {
	remembered := false
	for i := range k.known {
		if i == k.told || k.known[i].use == unused {
			continue
		}
		if age := at - k.known[i].seen; age < 0 || age >= stageMemory {
			k.known[i] = knownStage{}
		} else {
			remembered = true
		}
	}
	if !remembered {
		k.returns = 0
	}
}

// patience returns how long a stage beside the one reported last must be the only one in use to be
// reported.
func (k *kindWatch) patience() time.Duration {
	return min(sideBySide<<min(k.returns, 6), longestPatience)
}

// noteNext sets when the sights of a stage, and of the one reported last, need to be noted again.
func (k *kindWatch) noteNext(row int, next time.Duration) {
	only := true
	for i := range k.known {
		only = only && (i == k.told || k.known[i].use != beside)
		k.until[i].CompareAndSwap(never, always)
	}
	k.until[row].Store(int64(next))
	if only {
		k.until[k.told].Store(never)
	}
}

// besideRisk returns what goes wrong by a stage beside the one reported last, or beside another one
// in use.
func (k *kindWatch) besideRisk(row int) string {
	risk := besideRisk(k.told, row)
	for i := range k.known {
		if risk == "" && i != row && k.known[i].use == beside {
			risk = besideRisk(i, row)
		}
	}
	return risk
}
