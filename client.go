package cutover

import (
	"context"
	"reflect"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// FlagClient is the little that cutover needs of a LaunchDarkly client. *ld.LDClient is one, what its
// WithEventsDisabled returns is one, and a fake in a test can be one by handing out an [OpTracker].
//
// Two more methods are used where the client has them: Loggers, for what is to be logged, and MigrationVariationCtx,
// so that the SDK's hooks see Go's context. Of the SDK's own clients StringVariationDetailCtx is used too; see
// [Builder.FastEvaluation]. All of them must be safe for concurrent use.
type FlagClient interface {
	// MigrationVariation evaluates the flag. The tracker takes the operation's measurements and builds its op event.
	MigrationVariation(
		key string, context ldcontext.Context, defaultStage ldmigration.Stage,
	) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error)
	// TrackMigrationOp takes the op event of one operation. Its maps are shared with other events: read only.
	TrackMigrationOp(event ldevents.MigrationOpEventData) error
}

type contextClient interface {
	MigrationVariationCtx(
		ctx context.Context, key string, context ldcontext.Context, defaultStage ldmigration.Stage,
	) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error)
}

type detailClient interface {
	StringVariationDetailCtx(
		ctx context.Context, key string, context ldcontext.Context, defaultVal string,
	) (string, ldreason.EvaluationDetail, error)
}

// evaluator asks the flag client for the stage. Which of the client's abilities it uses is found out once.
type evaluator struct {
	client  FlagClient
	withCtx contextClient // nil if Go's context is not to be handed on
	detail  detailClient  // nil if every operation is to have the client's own tracker
}

func newEvaluator(client FlagClient, useContext, fast bool) evaluator {
	e := evaluator{client: client}
	if useContext {
		e.withCtx, _ = client.(contextClient)
	}
	if fast && isSDKs(client) {
		e.detail, _ = client.(detailClient)
	}
	return e
}

// isSDKs tells the SDK's own clients from what embeds one: that has the SDK's StringVariationDetailCtx too, but may
// answer MigrationVariation in a way of its own.
func isSDKs(client FlagClient) bool {
	t := reflect.TypeOf(client)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return strings.HasPrefix(t.PkgPath()+"/", "github.com/launchdarkly/go-server-sdk/")
}

// evaluation is what the flag client said for one operation. Its tracker builds the op event; where there is none, the
// facts say what the detail does not.
type evaluation struct {
	stage   ldmigration.Stage
	err     error
	tracker interfaces.LDMigrationOpTracker

	detail ldreason.EvaluationDetail
	facts  *flagFacts
}

// evaluate fills ev for one operation; compares says that it may want to know the flag's check ratio.
func (e *evaluator) evaluate(ctx context.Context, req *request, compares bool, ev *evaluation) {
	if e.detail == nil {
		e.variation(ctx, req, ev)
		return
	}
	facts := req.memory.recall()
	switch {
	case facts == nil:
		e.variation(ctx, req, ev)
		learn(req, ev)
	case compares && facts.checkRatio == 0:
		e.variation(ctx, req, ev)
	default:
		e.stringVariation(ctx, req, facts, ev)
	}
}

func (e *evaluator) variation(ctx context.Context, req *request, ev *evaluation) {
	if e.withCtx != nil {
		ev.stage, ev.tracker, ev.err = e.withCtx.MigrationVariationCtx(ctx, req.flag, req.user, req.defaultStage)
	} else {
		ev.stage, ev.tracker, ev.err = e.client.MigrationVariation(req.flag, req.user, req.defaultStage)
	}
	if ev.tracker == nil {
		ev.tracker = NewOpTracker(OpTrackerParams{
			FlagKey: req.flag, Context: req.user, Default: req.defaultStage, Stage: ev.stage,
		})
	}
}
