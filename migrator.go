package cutover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"

	"github.com/gocutover/cutover/compare"
)

// MigrationCapableClient is the client of the SDK's migrator. Every MigrationCapableClient is a
// [FlagClient], which is all that [Migration] needs.
type MigrationCapableClient interface {
	FlagClient
	// Loggers returns the client's own loggers.
	Loggers() interfaces.LDLoggers
}

// MigrationImplFn reads from or writes to one origin.
type MigrationImplFn func(payload any) (any, error)

// MigrationComparisonFn reports whether two results are equal. It gets the authoritative result
// first.
type MigrationComparisonFn func(any, any) bool

// Migrator is the dynamic API: the flag key and the default stage come with each call, and payloads
// and results have any type. It is safe for concurrent use if its functions are.
type Migrator interface {
	// Read reads from the origins that the flag's stage asks for, and returns the authoritative
	// result. For an unknown default stage it calls no function and returns a [StageError].
	Read(
		key string, context ldcontext.Context, defaultStage ldmigration.Stage, payload any,
	) MigrationReadResult
	// Write writes to the authoritative origin and, if that succeeds and the stage writes to both,
	// to the other one. For an unknown default stage it calls no function and returns a
	// [StageError].
	Write(
		key string, context ldcontext.Context, defaultStage ldmigration.Stage, payload any,
	) MigrationWriteResult
}

// MigratorBuilder collects the settings of a [Migrator]. A second call of a method replaces the
// first, except for Observe, which adds. A MigratorBuilder is not safe for concurrent use.
type MigratorBuilder struct {
	options
	read, write dynamicPair
	compare     *MigrationComparisonFn
}

type dynamicPair struct {
	old, new MigrationImplFn
	given    bool
}

// Migration begins a [Migrator]. By default it reads concurrently and tracks latency and errors.
func Migration(client FlagClient) *MigratorBuilder {
	return &MigratorBuilder{options: defaultOptions(client)}
}

// ReadExecutionOrder sets the order of reads at the stages that read from both. The default is
// [ldmigration.Concurrent]. Build returns an error for an unknown order and for [Detached].
func (b *MigratorBuilder) ReadExecutionOrder(order ldmigration.ExecutionOrder) *MigratorBuilder {
	b.order = order
	return b
}

// TrackLatency sets whether op events report latencies. The default is true.
func (b *MigratorBuilder) TrackLatency(enabled bool) *MigratorBuilder {
	b.trackLatency = enabled
	return b
}

// TrackErrors sets whether op events report errors. The default is true.
func (b *MigratorBuilder) TrackErrors(enabled bool) *MigratorBuilder {
	b.trackErrors = enabled
	return b
}

// FastEvaluation sets whether the stage may be evaluated without the SDK's tracker, as
// [Builder.FastEvaluation] does. The default is true. The SDK's builder has no such method.
func (b *MigratorBuilder) FastEvaluation(enabled bool) *MigratorBuilder {
	b.fast = enabled
	return b
}

// SecondaryInline runs the secondary on the caller's goroutine in serial and random reads and in
// writes, as [Builder.SecondaryInline] and the SDK's migrator do. A Migrator has no timeout: it
// waits for a call that hangs, inline or not. The SDK's builder has no such method.
func (b *MigratorBuilder) SecondaryInline() *MigratorBuilder {
	b.inline = true
	return b
}

// Logger sets the logger for faults, as [Builder.Logger] does. The SDK's builder has no such
// method.
func (b *MigratorBuilder) Logger(logger *slog.Logger) *MigratorBuilder {
	b.logger = logger
	return b
}

// Observe adds an observer of every operation, as [Builder.Observe] does. The SDK's builder has no
// such method.
func (b *MigratorBuilder) Observe(observer Observer) *MigratorBuilder {
	b.observers = append(b.observers, observer)
	return b
}

// Read sets the functions that read, and the comparison of their results. A nil comparison pointer
// means that nothing is compared. Build returns an error for a nil function.
func (b *MigratorBuilder) Read(
	oldReadFn, newReadFn MigrationImplFn, comparisonFn *MigrationComparisonFn,
) *MigratorBuilder {
	b.read = dynamicPair{old: oldReadFn, new: newReadFn, given: true}
	b.compare = comparisonFn
	return b
}

// Write sets the functions that write. Build returns an error for a nil function.
func (b *MigratorBuilder) Write(oldWriteFn, newWriteFn MigrationImplFn) *MigratorBuilder {
	b.write = dynamicPair{old: oldWriteFn, new: newWriteFn, given: true}
	return b
}

// Build returns the migrator. Like the SDK's it needs the functions for both reads and writes. The
// error joins all that is wrong; the migrator is non-nil if and only if the error is nil.
func (b *MigratorBuilder) Build() (Migrator, error) {
	if b == nil {
		return nil, errors.New("building a migrator: builder is nil")
	}
	err := errors.Join(
		b.validate(),
		b.read.validate("read"),
		b.write.validate("write"),
		refuse(b.compare != nil && *b.compare == nil, "comparison: ", ErrNilFunction),
		refuse(b.order == Detached, "detached reads need a Cutover: ", ErrUnknownOrder),
	)
	if err != nil {
		return nil, fmt.Errorf("building a migrator: %w", err)
	}
	shared := b.settings(false)
	m := &migrator{
		memories: newFlagMemories(&shared.evaluator),
		reads:    operation[any, any]{settings: shared, kind: ldmigration.Read, order: b.order, calls: b.read.calls()},
		writes:   operation[any, any]{settings: shared, kind: ldmigration.Write, calls: b.write.calls()},
	}
	if b.compare != nil {
		m.reads.compare = comparing[any]{comparison: compare.Func(*b.compare), given: true, authoritativeFirst: true}
	}
	return m, nil
}

