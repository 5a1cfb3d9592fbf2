package insights_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was written at complete is missing in the old system, however the flag goes back and however
// long that takes.
func TestTheWayBackFromCompleteStaysUnsafe(t *testing.T) {
	t.Parallel()
	for _, way := range [][]ldmigration.Stage{
		{ldmigration.RampDown, ldmigration.Live, ldmigration.Shadow, ldmigration.DualWrite},
		{ldmigration.Live, ldmigration.Shadow},
		{ldmigration.DualWrite},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, f := cutovertest.NewClient(ldmigration.Complete), figures(t, insights.Config{})
			w := writer(t, client, f)
			for range 1234 {
				require.NoError(t, w.Write(context.Background(), ldcontext.New("user"), 1))
			}
			assert.Equal(t, []string{"1,234 writes at complete went to the new system alone and are missing in the old one: copy them there first"},
				texts(verdict(t, f).Back, insights.Unsafe))
			for _, stage := range way {
				client.SetStage(stage)
				for range 100 {
					require.NoError(t, w.Write(context.Background(), ldcontext.New("user"), 1))
					time.Sleep(time.Minute)
				}
				v := verdict(t, f)
				require.Equal(t, stage, v.Stage)
				assert.Equal(t, insights.Unsafe, v.Back.Answer, v.Back.Reasons)
				assert.Equal(t, "1,234 writes at complete went to the new system alone and are missing in the old one: copy them there first",
					v.Back.Reasons[0].Text)
				f.Repaired(flag) // nobody can say so of those
				assert.Equal(t, insights.Unsafe, verdict(t, f).Back.Answer)
			}
			assert.Equal(t, uint64(1234), report(t, f, insights.LastMinute).WrittenAtComplete)
		})
	}
}

func writer(t *testing.T, client cutover.FlagClient, f *insights.Figures) *cutover.Writer[int] {
	t.Helper()
	c, err := cutover.New(client, flag).Observe(f).Build()
	require.NoError(t, err)
	ok := func(context.Context, int) error { return nil }
	w, err := cutover.NewWriter(c, ok, ok).Build()
	require.NoError(t, err)
	return w
}

// Other processes may have written at complete, where this one did not.
func TestCompleteIsKnownByAnySignOfIt(t *testing.T) {
	t.Parallel()
	const unknown = "what was written at complete is missing in the old system: copy it there first"
	for name, sign := range map[string]func(f *insights.Figures){
		"a read":           func(f *insights.Figures) { observe(t, f, 1, read(ldmigration.Complete, cutover.SingleOrigin)) },
		"a change from it": func(f *insights.Figures) { turn(t, f, ldmigration.Complete, ldmigration.Live) },
		"a change to it":   func(f *insights.Figures) { turn(t, f, ldmigration.RampDown, ldmigration.Complete) },
		"a failed write": func(f *insights.Figures) {
			o := write(ldmigration.Complete)
			o.New.Err = errors.New("down")
			observe(t, f, 1, o)
		},
	} {
		f := figures(t, insights.Config{})
		sign(f)
		turn(t, f, ldmigration.Complete, ldmigration.RampDown)
		assert.Contains(t, texts(verdict(t, f).Back, insights.Unsafe), unknown, name)
	}
	f := figures(t, insights.Config{})
	observe(t, f, 5, write(ldmigration.RampDown))
	assert.Equal(t, insights.Safe, verdict(t, f).Back.Answer)
}

// After a way back to off the new system lacks what is written there. The writes before its first
// one are what a backfill copies, and those that were under way while off was left are not writes
// at off.
func TestWritesAtOffAfterTheNewSystemBegan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := figures(t, asking(func(is *insights.Thresholds) { is.Operations = 1 }))
		observe(t, f, 1000, write(ldmigration.Off))
		turn(t, f, ldmigration.Off, ldmigration.DualWrite)
		observe(t, f, 10, write(ldmigration.DualWrite))
		observe(t, f, 3, write(ldmigration.Off)) // they end a little later
		assert.Zero(t, report(t, f, insights.LastMinute).WrittenAtOff)
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)

		time.Sleep(time.Minute)
		turn(t, f, ldmigration.DualWrite, ldmigration.Off)
		failed := write(ldmigration.Off)
		failed.Old.Err = errors.New("down")
		observe(t, f, 1, failed)
		observe(t, f, 40, write(ldmigration.Off))
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer, "to dualwrite: nothing relies on the new system")
		turn(t, f, ldmigration.Off, ldmigration.DualWrite)
		observe(t, f, 10, write(ldmigration.DualWrite))
		assert.Equal(t, []string{
			"40 writes at off came after the new system had begun to get writes, and are missing there: copy them, then say so with Repaired",
		}, texts(verdict(t, f).Forward, insights.Unsafe))
		assert.Equal(t, uint64(40), report(t, f, insights.LastMinute).WrittenAtOff)
		f.Repaired(flag, "some", "keys")
		assert.Equal(t, insights.Unsafe, verdict(t, f).Forward.Answer)
		f.Repaired(flag)
		assert.Equal(t, insights.Safe, verdict(t, f).Forward.Answer)
	})
}

func TestWarningsOfStageChangesAreRepeated(t *testing.T) {
	t.Parallel()
	change := func(f *insights.Figures, from, to ldmigration.Stage, warning string) {
		f.ObserveStage(t.Context(), cutover.StageChange{Flag: flag, From: from, To: to, Warning: warning})
	}
	f := figures(t, asking(func(is *insights.Thresholds) { is.Checks = 1 }))
	change(f, ldmigration.Off, ldmigration.Live, "what was written at off is missing")
	observe(t, f, 5, read(ldmigration.Live, cutover.Consistent))
	assert.Equal(t, []string{"off → live: what was written at off is missing"}, texts(verdict(t, f).Forward, insights.Unsafe))
	assert.Empty(t, texts(verdict(t, f).Back, insights.Unsafe))

	change(f, ldmigration.Live, ldmigration.Shadow, "something of the old system")
	for range 150 { // more than the list of changes holds
		turn(t, f, ldmigration.Shadow, ldmigration.Live)
		turn(t, f, ldmigration.Live, ldmigration.Shadow)
	}
	assert.Equal(t, []string{"live → shadow: something of the old system"}, texts(verdict(t, f).Back, insights.Unsafe))
	assert.Equal(t, []string{"off → live: what was written at off is missing"}, texts(verdict(t, f).Forward, insights.Unsafe))

	f.Repaired(flag)
	assert.Empty(t, texts(verdict(t, f).Back, insights.Unsafe))
	assert.Empty(t, texts(verdict(t, f).Forward, insights.Unsafe))
}
