package cutover

import (
	"context"
	"reflect"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// FlagClient is the part of a LaunchDarkly client that cutover needs: *ld.LDClient has it, and so
// has the client that its WithEventsDisabled returns. A fake in a test can return an [OpTracker].
// All methods must be safe for concurrent use.
//
// The flag need not be a migration flag. Any string flag works if its variations are the names of
// the stages; its check ratio is 1, so every read from both is compared.
//
// Two more methods are used if the client has them: Loggers, for log lines, and
// MigrationVariationCtx, so that the SDK's hooks get Go's context. The SDK's own clients are also
// called by StringVariationDetailCtx and WithEventsDisabled; see [Builder.FastEvaluation].
type FlagClient interface {
	// MigrationVariation evaluates the flag. The tracker collects the operation's measurements and
	// builds its op event. It must be safe for concurrent use, and may be nil.
	//
	// If it returns an error and an unknown or empty stage, or panics, the operation runs at its
	// default stage, and the error is logged once per flag. An unknown stage without an error is a
	// [StageError].
	MigrationVariation(
		key string, context ldcontext.Context, defaultStage ldmigration.Stage,
	) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error)
	// TrackMigrationOp sends the op event of one operation. It must not modify the event, whose
	// maps are shared with other events.
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
	WithEventsDisabled(disabled bool) interfaces.LDClientInterface
}

// evaluator asks the flag client for the stage. It decides once which methods of the client it
// calls.
type evaluator struct {
	client   FlagClient
	withCtx  contextClient // nil if Go's context is not to be handed on
	detail   detailClient  // nil if every operation is to have the client's own tracker
	teacher  contextClient // evaluates like detail but sends no events; not nil if detail is not
	identity any           // equal for two evaluators of one client
}

func newEvaluator(client FlagClient, useContext, fast bool) evaluator {
	e := evaluator{client: client, identity: identityOf(client)}
	if useContext {
		e.withCtx, _ = client.(contextClient)
	}
	if detail, ok := client.(detailClient); ok && fast && isSDKs(client) {
		if teacher, ok := detail.WithEventsDisabled(true).(contextClient); ok {
			e.detail, e.teacher = detail, teacher
		}
	}
	return e
}

// identityOf returns the client itself if it is comparable, and otherwise a value that equals no
// other.
func identityOf(client FlagClient) any {
	if reflect.ValueOf(client).Comparable() && client == client { //nolint:gocritic // false for a NaN inside
		return client
	}
	return new(byte)
}

// isSDKs reports whether the client is the SDK's own, and not a type that embeds one: that has the
// SDK's StringVariationDetailCtx too, but MigrationVariation may return something else.
func isSDKs(client FlagClient) bool {
	t := reflect.TypeOf(client)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return strings.HasPrefix(t.PkgPath()+"/", "github.com/launchdarkly/go-server-sdk/")
}

// evaluation is the flag client's answer for one operation. Its tracker builds the op event;
// without one, the facts have what the detail lacks.
type evaluation struct {
	stage   ldmigration.Stage
	err     error
	tracker interfaces.LDMigrationOpTracker

	detail ldreason.EvaluationDetail
	facts  *flagFacts

	generation uint64 // of stage changes, when the evaluation began
}

// evaluate fills in ev for one operation; compares says that it may need the flag's check ratio.
func (e *evaluator) evaluate(ctx context.Context, req *request, compares bool, ev *evaluation) {
	if e.detail == nil {
		e.variation(ctx, req, ev)
		return
	}
	e.stringVariation(ctx, req, ev)
	ev.facts = e.factsFor(ctx, req, compares, ev)
}

func (e *evaluator) variation(ctx context.Context, req *request, ev *evaluation) {
	if e.withCtx != nil {
		ev.stage, ev.tracker, ev.err = e.withCtx.MigrationVariationCtx(ctx, req.flag, req.user, req.defaultStage)
	} else {
		ev.stage, ev.tracker, ev.err = e.client.MigrationVariation(req.flag, req.user, req.defaultStage)
	}
	switch {
	case ev.err != nil && !isStage(ev.stage):
		ev.useDefault(req, ev.err)
	case isNil(ev.tracker):
		ev.tracker = NewOpTracker(OpTrackerParams{
			FlagKey: req.flag, Context: req.user, Default: req.defaultStage, Stage: ev.stage,
		})
	}
}

// stringVariation evaluates the stage without a tracker, and converts the result to that of
// MigrationVariation.
func (e *evaluator) stringVariation(ctx context.Context, req *request, ev *evaluation) {
	value, detail, err := e.detail.StringVariationDetailCtx(ctx, req.flag, req.user, string(req.defaultStage))
	ev.stage, ev.detail = ldmigration.Stage(value), detail
	if err == nil && !isStage(ev.stage) {
		ev.err = &StageError{Flag: req.flag, Stage: ev.stage}
		ev.stage = req.defaultStage
		ev.detail = defaultDetail(req, ldreason.EvalErrorWrongType)
	}
}

// useDefault is the evaluation of a client that returned no stage: the op event reports the default
// stage and the reason.
func (ev *evaluation) useDefault(req *request, why error) {
	ev.stage, ev.err = req.defaultStage, why
	ev.tracker = NewOpTracker(OpTrackerParams{
		FlagKey: req.flag, Context: req.user, Default: req.defaultStage,
		Detail: defaultDetail(req, ldreason.EvalErrorException),
	})
}

func defaultDetail(req *request, kind ldreason.EvalErrorKind) ldreason.EvaluationDetail {
	return ldreason.NewEvaluationDetailForError(kind, ldvalue.String(string(req.defaultStage)))
}
