package cutover_test

import (
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldtime"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func completeParams() cutover.OpTrackerParams {
	return cutover.OpTrackerParams{FlagKey: "flag", Context: user, Default: ldmigration.Off, Stage: ldmigration.Shadow}
}

func TestTheTrackerRefusesWhatContradictsItself(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		params func(*cutover.OpTrackerParams)
		record func(*cutover.OpTracker)
		says   string
	}{
		"an empty key":       {params: func(p *cutover.OpTrackerParams) { p.FlagKey = "" }, says: "flag key is empty"},
		"an invalid context": {params: func(p *cutover.OpTrackerParams) { p.Context = ldcontext.New("") }, says: "invalid evaluation context"},
		"no operation":       {record: func(tr *cutover.OpTracker) { tr.Operation("") }, says: "no operation"},
		"nothing invoked":    {record: func(*cutover.OpTracker) {}, says: "no origin was recorded as invoked"},
		"latency without invocation": {
			record: func(tr *cutover.OpTracker) {
				tr.TrackInvoked(ldmigration.Old)
				tr.TrackLatency(ldmigration.New, time.Second)
			}, says: `latency of "new" without its invocation`,
		},
		"error without invocation": {
			record: func(tr *cutover.OpTracker) {
				tr.TrackInvoked(ldmigration.New)
				tr.TrackError(ldmigration.Old)
			}, says: `error of "old" without its invocation`,
		},
		"consistency without both": {
			record: func(tr *cutover.OpTracker) {
				tr.TrackInvoked(ldmigration.New)
				tr.TrackConsistency(func() bool { return true })
			}, says: `consistency without an invocation of "old"`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			params := completeParams()
			if c.params != nil {
				c.params(&params)
			}
			tracker := cutover.NewOpTracker(params)
			tracker.Operation(ldmigration.Read)
			if c.record != nil {
				c.record(tracker)
			}
			event, err := tracker.Build()
			require.Nil(t, event)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestTheTrackerComparesWhileNoLockIsHeld(t *testing.T) {
	t.Parallel()
	tracker := cutover.NewOpTracker(completeParams())
	tracker.Operation(ldmigration.Read)
	tracker.TrackConsistency(func() bool {
		tracker.TrackInvoked(ldmigration.Old)
		tracker.TrackInvoked(ldmigration.New)
		return true
	})
	event, err := tracker.Build()
	require.NoError(t, err)
	assert.True(t, event.ConsistencyCheck.Consistent())
}

func TestWhatIsTrackedAfterBuildDoesNotReachTheEvent(t *testing.T) {
	t.Parallel()
	tracker := cutover.NewOpTracker(completeParams())
	tracker.Operation(ldmigration.Read)
	tracker.TrackInvoked(ldmigration.Old)
	event, err := tracker.Build()
	require.NoError(t, err)
	tracker.TrackInvoked(ldmigration.New)
	tracker.TrackError(ldmigration.Old)
	tracker.TrackLatency(ldmigration.Old, time.Second)
	assert.Equal(t, []ldmigration.Origin{ldmigration.Old}, keys(event.Invoked))
	assert.Empty(t, event.Error)
	assert.Empty(t, event.Latency)
}

func TestAnUnknownOriginIsNotTracked(t *testing.T) {
	t.Parallel()
	tracker := cutover.NewOpTracker(completeParams())
	tracker.Operation(ldmigration.Read)
	tracker.TrackInvoked("elsewhere")
	_, err := tracker.Build()
	require.ErrorContains(t, err, "no origin was recorded as invoked")
}

// FuzzTrackerAgainstTheSDKs records the same in both trackers, in any order and number, and
// requires equal events or an error from both.
func FuzzTrackerAgainstTheSDKs(f *testing.F) {
	f.Add([]byte{0, 2, 3, 8}, 1, 7, 1)
	f.Add([]byte{0, 2, 4, 6, 8}, 0, 0, 0)
	f.Add([]byte{1, 3, 5, 7, 9}, 1, -3, 4)
	f.Fuzz(func(t *testing.T, steps []byte, checkRatio, samplingRatio, version int) {
		if checkRatio > 1 {
			checkRatio = 1 // what is drawn at random cannot be compared
		}
		detail := ldreason.NewEvaluationDetail(ldvalue.String("shadow"), 2, ldreason.NewEvalReasonFallthrough())
		flag := &ldmodel.FeatureFlag{
			Version: version, SamplingRatio: optional(samplingRatio),
			Migration: &ldmodel.MigrationFlagParameters{CheckRatio: optional(checkRatio)},
		}
		theirs := ld.NewMigrationOpTracker("flag", flag, user, detail, ldmigration.Off)
		ours := cutover.NewOpTracker(cutover.OpTrackerParams{
			FlagKey: "flag", Context: user, Default: ldmigration.Off, Detail: detail,
			Version: optional(version), SamplingRatio: optional(samplingRatio), CheckRatio: optional(checkRatio),
		})
		for _, tracker := range []interfaces.LDMigrationOpTracker{theirs, ours} {
			for _, step := range steps {
				track(tracker, step)
			}
		}
		want, wantErr := theirs.Build()
		got, gotErr := ours.Build()
		require.Equal(t, wantErr == nil, gotErr == nil, "%v, %v", wantErr, gotErr)
		if wantErr == nil {
			require.InDelta(t, uint64(want.CreationDate), uint64(got.CreationDate), 60_000)
			want.CreationDate, got.CreationDate = ldtime.UnixMillisecondTime(0), ldtime.UnixMillisecondTime(0)
			require.Equal(t, want, got)
		}
	})
}

func track(tracker interfaces.LDMigrationOpTracker, step byte) {
	origin := allOrigins[step&1]
	switch step >> 1 & 7 {
	case 0:
		tracker.Operation(operations[step&1])
	case 1:
		tracker.TrackInvoked(origin)
	case 2:
		tracker.TrackError(origin)
	case 3:
		tracker.TrackLatency(origin, time.Duration(step)*333*time.Microsecond)
	case 4:
		tracker.TrackConsistency(func() bool { return step&1 == 0 })
	}
}
