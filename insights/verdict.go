package insights

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Answer says whether a move may be made.
type Answer string

const (
	// Safe means that everything asked for is there.
	Safe Answer = "safe"
	// NotYet means that nothing speaks against it, but not enough was seen to know.
	NotYet Answer = "not yet"
	// Unsafe means that something speaks against it.
	Unsafe Answer = "unsafe"
	// NoMove means that there is no stage in that direction.
	NoMove Answer = "no move"
)

// Verdict says for the stage that is in use whether the next one and the one before are safe, by
// the [Thresholds]. It knows what this process saw and nothing else: not whether a backfill is
// complete, nor what other writers did.
type Verdict struct {
	// Stage is the stage in use. If several are, it is the last of them in the order of a
	// migration.
	Stage ldmigration.Stage `json:"stage"`
	// Forward and Back are the moves to its neighbours among the stages that the flag has; see
	// [Config.FlagStages].
	Forward Move `json:"forward"`
	Back    Move `json:"back"`
}

// Move is what is to be said of going to one stage.
type Move struct {
	// To is the stage; empty if Answer is NoMove.
	To ldmigration.Stage `json:"to"`
	// Answer is the worst of the Reasons' answers.
	Answer Answer `json:"answer"`
	// Reasons are what was asked for, met or not.
	Reasons []Reason `json:"reasons"`
}

// Reason is one thing that a move depends on.
type Reason struct {
	// Answer is Safe if it is met.
	Answer Answer `json:"answer"`
	// Text says what there is and what is wanted, or that it is not judged.
	Text string `json:"text"`
}

// judged is what a verdict is made of: the figures of one stage over the window, and what holds
// since the start.
type judged struct {
	Thresholds
	inUse         []int
	stage         int
	reads, writes bucket

	missed     [2]Missed
	differ     uint64 // records with a known key that differed when they were compared last
	absent     uint64 // those of them that the old system lacks
	atOff      uint64 // writes at off after the new system had begun to get writes
	atComplete uint64 // writes at complete
	complete   bool   // complete was in use
	forward    *Change
	back       *Change
	mixed      *Change // stages that were side by side, if that is not too long ago
}

// Verdict judges the stage that a flag is at. It reports false for a flag that was not seen.
func (f *Figures) Verdict(flag string) (Verdict, bool) {
	known := f.known(flag)
	if known == nil {
		return Verdict{}, false
	}
	return verdictOf(known, f.judge(known, time.Since(f.start))), true
}

func verdictOf(flag *flagFigures, j *judged) Verdict {
	before, after := neighbours(flag.order, j.stage)
	return Verdict{
		Stage:   stages[j.stage],
		Forward: moveOf(after, j, forwardRules),
		Back:    moveOf(before, j, backRules),
	}
}

func (f *Figures) judge(flag *flagFigures, since time.Duration) *judged {
	j := f.facts(flag, since)
	j.missed = flag.records.missedWrites()
	defer flag.gather()()
	flag.count(j, since)
	return j
}

// facts begins what is judged with everything but the figures and the missed writes.
func (f *Figures) facts(flag *flagFigures, since time.Duration) *judged {
	j := &judged{Thresholds: f.cfg.thresholds, inUse: flag.presence.inUse(since)}
	j.stage = j.inUse[len(j.inUse)-1]
	j.differ, j.absent = flag.records.differing()
	j.atOff = flag.atOff.Load()
	j.forward, j.back, j.mixed, j.complete = flag.history.warned()
	if j.mixed != nil && !flag.presence.recently(j.mixed, j.Window, since) {
		j.mixed = nil
	}
	return j
}

// count adds the figures. They must have been gathered.
func (f *flagFigures) count(j *judged, since time.Duration) {
	now := int64(since / tickLength)
	for operation, into := range []*bucket{&j.reads, &j.writes} {
		if s := f.series[j.stage][operation]; s != nil {
			s.sum(now, j.Window, into)
		}
	}
	for _, s := range f.series[len(stages)-1] {
		j.complete = j.complete || s != nil
	}
	if s := f.series[len(stages)-1][operationIndex(ldmigration.Write)]; s != nil {
		j.atComplete = s.total.operations - s.total.calls[1].errors
	}
}

// neighbours returns the stages of the order before and after one, -1 where there is none.
func neighbours(order []int, stage int) (before, after int) {
	before, after = -1, -1
	for _, one := range order {
		if one < stage {
			before = one
		}
		if one > stage && after < 0 {
			after = one
		}
	}
	return before, after
}

func moveOf(to int, j *judged, rulesOf func(from, to int) []rule) Move {
	if to < 0 {
		return Move{Answer: NoMove, Reasons: []Reason{}}
	}
	m := Move{To: stages[to], Answer: Safe, Reasons: []Reason{}}
	for _, ask := range rulesOf(j.stage, to) {
		for _, reason := range ask(j) {
			m.add(reason)
		}
	}
	return m
}

func (m *Move) add(reason Reason) {
	m.Reasons = append(m.Reasons, reason)
	if worse(reason.Answer, m.Answer) {
		m.Answer = reason.Answer
	}
}

func worse(a, b Answer) bool {
	return a == Unsafe && b != Unsafe || a == NotYet && b == Safe
}
