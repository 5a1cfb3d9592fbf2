package benchmarks

import (
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldtime"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
)

// The sets of origins that op events tell. All events share them; nobody writes to them.
var (
	noOrigin  = map[ldmigration.Origin]struct{}{}
	oldOrigin = map[ldmigration.Origin]struct{}{ldmigration.Old: {}}
	newOrigin = map[ldmigration.Origin]struct{}{ldmigration.New: {}}
	bothOnes  = map[ldmigration.Origin]struct{}{ldmigration.Old: {}, ldmigration.New: {}}
)

// sendOne sends the op event of an operation that called one origin.
func (f *floor) sendOne(
	op ldmigration.Operation, user ldcontext.Context, detail ldreason.EvaluationDetail,
	origin ldmigration.Origin, one answer,
) {
	invoked := oldOrigin
	if origin == ldmigration.New {
		invoked = newOrigin
	}
	failed := noOrigin
	if one.err != nil {
		failed = invoked
	}
	f.send(ldevents.MigrationOpEventData{
		BaseEvent:  ldevents.BaseEvent{CreationDate: ldtime.UnixMillisNow(), Context: ldevents.Context(user)},
		Op:         op,
		FlagKey:    f.flag,
		Version:    ldvalue.NewOptionalInt(flagVersion),
		Evaluation: detail,
		Default:    ldmigration.Off,
		Invoked:    invoked,
		Error:      failed,
		Latency:    map[ldmigration.Origin]int{origin: int(one.took.Milliseconds())},
	})
}

// sendBoth sends the op event of an operation that called both.
func (f *floor) sendBoth(
	op ldmigration.Operation, user ldcontext.Context, detail ldreason.EvaluationDetail,
	old, new answer, check *ldmigration.ConsistencyCheck,
) {
	failed := noOrigin
	switch {
	case old.err != nil && new.err != nil:
		failed = bothOnes
	case old.err != nil:
		failed = oldOrigin
	case new.err != nil:
		failed = newOrigin
	}
	f.send(ldevents.MigrationOpEventData{
		BaseEvent:        ldevents.BaseEvent{CreationDate: ldtime.UnixMillisNow(), Context: ldevents.Context(user)},
		Op:               op,
		FlagKey:          f.flag,
		Version:          ldvalue.NewOptionalInt(flagVersion),
		Evaluation:       detail,
		Default:          ldmigration.Off,
		ConsistencyCheck: check,
		Invoked:          bothOnes,
		Error:            failed,
		Latency: map[ldmigration.Origin]int{
			ldmigration.Old: int(old.took.Milliseconds()),
			ldmigration.New: int(new.took.Milliseconds()),
		},
	})
}

func (f *floor) send(event ldevents.MigrationOpEventData) {
	if err := f.client.TrackMigrationOp(event); err != nil {
		slog.Error("sending the op event", "flag", f.flag, "error", err)
	}
}
