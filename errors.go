package cutover

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// What Build refuses. It joins everything that is wrong with [errors.Join], so use [errors.Is] to look for one of them.
var (
	// ErrNilClient is returned by Build for a flag client that is nil or a nil pointer in an interface.
	ErrNilClient = errors.New("flag client is nil")
	// ErrNilCutover is returned by Build of a reader or writer whose Cutover is nil.
	ErrNilCutover = errors.New("cutover is nil")
	// ErrNilFunction is returned by Build for a read, write or comparison function that is nil.
	ErrNilFunction = errors.New("function is nil")
	// ErrNilObserver is returned by Build for an observer that is nil or a nil pointer in an interface.
	ErrNilObserver = errors.New("observer is nil")
	// ErrEmptyFlagKey is returned by Build for a flag key of no characters.
	ErrEmptyFlagKey = errors.New("flag key is empty")
	// ErrUnknownOrder is returned by Build for a read execution order that is neither [Detached] nor one of package
	// ldmigration's, and by Build of a [MigratorBuilder] for Detached, which needs a [Cutover] to wait for it.
	ErrUnknownOrder = errors.New("unknown read execution order")
	// ErrEmptyName is returned by Build of a reader for a rule of [ReaderBuilder.Ignore] without a name.
	ErrEmptyName = errors.New("name is empty")
	// ErrTooSmall is returned by Build for a duration below zero, or a limit below one.
	ErrTooSmall = errors.New("too small")
	// ErrCloneRequired is returned by Build of a detached reader whose results could be changed while they are compared;
	// see [ReaderBuilder.Clone].
	ErrCloneRequired = errors.New("detached reads share their results: say Clone or ResultsAreNotModified")
	// ErrNotConfigured is returned by Build of a [MigratorBuilder] without read or without write functions.
	ErrNotConfigured = errors.New("not configured")
)

// ErrUnknownStage is what a [StageError] is, for [errors.Is].
var ErrUnknownStage = errors.New("unknown migration stage")

// ErrUnwound is the error of a call that did not return: it panicked or called [runtime.Goexit]. Where the panic could
// be recovered, the error is a [PanicError], which is an ErrUnwound too.
var ErrUnwound = errors.New("function did not return: it panicked or called runtime.Goexit")

// ErrSecondaryTimeout is what a [TimeoutError] is, for [errors.Is].
var ErrSecondaryTimeout = errors.New("secondary timed out")

// ErrSecondarySkipped is the error of a secondary read that was not made, because as much as [Builder.BackgroundLimit]
// allows ran in the background already. Its outcome is not invoked.
var ErrSecondarySkipped = errors.New("secondary skipped: the background is full")

// ErrStillRunning is what Close of a [Cutover] returns if its context ended first.
var ErrStillRunning = errors.New("still running in the background")

// TimeoutError says that a secondary had not returned, or not without an error, when its time was over. A write that
// timed out is unknown, and not failed: it may have been made, and if the function ignores its context, it still may be.
type TimeoutError struct {
	// After is the time it had.
	After time.Duration
	// Err is what the function returned if it did; else nil.
	Err error
}

// Error tells the time, and what the function returned if it did.
func (e *TimeoutError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("secondary timed out after %v", e.After)
	}
	return fmt.Sprintf("secondary timed out after %v: %v", e.After, e.Err)
}

// Is reports whether target is [ErrSecondaryTimeout] or [context.DeadlineExceeded], whether the function heeded its
// context or not.
func (e *TimeoutError) Is(target error) bool {
	return target == ErrSecondaryTimeout || target == context.DeadlineExceeded
}

// Unwrap returns what the function returned, or nil.
func (e *TimeoutError) Unwrap() error { return e.Err }

// OriginError is the error of a write with [WriterBuilder.RequireBoth]: it tells which origin failed.
type OriginError struct {
	// Origin is the one that failed.
	Origin ldmigration.Origin
	// Authoritative is true if that was the authoritative one: then the other one was not written to. If it is false,
	// the authoritative one was written to, and the systems may differ until the write is tried again.
	Authoritative bool
	// Err is its error.
	Err error
}

// Error tells the origin and its error.
func (e *OriginError) Error() string { return fmt.Sprintf("%s system: %v", e.Origin, e.Err) }

// Unwrap returns the origin's error.
func (e *OriginError) Unwrap() error { return e.Err }

// bothError is the error of a write that wants both: the authoritative one's, else the other one's.
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

// StageError says that a default stage, or what a flag client answered, is none of the six stages. No function was run.
type StageError struct {
	// Flag is the flag's key.
	Flag string
	// Stage is the text that is no stage.
	Stage ldmigration.Stage
	// Default is true if it was given as the default stage, false if the flag client answered it.
	Default bool
}

// Error tells the flag, the text that is no stage, and where it came from.
func (e *StageError) Error() string {
	if e.Default {
		return fmt.Sprintf("default stage %q for flag %q is not a migration stage", string(e.Stage), e.Flag)
	}
	return fmt.Sprintf("stage %q answered for flag %q is not a migration stage", string(e.Stage), e.Flag)
}

// Is reports whether target is [ErrUnknownStage].
func (e *StageError) Is(target error) bool { return target == ErrUnknownStage }

// PanicError is a recovered panic of a secondary read or write, or of a comparison. The authoritative function's panic
// is never recovered: it reaches the caller.
type PanicError struct {
	// Value is what the function panicked with.
	Value any
	// Stack is the panicking goroutine's stack, as of [runtime/debug.Stack].
	Stack []byte
}

// Error tells the panic's value; the stack is in Stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Is reports whether target is [ErrUnwound].
func (e *PanicError) Is(target error) bool { return target == ErrUnwound }

// Unwrap returns the panic's value if that is an error, and otherwise nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// isNil sees through an interface that holds a nil pointer, map, slice, func or channel.
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

// refuse returns what is wrong with what Build was given, prefixed with which of it, or nil.
func refuse(wrong bool, which string, err error) error {
	if !wrong {
		return nil
	}
	return fmt.Errorf("%s%w", which, err)
}
