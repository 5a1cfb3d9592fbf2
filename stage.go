package cutover

import (
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// side is the index of what is kept once per origin, so that two origins need an array and no map.
type side uint8

const (
	oldSide side = iota
	newSide
)

func (s side) other() side { return newSide - s }

func (s side) origin() ldmigration.Origin { return origins[s] }

var origins = [2]ldmigration.Origin{oldSide: ldmigration.Old, newSide: ldmigration.New}

func sideOf(origin ldmigration.Origin) (side, bool) {
	for s, o := range origins {
		if o == origin {
			return side(s), true
		}
	}
	return 0, false
}

// plan says which origins an operation calls at a stage, and whose result the caller gets.
type plan struct {
	authoritative side
	both          bool
}

type stageRow struct {
	stage         ldmigration.Stage
	reads, writes plan
}

// stages is the stage table: the only place that knows what a stage means. Reads from both origins
// are compared; writes to both go to the authoritative one first.
var stages = [...]stageRow{
	{ldmigration.Off, plan{oldSide, false}, plan{oldSide, false}},
	{ldmigration.DualWrite, plan{oldSide, false}, plan{oldSide, true}},
	{ldmigration.Shadow, plan{oldSide, true}, plan{oldSide, true}},
	{ldmigration.Live, plan{newSide, true}, plan{newSide, true}},
	{ldmigration.RampDown, plan{newSide, false}, plan{newSide, true}},
	{ldmigration.Complete, plan{newSide, false}, plan{newSide, false}},
}

// planFor looks up an operation in the stage table. It reports false for an unknown stage.
func planFor(stage ldmigration.Stage, operation ldmigration.Operation) (plan, bool) {
	row := stageRowOf(stage)
	if row < 0 {
		return plan{}, false
	}
	if operation == ldmigration.Write {
		return stages[row].writes, true
	}
	return stages[row].reads, true
}

// stageRowOf returns the row of a stage in the table, or -1 for an unknown stage.
func stageRowOf(stage ldmigration.Stage) int {
	for i := range stages {
		if stages[i].stage == stage {
			return i
		}
	}
	return -1
}

func isStage(stage ldmigration.Stage) bool { return stageRowOf(stage) >= 0 }

// What goes wrong by a move, or while two stages are in use side by side, follows from the stage
// table: a record is missing where reads are answered by a system that some writes did not reach.

// moveRisk returns what goes wrong by a move, or "". Once complete was in use, every step back
// leads to a stage at which the old system answers, and that lacks what was written at complete.
func moveRisk(from, to int, sinceComplete bool) string {
	complete := stageRowOf(ldmigration.Complete)
	reader := stages[to].reads.authoritative
	switch {
	case !writes(from, reader):
		return lacks("was", from, reader) + ", unless it was copied"
	case !sinceComplete || to > from:
		return ""
	case writes(complete, reader):
		return lacks("was", complete, reader.other()) + ": do not go back further"
	default:
		return lacks("was", complete, reader) + ", unless it was copied"
	}
}

// besideRisk returns what goes wrong while two stages are in use side by side, or "".
func besideRisk(a, b int) string {
	if a > b {
		a, b = b, a
	}
	one, other := stages[a].writes, stages[b].writes
	if one.both && other.both {
		if one.authoritative == other.authoritative {
			return ""
		}
		return fmt.Sprintf(
			"%s and %s write in opposite orders: two writes of one record can leave the systems different for good",
			stages[a].stage, stages[b].stage)
	}
	risk := ""
	for _, by := range [2]int{a, b} {
		if stages[by].writes.both {
			continue
		}
		if risk != "" {
			risk += ", and "
		}
		risk += lacks("is", by, stages[by].writes.authoritative.other())
	}
	return risk
}

func lacks(tense string, stage int, s side) string {
	return fmt.Sprintf("what %s written at %s is missing in the %s system", tense, stages[stage].stage, s.origin())
}

// writes reports whether a write at a stage reaches a system.
func writes(stage int, s side) bool {
	return stages[stage].writes.both || stages[stage].writes.authoritative == s
}
