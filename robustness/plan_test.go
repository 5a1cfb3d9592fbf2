//go:build unix

package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	first, again := newPlan(1, 2), newPlan(1, 2)
	require.Equal(t, first, again)
	require.NotEqual(t, newPlan(1, 2).Steps, newPlan(1, 3).Steps)
	require.NotEqual(t, newPlan(1, 2).Steps, newPlan(2, 2).Steps)
}

func TestPlansTryEverything(t *testing.T) {
	t.Parallel()
	actions, kills, freezes, cuts := map[action]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	joins, serialize, lingers := map[bool]int{}, map[bool]int{}, map[time.Duration]int{}
	for n := range 100 {
		p := newPlan(1, n+1)
		joins[p.Joins]++
		serialize[p.Serialize]++
		lingers[p.Linger]++
		at := slices.Index(moving, p.Stage)
		require.NotEqual(t, -1, at)
		require.True(t, slices.IsSortedFunc(p.Steps, func(a, b step) int { return int(a.At - b.At) }))
		for _, s := range p.Steps {
			require.NotEmpty(t, s.String())
			require.Less(t, s.At, p.Traffic)
			actions[s.Do]++
			switch s.Do {
			case doDie:
				kills[s.Point]++
			case doFreeze:
				freezes[s.Point]++
			case doCut:
				cuts[s.Database]++
			case doMove:
				next := slices.Index(moving, s.Stage)
				require.Contains(t, []int{at - 1, at + 1}, next, "stages are adjacent")
				at = next
				require.Len(t, s.Lags, p.Children)
			default:
			}
			if s.Do == doPause || s.Do == doFreeze {
				require.Greater(t, s.For, lease)
			}
		}
	}
	require.Len(t, actions, 9)
	require.GreaterOrEqual(t, actions[doKill], 100)
	require.Len(t, kills, len(allPoints))
	require.Len(t, freezes, len(allPoints))
	require.Len(t, cuts, len(databases))
	require.Len(t, joins, 2)
	require.Len(t, serialize, 2)
	require.Len(t, lingers, 3)
}

func TestTheBoundOnLateWritesHolds(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, validFor+statementTimeout+idleInTx, lateBound)
	require.Less(t, secondaryTimeout, validFor, "or no write could take effect after its timeout")
	require.Less(t, callerTimeout, validFor)
	require.Less(t, repairTimeout, validFor)
}
