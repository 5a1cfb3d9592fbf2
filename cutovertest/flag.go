package cutovertest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
)

// Stages are the six stages in their order. Each is adjacent to the one before and the one after.
func Stages() []ldmigration.Stage {
	return []ldmigration.Stage{
		ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow, ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
	}
}

// Flag is one migration flag of a [Client]. Its methods return it, take effect at the next
// evaluation, and are safe for concurrent use.
type Flag struct {
	mu       sync.Mutex
	value    ldvalue.Value // null while the flag is missing
	targets  map[string]ldmigration.Stage
	rule     func(ldcontext.Context) ldmigration.Stage
	planned  []plannedStage
	version  int
	sampling ldvalue.OptionalInt
	check    ldvalue.OptionalInt
}

type plannedStage struct {
	left  int // evaluations until then
	stage ldmigration.Stage
}

// Stage sets the stage of everybody for whom StageFor and StageBy set no other one. It undoes
// Missing, WrongType, UnknownStage and what is left of StageAfter.
func (f *Flag) Stage(stage ldmigration.Stage) *Flag {
	return f.set(func() { f.value, f.planned = ldvalue.String(string(stage)), nil })
}

// StageFor sets the stage of these evaluation contexts, which are told apart by kind and key. It
// goes before StageBy and Stage; calling it again adds to it.
func (f *Flag) StageFor(stage ldmigration.Stage, users ...ldcontext.Context) *Flag {
	return f.set(func() {
		if f.targets == nil {
			f.targets = map[string]ldmigration.Stage{}
		}
		for _, user := range users {
			f.targets[targetOf(user)] = stage
		}
	})
}

// targetOf tells evaluation contexts apart by kind and key. The fully qualified key alone does
// not: that of a user is any text.
func targetOf(user ldcontext.Context) string {
	return string(user.Kind()) + "\x00" + user.FullyQualifiedKey()
}

// StageBy sets a function that returns the stage of an evaluation context, or "" for the stage of
// everybody. It must be safe for concurrent use and must not use the flag. Nil removes it.
func (f *Flag) StageBy(rule func(user ldcontext.Context) ldmigration.Stage) *Flag {
	return f.set(func() { f.rule = rule })
}

// StageAfter sets another stage for everybody after n more evaluations, counted from this call.
// Calling it again plans another change.
func (f *Flag) StageAfter(n int, stage ldmigration.Stage) *Flag {
	return f.set(func() { f.planned = append(f.planned, plannedStage{n, stage}) })
}

// Missing makes the flag unknown to the client: operations run at the default stage. It forgets
// StageFor and StageBy.
func (f *Flag) Missing() *Flag {
	return f.set(func() { f.value, f.planned, f.targets, f.rule = ldvalue.Null(), nil, nil, nil })
}

// WrongType sets a value that is not a text in place of the stage of everybody: operations run at
// the default stage.
func (f *Flag) WrongType(value ldvalue.Value) *Flag {
	return f.set(func() { f.value, f.planned = value, nil })
}

// UnknownStage sets a text that is not one of the six stages in place of the stage of everybody: the
// client answers the default stage and an error.
func (f *Flag) UnknownStage(text string) *Flag {
	return f.set(func() { f.value, f.planned = ldvalue.String(text), nil })
}

// Version sets the flag's version, which is 1.
func (f *Flag) Version(version int) *Flag { return f.set(func() { f.version = version }) }

// CheckRatio sets the check ratio: one in so many reads from both systems is compared, and none for
// zero or less. The default is 1.
func (f *Flag) CheckRatio(ratio int) *Flag {
	return f.set(func() { f.check = ldvalue.NewOptionalInt(ratio) })
}

// SamplingRatio sets the sampling ratio that op events tell: a real client sends one in so many. The
// fake keeps all of them.
func (f *Flag) SamplingRatio(ratio int) *Flag {
	return f.set(func() { f.sampling = ldvalue.NewOptionalInt(ratio) })
}

func (f *Flag) set(change func()) *Flag {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	return f
}

// like returns a new flag that answers as f does now.
func (f *Flag) like() *Flag {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &Flag{value: f.value, version: f.version}
}

// answer is what one evaluation of a flag gives.
type answer struct {
	detail  ldreason.EvaluationDetail
	err     error
	found   bool
	version int
	check   ldvalue.OptionalInt
	sample  ldvalue.OptionalInt
}

func (f *Flag) evaluate(user ldcontext.Context, defaultStage ldmigration.Stage) answer {
	f.mu.Lock()
	f.advance()
	value, rule := f.value, f.rule
	target, targeted := f.targets[targetOf(user)]
	a := answer{found: !value.IsNull(), version: f.version, check: f.check, sample: f.sampling}
	f.mu.Unlock()

	reason := ldreason.NewEvalReasonFallthrough()
	if targeted {
		value, reason = ldvalue.String(string(target)), ldreason.NewEvalReasonTargetMatch()
	} else if rule != nil {
		if stage := rule(user); stage != "" {
			value, reason = ldvalue.String(string(stage)), ldreason.NewEvalReasonRuleMatch(0, "")
		}
	}
	a.found = a.found || reason.GetKind() != ldreason.EvalReasonFallthrough
	a.detail, a.err = detailOf(value, reason, defaultStage)
	if !a.found {
		a = answer{detail: errorDetail(ldreason.EvalErrorFlagNotFound, defaultStage)}
	}
	return a
}

// advance counts one evaluation against the planned changes.
func (f *Flag) advance() {
	for i := range f.planned {
		if f.planned[i].left <= 0 {
			f.value = ldvalue.String(string(f.planned[i].stage))
		}
		f.planned[i].left--
	}
	f.planned = slices.DeleteFunc(f.planned, func(p plannedStage) bool { return p.left < 0 })
}

// detailOf is what the SDK's client makes of a flag's value.
func detailOf(
	value ldvalue.Value, reason ldreason.EvaluationReason, defaultStage ldmigration.Stage,
) (ldreason.EvaluationDetail, error) {
	if !value.IsString() {
		return parsed(errorDetail(ldreason.EvalErrorWrongType, defaultStage), defaultStage)
	}
	index := slices.Index(Stages(), ldmigration.Stage(value.StringValue()))
	return parsed(ldreason.NewEvaluationDetail(value, index, reason), defaultStage)
}

// parsed refuses a detail whose value is no stage.
func parsed(detail ldreason.EvaluationDetail, defaultStage ldmigration.Stage) (ldreason.EvaluationDetail, error) {
	if _, err := ldmigration.ParseStage(detail.Value.StringValue()); err != nil {
		return errorDetail(ldreason.EvalErrorWrongType, defaultStage), fmt.Errorf("%w; returning default stage %s", err, defaultStage)
	}
	return detail, nil
}

func errorDetail(kind ldreason.EvalErrorKind, defaultStage ldmigration.Stage) ldreason.EvaluationDetail {
	return ldreason.NewEvaluationDetailForError(kind, ldvalue.String(string(defaultStage)))
}
