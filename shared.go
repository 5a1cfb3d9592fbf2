package cutover

import (
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// An op event holds two sets of origins, a map of latencies and a pointer to a consistency. There are so few different
// ones that most operations can share them instead of making their own; whoever gets an event only reads it.

type (
	originSet = map[ldmigration.Origin]struct{}
	latencies = map[ldmigration.Origin]int
)

// originSets are the four sets that two origins can form.
var originSets = [4]originSet{
	{},
	{ldmigration.Old: {}},
	{ldmigration.New: {}},
	{ldmigration.Old: {}, ldmigration.New: {}},
}

func bits(before, after bool) (i int) {
	if before {
		i |= 1
	}
	if after {
		i |= 2
	}
	return i
}

// sharedMs bounds the latencies that are shared: what takes longer can afford a map.
const sharedMs = 10

var (
	noLatencies   = latencies{}
	oneLatency    [2][sharedMs]latencies
	bothLatencies [sharedMs][sharedMs]latencies
)

func init() {
	for i := range sharedMs {
		oneLatency[oldSide][i] = latencies{ldmigration.Old: i}
		oneLatency[newSide][i] = latencies{ldmigration.New: i}
		for j := range sharedMs {
			bothLatencies[i][j] = latencies{ldmigration.Old: i, ldmigration.New: j}
		}
	}
}

// latencies returns the event's map, in whole milliseconds rounded down.
func (m *marks) latencies() latencies {
	before, after := &m.sides[oldSide], &m.sides[newSide]
	oldMs, newMs := int(before.latency.Milliseconds()), int(after.latency.Milliseconds())
	switch {
	case before.timed && after.timed:
		if uint(oldMs) < sharedMs && uint(newMs) < sharedMs {
			return bothLatencies[oldMs][newMs]
		}
		return latencies{ldmigration.Old: oldMs, ldmigration.New: newMs}
	case before.timed:
		return latencyOf(oldSide, oldMs)
	case after.timed:
		return latencyOf(newSide, newMs)
	default:
		return noLatencies
	}
}

func latencyOf(s side, ms int) latencies {
	if uint(ms) < sharedMs {
		return oneLatency[s][ms]
	}
	return latencies{s.origin(): ms}
}

var (
	consistentAlways   = ldmigration.NewConsistencyCheck(true, 1)
	inconsistentAlways = ldmigration.NewConsistencyCheck(false, 1)
)

// checkOf returns the consistency of an event; at a check ratio of 1 they are shared.
func checkOf(consistent bool, ratio int) *ldmigration.ConsistencyCheck {
	switch {
	case ratio != 1:
		return ldmigration.NewConsistencyCheck(consistent, ratio)
	case consistent:
		return consistentAlways
	default:
		return inconsistentAlways
	}
}
