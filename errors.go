package cutover

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Errors that Build returns. Build joins all of them with [errors.Join]; use [errors.Is] to look
// for one.
var (
	// ErrNilClient is returned by Build for a flag client that is nil, or a nil pointer in an
	// interface.
	ErrNilClient = errors.New("flag client is nil")
	// ErrNilCutover is returned by Build of a reader or writer for a nil [Cutover].
	ErrNilCutover = errors.New("cutover is nil")
	// ErrNilFunction is returned by Build for a nil function or the zero [KeyFunc].
	ErrNilFunction = errors.New("function is nil")
	// ErrNilObserver is returned by Build for an observer that is nil, or a nil pointer in an
	// interface.
	ErrNilObserver = errors.New("observer is nil")
	// ErrEmptyFlagKey is returned by Build for an empty flag key.
	ErrEmptyFlagKey = errors.New("flag key is empty")
	// ErrUnknownOrder is returned by Build for an order of reads that is neither [Detached] nor one
	// of package ldmigration's. Build of a [MigratorBuilder] returns it for Detached too, because
	// only a [Cutover] can wait for detached reads.
	ErrUnknownOrder = errors.New("unknown read execution order")
	// ErrEmptyName is returned by Build of a reader for a [ReaderBuilder.Ignore] rule without a
	// name.
	ErrEmptyName = errors.New("name is empty")
	// ErrTooSmall is returned by Build for a negative duration and for a limit below one.
	ErrTooSmall = errors.New("too small")
	// ErrCloneRequired is returned by Build of a reader or writer whose payloads or results could
	// be modified while the library uses them; see [ReaderBuilder.ClonePayload] and
	// [ReaderBuilder.CloneResult].
	ErrCloneRequired = errors.New("give a clone function or declare that they are not modified")
	// ErrNoRows is returned by Build of a reader with [ReaderBuilder.CompareRowsBetweenWrites]
	// whose comparison does not use [compare.Rows].
	ErrNoRows = errors.New("comparison does not compare rows")
	// ErrNotConfigured is returned by Build of a [MigratorBuilder] without read or write functions.
	ErrNotConfigured = errors.New("not configured")
)

// ErrUnknownStage matches every [StageError].
var ErrUnknownStage = errors.New("unknown migration stage")

// ErrUnwound is the error of a call that did not return: it panicked or called [runtime.Goexit]. If
// the panic was recovered, the error is a [PanicError], which matches ErrUnwound.
var ErrUnwound = errors.New("function did not return: it panicked or called runtime.Goexit")

// ErrSecondaryTimeout matches every [TimeoutError].
var ErrSecondaryTimeout = errors.New("secondary timed out")

// ErrNotRun matches the error of an operation that called no function, and so can be tried again: a
// [StageError], an [ErrDeadlock], and the error of a write whose context ended while it waited for
// its key.
var ErrNotRun = errors.New("operation not run")

// ErrDeadlock is the error of a write that would wait for itself; see [WriterBuilder.SerializeBy].
// It comes with [ErrNotRun].
var ErrDeadlock = errors.New("write would wait for itself")

// ErrSecondarySkipped is the error of a secondary that was not called: as much ran in the
// background as [Builder.MaxBackground] allows, an earlier write of the record had timed out and
// still ran, or [ReaderBuilder.ClonePayload] panicked. A write that skipped its secondary leaves
// the two systems different.
var ErrSecondarySkipped = errors.New("secondary skipped")

// Reasons to skip a secondary, besides a clone that panicked.
var (
	errNoPlace     = fmt.Errorf("%w: background is full", ErrSecondarySkipped)
	errTooManyLate = fmt.Errorf("%w: too many timed-out writes still run", ErrSecondarySkipped)
	errLateWrite   = fmt.Errorf("%w: an earlier write of the record timed out and still runs", ErrSecondarySkipped)
)

// ErrStillRunning is returned by [Cutover.Close] if its context ended first.
var ErrStillRunning = errors.New("still running in the background")

