package cutover

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// options is what both builders gather. The two doors differ in what they ask for beyond it.
type options struct {
	client       FlagClient
	order        ldmigration.ExecutionOrder
	trackLatency bool
	trackErrors  bool
	fast         bool
	logger       *slog.Logger
	observers    []Observer
}

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
	}
}

// Builder gathers what a [Cutover] needs. Its methods may be called in any order and return the builder; calling one
// again replaces what it said before, but for Observe. A Builder is not safe for concurrent use.
type Builder struct {
	options
	flag         string
	defaultStage ldmigration.Stage
}

// New begins a [Cutover] under one migration flag of the client. Build refuses a client that is nil, or a nil pointer,
// and an empty flag key.
func New(client FlagClient, flagKey string) *Builder {
	return &Builder{options: defaultOptions(client), flag: flagKey, defaultStage: ldmigration.Off}
}

// DefaultStage sets the stage to use while the flag gives none: it is missing, holds no stage, or the client has not
// loaded it yet. The default is off; Build refuses what is no stage.
func (b *Builder) DefaultStage(stage ldmigration.Stage) *Builder {
	b.defaultStage = stage
	return b
}

// ReadOrder sets how reads run at the stages that read from both: [ldmigration.Serial], [ldmigration.Random] or
// [ldmigration.Concurrent], the default. It does nothing for writes, whose order the stage decides.
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
	if err := errors.Join(b.validate(), flagErr, stageErr); err != nil {
		return nil, fmt.Errorf("building a cutover: %w", err)
	}
	return &Cutover{settings: b.settings(true), flag: b.flag, defaultStage: b.defaultStage}, nil
}
