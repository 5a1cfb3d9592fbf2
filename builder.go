package cutover

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// options is what both builders gather. The two doors differ in what they ask for beyond it.
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
	defaultTimeout         = 5 * time.Second
	defaultBackgroundLimit = 100
	// endless is as good as no limit, and leaves room to add it to a time.
	endless = 100 * 365 * 24 * time.Hour
)

func defaultOptions(client FlagClient) options {
	return options{client: client, order: ldmigration.Concurrent, trackLatency: true, trackErrors: true, fast: true}
}

// validate returns everything that is wrong, or nil.
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
	}
}

// Builder gathers what a [Cutover] needs. Its methods may be called in any order and return the builder; calling one
// again replaces what it said before, but for Observe. A Builder is not safe for concurrent use.
type Builder struct {
	options
	flag         string
	defaultStage ldmigration.Stage
	timeout      time.Duration
	limit        int
}

// New begins a [Cutover] under one migration flag of the client. Build refuses a client that is nil, or a nil pointer,
// and an empty flag key.
func New(client FlagClient, flagKey string) *Builder {
	return &Builder{
		options: defaultOptions(client), flag: flagKey, defaultStage: ldmigration.Off,
		timeout: defaultTimeout, limit: defaultBackgroundLimit,
	}
}

// DefaultStage sets the stage to use while the flag gives none: it is missing, holds no stage, or the client has not
// loaded it yet. The default is off; Build refuses what is no stage.
func (b *Builder) DefaultStage(stage ldmigration.Stage) *Builder {
	b.defaultStage = stage
	return b
}

// ReadOrder sets how reads run at the stages that read from both: [ldmigration.Serial], [ldmigration.Random] or
// [ldmigration.Concurrent], the default, or [Detached]. It does nothing for writes, whose order the stage decides. In
// random order the secondary goes first half of the time: then it has at most half of what is left of a deadline of the
// caller's context, so that the authoritative call has the other half.
func (b *Builder) ReadOrder(order ldmigration.ExecutionOrder) *Builder {
	b.order = order
	return b
}

// TrackLatency sets whether op events tell latencies. The default is true. Details and observers have them either way.
func (b *Builder) TrackLatency(enabled bool) *Builder {
	b.trackLatency = enabled
	return b
}

// TrackErrors sets whether op events tell errors. The default is true. Details and observers have them either way.
func (b *Builder) TrackErrors(enabled bool) *Builder {
	b.trackErrors = enabled
	return b
}

// FastEvaluation sets whether the stage may be evaluated without the SDK's tracker, which costs several times as much as
// all the rest. The default is true. It is used only with the SDK's own clients; what embeds one, and any other client,
// is asked for MigrationVariation each time.
//
// Stage, variation and reason are evaluated anew for each operation either way. The flag's version and ratios in op
// events are learnt from MigrationVariation about twice a second, and so follow a change of the flag within one second.
// Two things are not as without it: the SDK's hooks see the method LDClient.StringVariationDetailCtx and, where a flag
// holds no stage, the text that it does hold; and evaluation events that a flag sends in full tell the reason too.
func (b *Builder) FastEvaluation(enabled bool) *Builder {
	b.fast = enabled
	return b
}

// Logger sets where faults are logged. Without it, or with nil, they go to the client's own Loggers if it has them, and
// to [slog.Default] if not.
func (b *Builder) Logger(logger *slog.Logger) *Builder {
	b.logger = logger
	return b
}

// Observe adds an observer of every operation. Calling it again adds another; they are called in that order. Build
// refuses a nil observer.
func (b *Builder) Observe(observer Observer) *Builder {
	b.observers = append(b.observers, observer)
	return b
}

// SecondaryTimeout sets how long the secondary may take, in reads of every order and in writes. The default is 5 s; zero
// is no limit, and Build refuses less. Its function gets a context with that deadline. If it ignores that, the operation
// goes on without it, unless SecondaryInline: the origin counts as invoked and failed, with a [TimeoutError]; what it
// returns later changes nothing; and it runs in the background until it ends, which [Cutover.Close] waits for.
//
// A deadline of the caller's does not shorten the wait for a write, which does not get the caller's cancellation, nor for a
// read that ignores its context. Let this be shorter than the deadlines of your callers.
//
// A write that timed out is unknown, and not failed: it may still be made.
func (b *Builder) SecondaryTimeout(d time.Duration) *Builder {
	b.timeout = d
	return b
}

// SecondaryInline runs the secondary on the caller's goroutine where it comes before or after the authoritative call: in
// serial and random reads, and in writes. It does nothing for concurrent and detached reads. The default is a goroutine of
// its own, which contains all that a function can do, and costs nearly as much as the rest of such an operation.
//
// It is for functions that return within microseconds, come what may. A panic is contained all the same. One that hangs
// holds up its caller, for SecondaryTimeout then only ends its context; one that calls [runtime.Goexit] ends its caller's
// goroutine, after the op event was sent; in random order that may be before the authoritative call.
func (b *Builder) SecondaryInline() *Builder {
	b.inline = true
	return b
}

// BackgroundLimit sets how much may run in the background, detached reads and secondaries that outlived their timeout,
// before reads do without their secondary, which is counted in [Cutover.Background] and told as [ErrSecondarySkipped]. The
// default is 100; Build refuses less than 1. Nothing is queued. No write is skipped, and no secondary that runs already
// can be: those that outlive their timeout are added to what runs, beyond the limit.
func (b *Builder) BackgroundLimit(n int) *Builder {
	b.limit = n
	return b
}

// Build returns a [Cutover] with the settings as they are now: later changes to the builder do not reach it. The error
// tells everything that is wrong at once; the Cutover is non-nil if and only if the error is nil.
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
		refuse(b.limit < 1, fmt.Sprintf("background limit %d: ", b.limit), ErrTooSmall),
	)
	if err != nil {
		return nil, fmt.Errorf("building a cutover: %w", err)
	}
	s := b.settings(true)
	if b.timeout > 0 && b.timeout < endless {
		s.limits = &timeouts{limit: b.timeout}
	}
	s.owner = &background{limit: int64(b.limit), log: s.log}
	s.keys = &keySpace{}
	s.watch = &stageWatch{}
	return &Cutover{settings: s, flag: b.flag, defaultStage: b.defaultStage}, nil
}