// TimeoutError is the error of a secondary that did not return in time, or returned an error after
// its time was over. A write that timed out may have taken effect, and if its function ignores the
// context, may still do so.
type TimeoutError struct {
	// After is the time that the function had.
	After time.Duration
	// Err is the error that the function returned, or nil if it did not return in time.
	Err error
}

// Error returns the timeout, and the function's error if it has one.
func (e *TimeoutError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("secondary timed out after %v", e.After)
	}
	return fmt.Sprintf("secondary timed out after %v: %v", e.After, e.Err)
}

// Is reports whether target is [ErrSecondaryTimeout] or [context.DeadlineExceeded].
func (e *TimeoutError) Is(target error) bool {
	return target == ErrSecondaryTimeout || target == context.DeadlineExceeded
}

// Unwrap returns the function's error, or nil.
func (e *TimeoutError) Unwrap() error { return e.Err }

// OriginError is the error of a write with [WriterBuilder.RequireBoth]. It has the origin that
// failed.
type OriginError struct {
	// Origin is the origin that failed.
	Origin ldmigration.Origin
	// Authoritative is true if the authoritative write failed; the secondary was then not written
	// to. If it is false, the authoritative write succeeded, and the systems may differ until the
	// write is tried again.
	Authoritative bool
	// Err is the origin's error.
	Err error
}

// Error returns the origin and its error.
func (e *OriginError) Error() string { return fmt.Sprintf("%s system: %v", e.Origin, e.Err) }

// Unwrap returns the origin's error.
func (e *OriginError) Unwrap() error { return e.Err }

// bothError returns the error of a write with RequireBoth: the authoritative one if there is one.
func bothError(authoritative ldmigration.Origin, err, otherErr error) error {
	switch {
	case err != nil:
		return &OriginError{Origin: authoritative, Authoritative: true, Err: err}
	case otherErr != nil:
		return &OriginError{Origin: otherOrigin(authoritative), Err: otherErr}
	default:
		return nil
	}
}

func otherOrigin(origin ldmigration.Origin) ldmigration.Origin {
	if origin == ldmigration.Old {
		return ldmigration.New
	}
	return ldmigration.Old
}

// StageError is the error of an unknown stage, given as the default stage or returned by the flag
// client. No function was called.
type StageError struct {
	// Flag is the flag's key.
	Flag string
	// Stage is the unknown stage.
	Stage ldmigration.Stage
	// Default is true for a default stage, and false for a stage that the flag client returned.
	Default bool
}

// Error returns the stage, the flag, and where the stage came from.
func (e *StageError) Error() string {
	if e.Default {
		return fmt.Sprintf("default stage %q for flag %q is not a migration stage", string(e.Stage), e.Flag)
	}
	return fmt.Sprintf("stage %q answered for flag %q is not a migration stage", string(e.Stage), e.Flag)
}

// Is reports whether target is [ErrUnknownStage] or [ErrNotRun].
func (e *StageError) Is(target error) bool { return target == ErrUnknownStage || target == ErrNotRun }

// PanicError is a recovered panic of a secondary, a comparison or another of the user's functions.
// A panic of the authoritative function is not recovered: it reaches the caller.
type PanicError struct {
	// Value is the value of the panic.
	Value any
	// Stack is the stack of the goroutine that panicked, as of [runtime/debug.Stack].
	Stack []byte
}

// Error returns the panic's value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Is reports whether target is [ErrUnwound].
func (e *PanicError) Is(target error) bool { return target == ErrUnwound }

// Unwrap returns the panic's value if it is an error, and otherwise nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// endOf returns the error of a context that ended, and its cause if that says more.
func endOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// isNil also reports true for an interface that holds a nil pointer, map, slice, func or channel.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch rv := reflect.ValueOf(v); rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.Interface, reflect.UnsafePointer:
		return rv.IsNil()
	default:
		return false
	}
}

// refuse returns err with a prefix that says which setting is wrong, or nil if none is.
func refuse(wrong bool, which string, err error) error {
	if !wrong {
		return nil
	}
	return fmt.Errorf("%s%w", which, err)
}
