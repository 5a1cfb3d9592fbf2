package cutovertest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/cutovertest"
)

func TestAWalkMakesNoStepThatIsRefused(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		for _, records := range []int{1, 3, 1000} {
			m := shelves()
			m.Seed = seed
			m.Payload = func(n int) item { return item{Key: strconv.Itoa(n % records), Count: n} }
			scripts, err := cutovertest.Scripts(m)
			require.NoError(t, err)
			for name, script := range scripts {
				require.NoError(t, cutovertest.Lawful(m, script), "%s, seed %d", name, seed)
			}
		}
	}
}

func TestAScriptThatNoMigrationFollowsIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ script, want string }{
		"live before a backfill": {
			"write:0 dualwrite shadow live", `step 4, "live": a backfill must come before the move from shadow to live`,
		},
		"live of empty systems before a backfill": {
			"shadow live", `step 2, "live": a backfill must come before the move from shadow to live`,
		},
		"complete before a backfill": {
			"write:0 complete", `step 2, "complete": a backfill must come before the move from off to complete`,
		},
		"a write between the backfill and the move": {
			"backfill write:0 complete", `step 3, "complete": a backfill must come before the move from off to complete`,
		},
		"live after a write that only the old system took": {
			"dualwrite backfill shadow write:0@fails live", `step 5, "live": a backfill must come before the move from shadow to live`,
		},
		"shadow after a write that only the new system took": {
			"backfill complete write:0 rampdown live shadow",
			`step 6, "shadow": the old system lacks records before the move from live to shadow: write them again`,
		},
		"a backfill over what only the new system holds": {
			"backfill complete write:0 rampdown backfill", `step 5, "backfill": a backfill at rampdown would undo what only the new system holds`,
		},
		"a move past a neighbour": {"dualwrite backfill live", `step 3, "live": no flag moves from dualwrite to live at once`},
		"a move back past a neighbour": {
			"backfill complete dualwrite", `step 3, "dualwrite": no flag moves from complete to dualwrite at once`,
		},
		"a write that is lost": {
			"backfill write:0>complete", `step 2, "write:0>complete": a write during the move from off to complete would be lost`,
		},
		"a delete of what one system lacks": {
			"write:0 dualwrite delete:0", `step 3, "delete:0": a delete at dualwrite of a record that the systems differ in`,
		},
		"an older payload":              {"write:3 write:0", `step 2, "write:0": the record was written with the later payload 3 before`},
		"a secondary that is not there": {"write:0@fails", `step 1, "write:0@fails": a write at off asks old alone: there is no secondary for the fault`},
		"a read's secondary that is not there": {
			"dualwrite read:0@hangs", `step 2, "read:0@hangs": a read at dualwrite asks old alone: there is no secondary for the fault`,
		},
		"a move during a read":  {"dualwrite read:0>shadow", `"read:0>shadow": the flag moves during a write without a fault`},
		"a move during a fault": {"dualwrite write:0@fails>shadow", "the flag moves during a write without a fault"},
		"a payload of a read":   {"shadow read:0@caller-scribbles", "a read has no payload to change"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := shelves()
			m.Script = c.script
			got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
			assert.Contains(t, got.String(), "exercise: script: ")
			assert.Contains(t, got.String(), c.want)
		})
	}
	t.Run("a delete where nothing is deleted", func(t *testing.T) {
		t.Parallel()
		m := shelves()
		inBoth(func(s *shelfSystems, _, _ *shelf) { s.Old.Delete = nil })(&m)
		m.Script = "write:0 delete:0"
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
		assert.Contains(t, got.String(), "script: a delete needs Delete in the service and in both systems")
	})
}

func TestAScriptThatAMigrationFollowsIsPlayed(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"off write:0 off read:0",
		"write:0 shadow read:0 backfill live",
		"write:0 backfill complete write:3 off read:0",
		"backfill complete write:0 rampdown write:0 live shadow dualwrite off",
		"write:0@refuses dualwrite backfill write:1@hangs write:1 write:2>shadow read:2@fails",
		"dualwrite write:0 delete:0 delete:0",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			m := shelves()
			m.Script = script
			assert.True(t, cutovertest.Exercise(t, m))
		})
	}
}

