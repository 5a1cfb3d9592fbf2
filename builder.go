package cutover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/internal/turn"
)

// options are the settings that both builders have.
type options struct {
	client       FlagClient
	order        ldmigration.ExecutionOrder
	trackLatency bool
	trackErrors  bool
	fast         bool
	inline       bool
	logger       *slog.Logger
	observers    []Observer
}

const (
	defaultTimeout       = 5 * time.Second
	defaultMaxBackground = 100
	// endless is as good as no limit, and can be added to a time without overflow.
	endless = 100 * 365 * 24 * time.Hour
)

func defaultOptions(client FlagClient) options {
	return options{client: client, order: ldmigration.Concurrent, trackLatency: true, trackErrors: true, fast: true}
}

// validate returns all errors of the options, or nil.
func (o *options) validate() error {
	var errs []error
	if isNil(o.client) {
		errs = append(errs, ErrNilClient)
	}
	if !knownOrder(o.order) {
		errs = append(errs, fmt.Errorf("%w %q", ErrUnknownOrder, string(o.order)))
	}
	for i, observer := range o.observers {
		if isNil(observer) {
			errs = append(errs, fmt.Errorf("observer %d: %w", i+1, ErrNilObserver))
		}
	}
	return errors.Join(errs...)
}

func (o *options) settings(useContext bool) *settings {
	return &settings{
		evaluator:    newEvaluator(o.client, useContext, o.fast),
		log:          newLogger(o.logger, o.client),
		once:         &onceLog{},
		order:        o.order,
		trackLatency: o.trackLatency,
		trackErrors:  o.trackErrors,
		observers:    slices.Clone(o.observers),
		inline:       o.inline,
		seldom:       &seldomLog{},
	}
}

// Builder collects the settings of a [Cutover]. Its methods return the builder and may be called in
// any order. A second call of a method replaces the first, except for Observe, which adds. A
// Builder is not safe for concurrent use.
type Builder struct {
	options
	flag         string
	defaultStage ldmigration.Stage
	timeout      time.Duration
	limit        int

	returnAtDeadline bool
	describes        bool

	journal  Journal
	kinds    []RecordKind
	journals bool
	required bool
	failures int
	rest     time.Duration
	breaks   bool
}

// New begins a [Cutover] for one migration flag of the client. Build returns an error for an empty
// flag key, and for a client that is nil or a nil pointer.
func New(client FlagClient, flagKey string) *Builder {
	return &Builder{
		options: defaultOptions(client), flag: flagKey, defaultStage: ldmigration.Off,
		timeout: defaultTimeout, limit: defaultMaxBackground, failures: defaultBreakerFailures, rest: defaultBreakerRest,
	}
}

// DefaultStage sets the stage to use if the flag gives none: it is missing, its value is not a
// stage, or the client has not loaded it yet. The default is off. Build returns an error for an
// unknown stage.
func (b *Builder) DefaultStage(stage ldmigration.Stage) *Builder {
	b.defaultStage = stage
	return b
}

// ReadOrder sets the order of reads at the stages that read from both: [ldmigration.Concurrent],
// the default, [ldmigration.Serial], [ldmigration.Random] or [Detached]. Build returns an error for
// an unknown order. Writes are not affected: the stage decides their order.
//
// In random order the secondary goes first in half of the reads. If the caller's context has a
// deadline, the secondary may then take half of the remaining time, so that the authoritative read
// has the other half.
func (b *Builder) ReadOrder(order ldmigration.ExecutionOrder) *Builder {
	b.order = order
	return b
}

// TrackLatency sets whether op events report latencies. The default is true. Details and observers
// get them in either case.
func (b *Builder) TrackLatency(enabled bool) *Builder {
	b.trackLatency = enabled
	return b
}

// TrackErrors sets whether op events report errors. The default is true. Details and observers get
// them in either case.
func (b *Builder) TrackErrors(enabled bool) *Builder {
	b.trackErrors = enabled
	return b
}

