package cutover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// MigrationCapableClient is what the SDK's migrator asks of a client. [Migration] is content with a [FlagClient],
// which every MigrationCapableClient is.
type MigrationCapableClient interface {
	FlagClient
	Loggers() interfaces.LDLoggers
}

// MigrationImplFn reads or writes in one origin.
type MigrationImplFn func(payload any) (any, error)

// MigrationComparisonFn says whether two results are equal. It gets the authoritative one first, then the other.
type MigrationComparisonFn func(any, any) bool

// Migrator is the dynamic API: the flag key and the default stage come with each call, and payloads and results may be
// of any type. It is safe for concurrent use if its functions are.
type Migrator interface {
	// Read reads from the origins that the flag's stage asks for, and returns the authoritative result. If the default
	// stage is no stage, the result is a [StageError] and nothing is run.
	Read(
		key string, context ldcontext.Context, defaultStage ldmigration.Stage, payload any,
	) MigrationReadResult
	// Write writes to the authoritative origin and, if that succeeded and the stage asks for it, to the other. If the
	// default stage is no stage, the result is a [StageError] and nothing is run.
	Write(
		key string, context ldcontext.Context, defaultStage ldmigration.Stage, payload any,
	) MigrationWriteResult
}

// MigratorBuilder gathers what a [Migrator] needs. Calling a method again replaces what it said before, but for Observe.
// It is not safe for concurrent use.
type MigratorBuilder struct {
	options
	read, write dynamicPair
	compare     *MigrationComparisonFn
}

type dynamicPair struct {
	old, new MigrationImplFn
	given    bool
}

// Migration begins a [Migrator]. It reads concurrently and tracks latency and errors unless told otherwise.
func Migration(client FlagClient) *MigratorBuilder {
	return &MigratorBuilder{options: defaultOptions(client)}
}

// ReadExecutionOrder sets how reads run at the stages that read from both. The default is [ldmigration.Concurrent];
// Build refuses what is no order.
func (b *MigratorBuilder) ReadExecutionOrder(order ldmigration.ExecutionOrder) *MigratorBuilder {
	b.order = order
	return b
}

// TrackLatency sets whether op events tell latencies. The default is true.
func (b *MigratorBuilder) TrackLatency(enabled bool) *MigratorBuilder {
	b.trackLatency = enabled
	return b
}

// TrackErrors sets whether op events tell errors. The default is true.
func (b *MigratorBuilder) TrackErrors(enabled bool) *MigratorBuilder {
	b.trackErrors = enabled
	return b
}

// FastEvaluation sets whether the stage may be evaluated without the SDK's tracker, as [Builder.FastEvaluation] does. The
// default is true. The SDK's builder has no such method.
func (b *MigratorBuilder) FastEvaluation(enabled bool) *MigratorBuilder {
	b.fast = enabled
	return b
}

// SecondaryInline runs the secondary on the caller's goroutine where it comes before or after the authoritative call, as
// [Builder.SecondaryInline] does, and as the SDK's migrator does always. A Migrator has no timeout: nothing ends a call that
// hangs, inline or not. The SDK's builder has no such method.
func (b *MigratorBuilder) SecondaryInline() *MigratorBuilder {
	b.inline = true
	return b
}

// Logger sets where faults are logged, as [Builder.Logger] does. The SDK's builder has no such method.
func (b *MigratorBuilder) Logger(logger *slog.Logger) *MigratorBuilder {
	b.logger = logger
	return b
}

// Observe adds an observer of every operation, as [Builder.Observe] does. The SDK's builder has no such method.
func (b *MigratorBuilder) Observe(observer Observer) *MigratorBuilder {
	b.observers = append(b.observers, observer)
	return b
}

// Read sets the functions that read, and the comparison of their results; a nil comparison compares nothing. Build
// refuses a nil function.
func (b *MigratorBuilder) Read(
	oldReadFn, newReadFn MigrationImplFn, comparisonFn *MigrationComparisonFn,
) *MigratorBuilder {
	b.read = dynamicPair{old: oldReadFn, new: newReadFn, given: true}
	b.compare = comparisonFn
	return b
}

// Write sets the functions that write. Build refuses a nil function.
func (b *MigratorBuilder) Write(oldWriteFn, newWriteFn MigrationImplFn) *MigratorBuilder {
	b.write = dynamicPair{old: oldWriteFn, new: newWriteFn, given: true}
	return b
}

// Build returns the migrator. Like the SDK's it wants both, reads and writes. The error tells everything that is wrong
// at once; the migrator is non-nil if and only if the error is nil.
func (b *MigratorBuilder) Build() (Migrator, error) {
	if b == nil {
		return nil, errors.New("building a migrator: the builder is nil")
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
		memories: newFlagMemories(),
		reads:    operation[any, any]{settings: shared, kind: ldmigration.Read, calls: b.read.calls()},
		writes:   operation[any, any]{settings: shared, kind: ldmigration.Write, calls: b.write.calls()},
	}
	if b.compare != nil {
		m.reads.compare = comparing[any]{Comparison: Func(*b.compare), authoritativeFirst: true}
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

// do refuses the default stage that a Cutover's Build would have refused, for here it comes with each call.
func (m *migrator) do(o *operation[any, any], rec *record, payload any) (none [2]any) {
	if isStage(rec.defaultStage) {
		rec.memory = m.memories.of(rec.flag)
		return o.run(context.Background(), payload, rec)
	}
	rec.err = &StageError{Flag: rec.flag, Stage: rec.defaultStage, Default: true}
	o.log.error(context.Background(), "operation not run", errAttr(rec.err))
	return none
}
