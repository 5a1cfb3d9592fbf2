package reconcile_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/internal/explore"
	"github.com/gocutover/cutover/reconcile"
)

var (
	atShadow   = writerSpec{stage: ldmigration.Shadow, value: 1}
	againThere = writerSpec{stage: ldmigration.Shadow, value: 2}
	atLive     = writerSpec{stage: ldmigration.Live, value: 3}
	deletes    = writerSpec{stage: ldmigration.Shadow}
)

// The scenarios whose every order is tried, the smallest first. Each has the number of switches
// between actors that it is limited to; zero is no limit.
var scenarios = []struct {
	name     string
	switches int
	scenario
}{
	{"two writers of one direction", 0, scenario{writers: []writerSpec{atShadow, againThere}}},
	{"shadow beside live", 0, scenario{writers: []writerSpec{atShadow, atLive}}},
	{"a repair", 0, scenario{writers: []writerSpec{atShadow}, repairers: 1, passes: 1, faults: 1}},
	{"a pause", 0, scenario{writers: []writerSpec{atShadow, againThere}, repairers: 1, passes: 1, pauses: 1}},
	{"a crash", 0, scenario{writers: []writerSpec{atShadow, againThere}, repairers: 1, passes: 1, crashes: 1}},
	{"a fault", 0, scenario{writers: []writerSpec{atShadow, againThere}, repairers: 1, passes: 1, faults: 1}},
	{"a fault at shadow beside live", 0, scenario{writers: []writerSpec{atShadow, atLive}, repairers: 1, passes: 1, faults: 1}},
	{"a fault and a crash at shadow beside live", 0, scenario{writers: []writerSpec{atShadow, atLive}, faults: 1, crashes: 1}},
	{"copies", 4, scenario{writers: []writerSpec{atShadow, deletes}, repairers: 1, passes: 1, faults: 1, copies: true}},
	{"two repairs", 3, scenario{writers: []writerSpec{atShadow, againThere}, repairers: 2, passes: 1, faults: 1, pauses: 1}},
	{"all of it", 2, scenario{
		writers: []writerSpec{atShadow, atLive, deletes}, repairers: 2, passes: 1, crashes: 1, faults: 1,
	}},
}

// large adds the exploration that takes many minutes.
var large = os.Getenv("CUTOVER_EXPLORE") == "all"

func TestEveryOrderLeavesBothSystemsEqual(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			options := explore.Options{Switches: s.switches}
			if underRaceDetector {
				options.Runs = 1500 // one actor runs at a time: more runs find no more races
			}
			result := explore.Explore(t, s.program, options)
			t.Logf("%d states, %d runs", result.States, result.Runs)
			require.NoError(t, result.Err, "%s", traced(result))
			assert.True(t, result.Complete || underRaceDetector)
		})
	}
}

func TestEveryOrderOfALargeScenario(t *testing.T) {
	if !large {
		t.Skip("not explored: 3 writers, 2 repairs, a crash, a fault and a pause in every order; set CUTOVER_EXPLORE=all")
	}
	t.Parallel()
	for _, switches := range []int{3, 4} {
		s := scenario{
			writers: []writerSpec{atShadow, atLive, deletes}, repairers: 2, passes: 1, crashes: 1, faults: 1, pauses: 1,
		}
		result := explore.Explore(t, s.program, explore.Options{Switches: switches})
		t.Logf("at most %d switches: %d states, %d runs", switches, result.States, result.Runs)
		require.NoError(t, result.Err, "%s", traced(result))
	}
}

// Orders at random go where the limits of the exhaustive runs do not.
func TestManyRandomOrdersLeaveBothSystemsEqual(t *testing.T) {
	t.Parallel()
	runs := 3000
	if underRaceDetector {
		runs = 300
	}
	if large {
		runs = 300_000
	}
	for seed := uint64(1); seed <= 4; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := scenario{
				writers:   []writerSpec{atShadow, atLive, deletes, againThere},
				repairers: 2, passes: 2, crashes: 1, faults: 2, pauses: 1, copies: seed%2 == 0,
			}
			result := explore.Explore(t, s.program, explore.Options{Runs: runs, Seed: seed})
			require.NoError(t, result.Err, "%s", traced(result))
		})
	}
}

// Each rule is needed: without it some order leaves the systems different, or loses a write.
func TestTheExplorerCatchesEveryBrokenRule(t *testing.T) {
	t.Parallel()
	if underRaceDetector {
		t.Skip("not tried with the race detector: one actor runs at a time, and without it every rule is")
	}
	for _, mutant := range []struct {
		name    string
		journal reconcile.Mutant
		engine  engineMutant
	}{
		{name: "an overlap does not make dirty", journal: reconcile.IgnoreOverlap},
		{name: "a claim does not open the record", journal: reconcile.ClaimWithoutOwner},
		{name: "the generation is not compared", journal: reconcile.IgnoreGeneration},
		{name: "a claim is not exclusive", journal: reconcile.ClaimOpen},
		{name: "a failed authoritative write is taken for none", engine: failedFirstIsClean},
		{name: "a failed secondary write is taken for clean", engine: failedSecondIsClean},
		{name: "a record of the other direction is not made equal first", journal: reconcile.NeverSettle},
		{name: "both directions write at once", journal: reconcile.AdmitOpposite},
		{name: "the lease is not checked before the second write", journal: reconcile.IgnoreLease},
		{name: "late writes are not waited for", journal: reconcile.IgnoreLate},
		{name: "late writes are not waited for before settling", journal: reconcile.SettleEarly},
		{name: "a clean end makes a dirty record clean", journal: reconcile.EndCleans},
		{name: "an end deletes the row of others", journal: reconcile.ClearShared},
		{name: "what a lost process wrote is clean", journal: reconcile.ReapCleans},
	} {
		t.Run(mutant.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range scenarios {
				broken := s.scenario
				broken.journal, broken.engine = mutant.journal, mutant.engine
				result := explore.Explore(t, broken.program, explore.Options{Switches: s.switches, Runs: 30_000})
				if result.Err != nil {
					t.Logf("%s, after %d runs: %v\n%s", s.name, result.Runs, result.Err, traced(result))
					return
				}
			}
			t.Error("not caught")
		})
	}
}

func traced(result explore.Result) string { return strings.Join(result.Trace, "\n") }
