package insights

import (
	"strings"
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

// Verdict says for the stage that is in use whether the next one and the one before are safe, by the [Thresholds].
// It knows what this process saw and nothing else: not whether a backfill is complete, nor what other writers did.
type Verdict struct {
	// Stage is the stage in use. If several are, it is the last of them in the order of a migration.
	Stage ldmigration.Stage `json:"stage"`
	// Forward and Back are the moves to its neighbours among the six stages.
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
	// Text says what there is and what is wanted.
	Text string `json:"text"`
}

// judged is the figures of one stage that a verdict is made of.
type judged struct {
	Thresholds
	reads, writes bucket
}

// rule is what a move asks for.
type rule func(j *judged) []Reason

// step is the moves from a stage to its neighbours.
type step struct{ forward, back []rule }

// steps follow from what the stages mean. Forward asks for the new system: before it answers, it must agree with the old
// one and do as well. Back asks for the old one: it must have every write.
var steps = [len(stages)]step{
	{
		forward: []rule{say(Safe, "the old system goes on to answer; the new one gets the writes as well")},
	},
	{
		forward: []rule{
			newWritesEnough, newWritesWell, newWritesFast,
			say(Safe, "reads of the new system are only compared: copy to it what was written before dualwrite"),
		},
		back: []rule{say(Safe, "the old system has every write; the new one will miss those to come")},
	},
	{
		forward: []rule{checksEnough, consistent, newReadsWell, newReadsFast, newWritesWell},
		back:    []rule{say(Safe, "the old system answers and has every write")},
	},
	{
		forward: []rule{checksEnough, consistent, newReadsWell, newReadsFast, newWritesWell},
		back:    []rule{oldWritesWell, say(Safe, "the old system still gets every write")},
	},
	{
		forward: []rule{
			newReadsEnough, newReadsWell, newWritesWell,
			say(Safe, "after this the old system gets no writes: there is no way back without copying"),
		},
		back: []rule{oldWritesWell, say(Safe, "the old system still gets every write")},
	},
	{
		back: []rule{say(Unsafe, "what was written at complete is missing in the old system: copy it there first")},
	},
}

// verdictOf judges the stages in use. To go anywhere from two stages at once is to go from each.
func verdictOf(inUse []int, judge func(stage int) *judged) Verdict {
	stage := inUse[len(inUse)-1]
	j := judge(stage)
	v := Verdict{
		Stage:   stages[stage],
		Forward: moveOf(stage+1, steps[stage].forward, j),
		Back:    moveOf(stage-1, steps[stage].back, j),
	}
	if len(inUse) > 1 && v.Forward.Answer != NoMove {
		var names []string
		for _, one := range inUse {
			names = append(names, string(stages[one]))
		}
		v.Forward.add(Reason{NotYet, strings.Join(names, " and ") + " are in use side by side: let one have all the traffic first"})
	}
	return v
}

func moveOf(to int, rules []rule, j *judged) Move {
	if to < 0 || to >= len(stages) {
		return Move{Answer: NoMove, Reasons: []Reason{}}
	}
	m := Move{To: stages[to], Answer: Safe}
	for _, ask := range rules {
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

// Verdict judges the stage that a flag is at. It reports false for a flag that was not seen.
func (f *Figures) Verdict(flag string) (Verdict, bool) {
	known := (*f.flags.Load())[flag]
	if known == nil {
		return Verdict{}, false
	}
	return f.verdict(known), true
}

func (f *Figures) verdict(flag *flagFigures) Verdict {
	inUse := flag.inUse(f.start)
	now := int64(time.Since(f.start) / tickLength)
	defer flag.gather()()
	return verdictOf(inUse, func(stage int) *judged {
		j := &judged{Thresholds: f.cfg.Thresholds}
		for operation, into := range []*bucket{&j.reads, &j.writes} {
			if s := flag.series[stage][operation]; s != nil {
				s.sum(now, j.Window, into)
			}
		}
		return j
	})
}
