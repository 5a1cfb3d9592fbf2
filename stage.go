package cutover

import "github.com/launchdarkly/go-sdk-common/v3/ldmigration"

// side indexes whatever is kept once per origin, so that two origins need an array and no map.
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

// plan says which origins an operation asks at a stage, and whose answer the caller gets.
type plan struct {
	authoritative side
	both          bool
}

type stageRow struct {
	stage         ldmigration.Stage
	reads, writes plan
}

// stages is the stage table: the only place that knows what a stage means. Reads that ask both origins are the ones
// whose consistency is checked; writes that ask both go to the authoritative one first.
var stages = [...]stageRow{
	{ldmigration.Off, plan{oldSide, false}, plan{oldSide, false}},
	{ldmigration.DualWrite, plan{oldSide, false}, plan{oldSide, true}},
	{ldmigration.Shadow, plan{oldSide, true}, plan{oldSide, true}},
	{ldmigration.Live, plan{newSide, true}, plan{newSide, true}},
	{ldmigration.RampDown, plan{newSide, false}, plan{newSide, true}},
	{ldmigration.Complete, plan{newSide, false}, plan{newSide, false}},
}

// jump is a move between two stages.
type jump struct{ from, to ldmigration.Stage }

// jumps are the moves after which something is missing that was written before, and what that is. The reads of the later
// stage are answered by an origin that the writes of the earlier one did not reach; or, from complete back to live, the
// next step back would be.
var jumps = map[jump]string{
	{ldmigration.Off, ldmigration.Live}:           missingInNew,
	{ldmigration.Off, ldmigration.RampDown}:       missingInNew,
	{ldmigration.Off, ldmigration.Complete}:       missingInNew,
	{ldmigration.Complete, ldmigration.Live}:      "what was written at complete is missing in the old system: do not go back further",
	{ldmigration.Complete, ldmigration.Shadow}:    missingInOld,
	{ldmigration.Complete, ldmigration.DualWrite}: missingInOld,
	{ldmigration.Complete, ldmigration.Off}:       missingInOld,
}

const (
	missingInNew = "what was written at off is missing in the new system, unless it was copied"
	missingInOld = "what was written at complete is missing in the old system, unless it was copied"
)

// loses says what goes missing by a move, or nothing.
func loses(from, to ldmigration.Stage) string { return jumps[jump{from, to}] }

// planFor looks an operation up in the stage table. It reports false for what is no stage.
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

// stageRowOf returns the row of a stage in the table, -1 for what is no stage.
func stageRowOf(stage ldmigration.Stage) int {
	for i := range stages {
		if stages[i].stage == stage {
			return i
		}
	}
	return -1
}

func isStage(stage ldmigration.Stage) bool { return stageRowOf(stage) >= 0 }
