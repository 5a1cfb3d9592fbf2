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

// planFor looks an operation up in the stage table. It reports false for what is no stage.
func planFor(stage ldmigration.Stage, operation ldmigration.Operation) (plan, bool) {
	for i := range stages {
		if row := &stages[i]; row.stage == stage {
			if operation == ldmigration.Write {
				return row.writes, true
			}
			return row.reads, true
		}
	}
	return plan{}, false
}

func isStage(stage ldmigration.Stage) bool {
	_, ok := planFor(stage, ldmigration.Read)
	return ok
}
