package cutover

import (
	"context"
	"reflect"
	"runtime/debug"
	"time"
)

// An operation calls the user's functions in many places. The table says what follows if one of
// them panics or calls runtime.Goexit. TestWhatBecomesOfAnOperation tests it.
//
//	function                       panics                          calls Goexit: its caller ends
//	flag client's evaluation       default stage, logged           before anything was run
//	key of SerializeBy             the caller's, nothing was run   before anything was run
//	ClonePayload                   secondary skipped, logged       before anything was run
//	key of Records                 the caller's, nothing was run   before anything was run
//	Begin of the journal           the journal failed, logged      before anything was run
//	copy that settles first        the write is not run            before anything was run
//	authoritative read or write    the caller's, after the event   after the event
//	secondary read, write or copy  an error of its own, logged     not: an error of its own
//	key of RecordsOfResult         the journal failed, logged      after the event
//	Check of an intent             secondary skipped, logged       after the event
//	End or Mark of the journal     logged                          after the event
//	NotFound, FallBack             returns false, logged           after the event
//	CloneResult                    not compared, logged            after the event
//	comparison, key of a read      not compared, logged            after the event
//	Ignore, an explanation         still a difference, logged      after the event
//	TrackMigrationOp               logged                          after the observers
//	Reveal, Observe                logged                          at once
//	ObserveJournal                 logged                          as the function that was called
//	ObserveStage                   logged                          not: nothing happens
//	log handler                    nothing                         at once
//
// In the background the caller is a goroutine of the background. A function that blocks holds up
// its caller, except for a secondary, which has a timeout. None is called while the library holds a
// lock. While it holds a record's turn it calls only the writes, clones and what comes before.

// contain keeps a panic in a function that the operation's result does not depend on from the
// operation. It logs the panic, at most once a minute for each flag and kind of function.
func (s *settings) contain(ctx context.Context, flag, what string, do func()) {
	_ = s.guard(ctx, flag, what, do) // it is logged
}

// guard is contain, and returns the panic, or nil.
func (s *settings) guard(ctx context.Context, flag, what string, do func()) (fault *PanicError) {
	defer func() {
		if value := recover(); value != nil {
			fault = &PanicError{Value: value, Stack: debug.Stack()}
			if s.seldom.first(flag, what+" panicked") {
				s.log.error(ctx, what+" panicked", flagAttr(flag), errAttr(fault), stackAttr(fault))
			}
		}
	}()
	do()
	return nil
}

// copied returns a clone of a value, or the value itself if its type cannot be modified or the
// value is zero.
func copied[T any](ctx context.Context, s *settings, flag, what string, clone func(T) T, value T) (T, *PanicError) {
	if clone == nil {
		return value, nil
	}
	return copiedBy(ctx, s, flag, what, clone, value)
}

func copiedBy[T any](ctx context.Context, s *settings, flag, what string, clone func(T) T, value T) (T, *PanicError) {
	if reflect.ValueOf(&value).Elem().IsZero() {
		return value, nil
	}
	var clones T
	fault := s.guard(ctx, flag, what, func() { clones = clone(value) })
	return clones, fault
}

// sharable reports whether two goroutines can use a value of the type without one seeing what the
// other changes: nothing in it is reached through a pointer, except what cannot be modified.
func sharable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface:
		return false
	case reflect.Array:
		return sharable(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true
		}
		for i := range t.NumField() {
			if !sharable(t.Field(i).Type) {
				return false
			}
		}
		return true
	default:
		return true
	}
}