// FastEvaluation sets whether the stage may be evaluated without the SDK's tracker, which costs
// several times as much as the rest of an operation. The default is true. It applies to the SDK's
// own clients only. A type that embeds one, and any other client, evaluates by MigrationVariation.
//
// Each operation evaluates stage, variation and reason. The flag's version and ratios come from a
// second evaluation that sends no events. It runs about twice a second, and at once for a new
// stage, variation or reason, or when a missing flag is back. Any other change of version or ratios
// takes effect up to half a second late.
//
// The SDK's hooks see each operation as LDClient.StringVariationDetailCtx, and the second
// evaluation as LDClient.MigrationVariationCtx. If the flag's value is not a stage, hooks see that
// value. If a flag sends full evaluation events, they all include the reason.
func (b *Builder) FastEvaluation(enabled bool) *Builder {
	b.fast = enabled
	return b
}

// Logger sets the logger for faults and changes of stage. The default, and nil, is the client's own
// Loggers if it has them, and otherwise [slog.Default].
func (b *Builder) Logger(logger *slog.Logger) *Builder {
	b.logger = logger
	return b
}

// Observe adds an observer of every operation. Observers are called in the order in which they were
// added. Build returns an error for a nil observer.
func (b *Builder) Observe(observer Observer) *Builder {
	b.observers = append(b.observers, observer)
	return b
}

// SecondaryTimeout sets how long the secondary may take, in reads of every order and in writes. The
// default is 5 s; zero is no limit. Build returns an error for a negative duration.
//
// The function gets a context with this deadline. If it ignores the deadline, the operation
// continues without it, and reports the origin as invoked, with a [TimeoutError]. The function runs
// on in the background until it returns; its result is dropped, and [Cutover.Close] waits for it.
// With SecondaryInline the operation waits for the function instead.
//
// The end of the caller's context does not shorten the wait for a write, nor for a read that
// ignores its context; see [Builder.ReturnAtDeadline]. Set this timeout shorter than your callers'
// deadlines.
//
// A write that timed out may still take effect.
func (b *Builder) SecondaryTimeout(d time.Duration) *Builder {
	b.timeout = d
	return b
}

// SecondaryInline runs the secondary on the caller's goroutine in serial and random reads and in
// writes. Concurrent and detached reads are not affected. By default the secondary has its own
// goroutine, which costs nearly as much as the rest of such an operation.
//
// Use it only for functions that always return within microseconds. A panic is still recovered. A
// function that hangs blocks its caller: SecondaryTimeout then ends only its context. A function
// that calls [runtime.Goexit] ends the caller's goroutine after the op event was sent, and in
// random order maybe before the authoritative call.
func (b *Builder) SecondaryInline() *Builder {
	b.inline = true
	return b
}

// MaxBackground limits the calls that run in the background, for reads and writes separately. The
// default is 100. Build returns an error for less than 1. Nothing is queued.
//
// Detached reads, and secondaries that run on after their timeout or their caller's deadline, count
// toward the limit. While it is reached, operations skip their secondary, with an
// [ErrSecondarySkipped]; [Cutover.Background] counts them. [ReaderBuilder.Recheck] has a count of
// its own with the same limit.
func (b *Builder) MaxBackground(n int) *Builder {
	b.limit = n
	return b
}

// ReturnAtDeadline makes an operation return when its caller's context ends and the authoritative
// call has returned, instead of waiting for the secondary. The rest follows in the background, as in
// a [Detached] read; a secondary write is not cancelled. A read that would fall back returns its
// error. The default is to wait, for [Builder.SecondaryTimeout] at most.
//
// It does not apply to a secondary that runs before the authoritative call or inline, or to a
// writer with RequireBoth.
func (b *Builder) ReturnAtDeadline() *Builder {
	b.returnAtDeadline = true
	return b
}

// Build returns a [Cutover] with the current settings. Later changes to the builder do not affect
// it. The error joins all that is wrong; the Cutover is non-nil if and only if the error is nil.
func (b *Builder) Build() (*Cutover, error) {
	var stageErr, flagErr error
	if !isStage(b.defaultStage) {
		stageErr = &StageError{Flag: b.flag, Stage: b.defaultStage, Default: true}
	}
	if b.flag == "" {
		flagErr = ErrEmptyFlagKey
	}
	err := errors.Join(
		b.validate(), flagErr, stageErr,
		refuse(b.timeout < 0, fmt.Sprintf("secondary timeout %v: ", b.timeout), ErrTooSmall),
		refuse(b.limit < 1, fmt.Sprintf("max background %d: ", b.limit), ErrTooSmall),
		b.validateJournal(),
	)
	if err != nil {
		return nil, fmt.Errorf("building a cutover: %w", err)
	}
	s := b.settings(true)
	s.flag = b.flag
	s.background = &background{}
	s.reads = newLane(s.background, b.limit, b.timeout)
	s.writes = newLane(s.background, b.limit, b.timeout)
	s.keys = &turn.Space{}
	s.watch = &stageWatch{}
	s.returnAtDeadline = b.returnAtDeadline
	s.journal = b.journaling()
	s.describes = b.describes || s.journal != nil
	return &Cutover{settings: s, flag: b.flag, defaultStage: b.defaultStage}, nil
}