func (p dynamicPair) validate(what string) error {
	if !p.given {
		return fmt.Errorf("%s functions: %w", what, ErrNotConfigured)
	}
	return errors.Join(
		refuse(p.old == nil, "old "+what+": ", ErrNilFunction),
		refuse(p.new == nil, "new "+what+": ", ErrNilFunction),
	)
}

func (p dynamicPair) calls() [2]func(context.Context, any) (any, error) {
	adapt := func(f MigrationImplFn) func(context.Context, any) (any, error) {
		return func(_ context.Context, payload any) (any, error) { return f(payload) }
	}
	return [2]func(context.Context, any) (any, error){oldSide: adapt(p.old), newSide: adapt(p.new)}
}

type migrator struct {
	reads, writes operation[any, any]
	memories      *flagMemories
}

func (m *migrator) Read(
	key string, user ldcontext.Context, defaultStage ldmigration.Stage, payload any,
) MigrationReadResult {
	var rec record
	rec.flag, rec.user, rec.defaultStage = key, user, defaultStage
	values := m.do(&m.reads, &rec, payload)
	return NewMigrationReadResult(migrationResultOf(&rec, &values, rec.plan.authoritative))
}

func (m *migrator) Write(
	key string, user ldcontext.Context, defaultStage ldmigration.Stage, payload any,
) MigrationWriteResult {
	var rec record
	rec.flag, rec.user, rec.defaultStage = key, user, defaultStage
	values := m.do(&m.writes, &rec, payload)
	authoritative := migrationResultOf(&rec, &values, rec.plan.authoritative)
	if second := rec.plan.authoritative.other(); rec.sides[second].invoked {
		other := migrationResultOf(&rec, &values, second)
		return NewMigrationWriteResult(authoritative, &other)
	}
	return NewMigrationWriteResult(authoritative, nil)
}

// do checks the default stage, which comes with each call, as Build of a Cutover does.
func (m *migrator) do(o *operation[any, any], rec *record, payload any) (none [2]any) {
	if isStage(rec.defaultStage) {
		rec.memory = m.memories.of(rec.flag)
		return o.run(context.Background(), payload, rec)
	}
	rec.err = &StageError{Flag: rec.flag, Stage: rec.defaultStage, Default: true}
	o.log.error(context.Background(), "operation not run", errAttr(rec.err))
	return none
}

// MigrationResult is the result of one origin's function, like the SDK's type of that name.
type MigrationResult struct {
	success bool
	origin  ldmigration.Origin
	result  any
	err     error
}

// NewSuccessfulMigrationResult returns the result of a function that succeeded.
func NewSuccessfulMigrationResult(origin ldmigration.Origin, result any) MigrationResult {
	return MigrationResult{success: true, origin: origin, result: result}
}

// NewErrorMigrationResult returns the result of a function that failed.
func NewErrorMigrationResult(origin ldmigration.Origin, err error) MigrationResult {
	return MigrationResult{origin: origin, err: err}
}

// IsSuccess reports whether the function succeeded.
func (m MigrationResult) IsSuccess() bool { return m.success }

// GetResult returns the function's value, or nil if it failed.
func (m MigrationResult) GetResult() any { return m.result }

// GetOrigin returns the origin of the result. It is empty if no function was called; see
// [StageError].
func (m MigrationResult) GetOrigin() ldmigration.Origin { return m.origin }

// GetError returns the function's error, or why no function was called. It is nil if the function
// succeeded.
func (m MigrationResult) GetError() error { return m.err }

// MigrationReadResult is the authoritative result of a read.
type MigrationReadResult struct {
	MigrationResult
}

// NewMigrationReadResult returns the result of a read.
func NewMigrationReadResult(result MigrationResult) MigrationReadResult {
	return MigrationReadResult{result}
}

// MigrationWriteResult is the authoritative result of a write, and the other origin's if that was
// written to.
type MigrationWriteResult struct {
	authoritative    MigrationResult
	nonAuthoritative *MigrationResult
}

// NewMigrationWriteResult returns the result of a write; nonAuthoritative is nil if the other
// origin was not written to.
func NewMigrationWriteResult(authoritative MigrationResult, nonAuthoritative *MigrationResult) MigrationWriteResult {
	return MigrationWriteResult{authoritative, nonAuthoritative}
}

// GetAuthoritativeResult returns the authoritative origin's result.
func (m MigrationWriteResult) GetAuthoritativeResult() MigrationResult { return m.authoritative }

// GetNonAuthoritativeResult returns the other origin's result. It is nil if the stage writes to one
// origin only or the authoritative write failed.
func (m MigrationWriteResult) GetNonAuthoritativeResult() *MigrationResult { return m.nonAuthoritative }

func migrationResultOf(rec *record, values *[2]any, which side) MigrationResult {
	if rec.err != nil {
		return NewErrorMigrationResult("", rec.err)
	}
	if err := rec.sides[which].err; err != nil {
		return NewErrorMigrationResult(which.origin(), err)
	}
	return NewSuccessfulMigrationResult(which.origin(), values[which])
}