// lawfulMoves are the rules once more, written down without a model: what walks move from where to
// where, and that the new system answers nothing before a backfill that follows the last write to
// the old one alone.
func lawfulMoves(t *testing.T) func(script string) error {
	t.Helper()
	scripts, err := cutovertest.Scripts(shelves())
	require.NoError(t, err)
	known := map[string]bool{}
	for script := range maps.Values(scripts) {
		stage := "off"
		for word := range strings.FieldsSeq(script) {
			if to := movesTo(word); to != "" {
				known[stage+" "+to], stage = true, to
			}
		}
	}
	return func(script string) error {
		stage, filled := "off", false
		for word := range strings.FieldsSeq(script) {
			to := movesTo(word)
			newAnswers := to == "live" || to == "rampdown" || to == "complete"
			switch {
			case to != "" && to != stage && !known[stage+" "+to]:
				return fmt.Errorf("%s: from %s to %s", script, stage, to)
			case newAnswers && !filled && (stage == "off" || stage == "dualwrite" || stage == "shadow"):
				return fmt.Errorf("%s: %s without a backfill", script, to)
			case word == "backfill":
				filled = true
			case stage == "off" && (strings.HasPrefix(word, "write") || strings.HasPrefix(word, "delete")):
				filled = false
			}
			if to != "" {
				stage = to
			}
		}
		return nil
	}
}

// movesTo is the stage that a step moves to, or nothing.
func movesTo(word string) string {
	step, to, during := strings.Cut(word, ">")
	switch {
	case during:
		return to
	case strings.Contains(step, ":") || step == "backfill" || step == "drain":
		return ""
	default:
		return step
	}
}

func TestShrinkingTriesNothingThatAWalkWouldNotDo(t *testing.T) {
	t.Parallel()
	lawful := lawfulMoves(t)
	for name, bug := range plantedBugs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := shelves()
				bug.plant(&m)
				tried, err := cutovertest.Tried(t.Context(), m)
				require.NoError(t, err)
				for _, script := range tried {
					require.NoError(t, lawful(script))
					require.NoError(t, cutovertest.Lawful(m, script))
				}
			})
		})
	}
}

// Whatever a failure takes, of any walk: what is left of it is lawful, and still has all it takes.
func TestAnyFailureIsCutDownToALawfulScript(t *testing.T) {
	t.Parallel()
	lawful := lawfulMoves(t)
	m := shelves()
	scripts, err := cutovertest.Scripts(m)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		words := strings.Fields(scripts[name])
		for range 5 {
			end := 1 + random.IntN(len(words))
			needs := []string{words[random.IntN(end)], words[end-1]}
			fails := func(script string) string {
				require.NoError(t, lawful(script))
				for _, need := range needs {
					if !slices.Contains(strings.Fields(script), need) {
						return ""
					}
				}
				return "a promise"
			}
			whole := strings.Join(words[:end], " ")
			got := cutovertest.Shrunk(whole, func(s string) bool { return cutovertest.Lawful(m, s) == nil }, fails)
			require.NoError(t, cutovertest.Lawful(m, got))
			assert.NotEmpty(t, fails(got))
			assert.LessOrEqual(t, len(strings.Fields(got)), 14, "%v of %s: %s", needs, name, got)
		}
	}
}

func TestWhatPreparesAMoveIsNotLeftOut(t *testing.T) {
	t.Parallel()
	m := shelves()
	long := "write:0 dualwrite backfill write:1 write:2>shadow read:2 live read:0 write:3>rampdown complete read:0"
	for needs, want := range map[string]string{
		"live":     "shadow backfill live",
		"complete": "backfill complete",
		"read:0":   "read:0",
	} {
		got := cutovertest.Shrunk(long, func(s string) bool { return cutovertest.Lawful(m, s) == nil }, func(script string) string {
			if slices.Contains(strings.Fields(script), needs) {
				return "a promise"
			}
			return ""
		})
		assert.ElementsMatch(t, strings.Fields(want), strings.Fields(got), got)
	}
}
