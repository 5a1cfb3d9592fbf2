package reconcile_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/reconcile/journaltest"
)

// mutants are the rules that a journal can break, and the checks that catch it.
var mutants = []struct {
	name   string
	rule   reconcile.Mutant
	caught []string
}{
	{"operations at the same time leave a record clean", reconcile.IgnoreOverlap, []string{
		"a record that two processes write at once is dirty", "a record that two operations of a process write at once is dirty",
	}},
	{"a begin does not raise the generation", reconcile.BeginKeepsGeneration, []string{
		"a record that was written since it was claimed stays dirty, and is due at once",
	}},
	{"a write begins while the other direction has its record open", reconcile.AdmitOpposite, []string{
		"a write waits while its record is written in the other direction",
		"a write waits while its record is repaired in the other direction",
	}},
	{"a write takes over what the other direction left dirty", reconcile.NeverSettle, []string{
		"a record that the other direction left dirty is settled first",
	}},
	{"a write settles while late writes may take effect", reconcile.SettleEarly, []string{
		"a write waits until late writes of the other direction have landed",
	}},
	{"a write that waits has some of its records open", reconcile.AdmitPartly, []string{
		"the records of a write begin all or none",
	}},
	{"who waits for the other direction is passed by", reconcile.IgnoreWants, []string{
		"writes of one direction do not keep the other one waiting for ever",
	}},
	{"a clean end makes a dirty record clean", reconcile.EndCleans, []string{
		"a write that ends well does not make a dirty record clean",
	}},
	{"an end deletes the row of a record that others write", reconcile.ClearShared, []string{
		"a write that ends does not close the record for another one",
	}},
	{"a mark does not raise the generation", reconcile.MarkKeepsGeneration, []string{
		"a mark that is made during a repair is not lost", "a mark that is made while a record is settled is not lost",
	}},
	{"a row dirty from both directions is repaired from one", reconcile.LastMarkDecides, []string{
		"writes of both directions without the journal leave a record unclear", "a write decides the direction of a record that was only seen to differ",
	}},
	{"a record is claimed while it is open", reconcile.ClaimOpen, []string{
		"a claimed record is open, and is not claimed again", "a record that is being written is not claimed",
		"records are claimed by one process only",
	}},
	{"a parked record is claimed", reconcile.ClaimParked, []string{
		"a parked record is not claimed until it is unparked",
	}},
	{"the newest record is claimed first", reconcile.ClaimNewest, []string{"the oldest record is claimed first"}},
	{"a claim does not open its record", reconcile.ClaimWithoutOwner, []string{
		"a claimed record is open, and is not claimed again", "records are claimed by one process only",
		"a write waits while its record is repaired in the other direction", "a claim is released once",
	}},
	{"a release does not compare the generation", reconcile.IgnoreGeneration, []string{
		"a record that was written since it was claimed stays dirty, and is due at once",
		"a mark that is made during a repair is not lost",
	}},
	{"a release makes a record due in spite of late writes", reconcile.ReleaseForgetsLate, []string{
		"a repair does not shorten the wait for late writes",
	}},
	{"a record is claimed before it is due again", reconcile.IgnoreBackOff, []string{
		"a repair that failed is tried again after a while",
	}},
	{"late writes are not waited for", reconcile.IgnoreLate, []string{
		"a record is not repaired before its late writes have landed", "a late mark holds back repair",
	}},
	{"a process goes on after its lease ran out", reconcile.IgnoreLease, []string{
		"a write whose lease ran out is told, and leaves its record dirty",
		"what a process was repairing when it was lost is repaired by another",
	}},
	{"what a lost process had open is left clean", reconcile.ReapCleans, []string{
		"what a process was writing when it was lost is dirty",
	}},
	{"a lost process leaves no gap", reconcile.HideGap, []string{"a process that was lost leaves a suspected gap"}},
	{"a closed journal leaves a gap", reconcile.CloseLeavesGap, []string{"a process that was closed leaves no gap"}},
	{"a direction turns though records are open or dirty", reconcile.TurnAnyway, []string{
		"a direction turns when nothing is open or dirty",
	}},
	{"a direction does not turn by itself", reconcile.NeverTurn, []string{
		"a direction turns by itself when all writes have the other one",
	}},
	{"the end of a write whose row is gone is dropped", reconcile.ForgetLateEnd, []string{
		"a write that goes on after its record was repaired makes it dirty again",
	}},
}

func TestTheSuiteCatchesAJournalThatBreaksARule(t *testing.T) {
	t.Parallel()
	var rules reconcile.Mutant
	for _, m := range mutants {
		require.Zero(t, rules&m.rule, "the rule is told twice: %s", m.name)
		rules |= m.rule
		for _, check := range m.caught {
			t.Run(m.name+"/"+check, func(t *testing.T) {
				t.Parallel()
				assert.NotEmpty(t, failures(t, checkNamed(t, check), m.rule))
			})
		}
	}
	assert.Equal(t, reconcile.AllMutants, rules, "a rule is not tested")
	t.Run("and no journal that breaks none", func(t *testing.T) {
		t.Parallel()
		for _, check := range journaltest.Checks() {
			assert.Empty(t, failures(t, check, 0), check.Name)
		}
	})
}

func checkNamed(t *testing.T, name string) journaltest.Check {
	t.Helper()
	checks := journaltest.Checks()
	i := slices.IndexFunc(checks, func(c journaltest.Check) bool { return c.Name == name })
	require.GreaterOrEqual(t, i, 0, "no check is named %q", name)
	return checks[i]
}

// failures runs a check on a journal that breaks rules, and returns what it reports.
func failures(t *testing.T, check journaltest.Check, rules reconcile.Mutant) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, done := &recorder{TB: t, ctx: ctx}, make(chan struct{})
	go func() {
		defer close(done)
		check.Run(r, memoryStorage(rules, time.Second))
	}()
	<-done
	cancel()
	for _, cleanup := range slices.Backward(r.cleanups) {
		cleanup()
	}
	return r.reports
}

// recorder is a test that keeps its failures to itself.
type recorder struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // a test has a context
	cleanups []func()
	mu       sync.Mutex
	reports  []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) FailNow()                 { runtime.Goexit() }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, strings.TrimSpace(fmt.Sprintf(format, args...)))
}