// callBuilder has the settings that readers and writers share.
type callBuilder[P, R any] struct {
	cutover       *Cutover
	old, new      func(context.Context, P) (R, error)
	timeout       time.Duration
	timed         bool
	max           int
	bounded       bool
	reveal        revealing[P, R]
	reveals       bool
	shownKey      KeyFunc[P]
	showsKey      bool
	cloneResult   func(R) R
	clonesResult  bool
	resultsKept   bool
	clonePayload  func(P) P
	clonesPayload bool
	payloadsKept  bool
	records       []KeyFunc[P]
	recorded      bool
}

func newCallBuilder[P, R any](c *Cutover, old, new func(context.Context, P) (R, error)) callBuilder[P, R] {
	return callBuilder[P, R]{cutover: c, old: old, new: new}
}

func (b *callBuilder[P, R]) validate(what string) error {
	payload := reflect.TypeFor[P]()
	return errors.Join(
		b.validateRecords(),
		refuse(b.cutover == nil, "", ErrNilCutover),
		refuse(b.old == nil, "old "+what+": ", ErrNilFunction),
		refuse(b.new == nil, "new "+what+": ", ErrNilFunction),
		refuse(b.timed && b.timeout < 0, fmt.Sprintf("secondary timeout %v: ", b.timeout), ErrTooSmall),
		refuse(b.bounded && b.max < 1, fmt.Sprintf("max background %d: ", b.max), ErrTooSmall),
		refuse(b.reveals && (b.reveal.payload == nil || b.reveal.result == nil), "reveal: ", ErrNilFunction),
		refuseKey(b.showsKey, "revealed key: ", b.shownKey),
		refuse(b.clonesPayload && b.clonePayload == nil, "clone of payloads: ", ErrNilFunction),
		refuse(!b.clonesPayload && !b.payloadsKept && !sharable(payload),
			fmt.Sprintf("payloads of type %v can be modified: ", payload), ErrCloneRequired),
	)
}

// refuseKey returns the error of a key that was set, or nil.
func refuseKey[P any](given bool, which string, key KeyFunc[P]) error {
	err := key.Err()
	return refuse(given && err != nil, which, err)
}

// validateResults returns an error for results that could be modified while the library uses them.
func (b *callBuilder[P, R]) validateResults(outlive bool) error {
	result := reflect.TypeFor[R]()
	return errors.Join(
		refuse(b.clonesResult && b.cloneResult == nil, "clone of results: ", ErrNilFunction),
		refuse((outlive || b.reveals) && !b.clonesResult && !b.resultsKept && !sharable(result),
			fmt.Sprintf("results of type %v can be modified: ", result), ErrCloneRequired),
	)
}

// operation returns the operation that readers and writers share.
func (b *callBuilder[P, R]) operation(kind ldmigration.Operation) operation[P, R] {
	op := operation[P, R]{
		settings:     b.cutover.settings,
		kind:         kind,
		calls:        [2]func(context.Context, P) (R, error){oldSide: b.old, newSide: b.new},
		reveal:       b.reveal,
		shownKey:     b.shownKey,
		cloneResult:  b.cloneResult,
		clonePayload: b.clonePayload,
	}
	op.records, _ = resolveKeys(op.journal, "keys of records", b.records) // no error: it is validated
	op.lane = op.reads
	if kind == ldmigration.Write {
		op.lane = op.writes
	}
	if b.timed || b.bounded {
		op.lane = b.ownLane(op.lane)
	}
	return op
}

// ownLane returns the lane of a reader or writer with a timeout or a limit of its own. A lane has
// one timeout, so either setting makes the count separate too.
func (b *callBuilder[P, R]) ownLane(shared *lane) *lane {
	limit, patience := int(shared.limit), shared.calls.Limit()
	if b.bounded {
		limit = b.max
	}
	if b.timed {
		patience = b.timeout
	}
	return newLane(shared.background, limit, patience)
}
