package cutover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/compare"
)

// Reader reads an R for a P from the old system, the new one or both, as the stage says. It is safe
// for concurrent use if its functions are.
type Reader[P, R any] struct {
	cutover *Cutover
	op      operation[P, R]
}

// Read evaluates the stage for evalContext, calls the functions that the stage asks for, and
// returns the authoritative result and error. An error of the secondary is not returned. A panic of
// the authoritative function reaches the caller. If no function was called, the error is an
// [ErrNotRun]. A nil ctx is [context.Background].
func (r *Reader[P, R]) Read(ctx context.Context, evalContext ldcontext.Context, payload P) (R, error) {
	var rec record
	r.cutover.ask(&rec, &evalContext)
	values := r.op.run(ctx, payload, &rec)
	return resultOf(&r.op, &rec, &values)
}

// ReadDetail is like Read, and returns the stage, both outcomes with their latencies, and whether
// the results agree or where they differ.
func (r *Reader[P, R]) ReadDetail(ctx context.Context, evalContext ldcontext.Context, payload P) Detail[R] {
	var rec record
	r.cutover.ask(&rec, &evalContext)
	rec.explain = true
	values := r.op.run(ctx, payload, &rec)
	return detailOf(&r.op, &rec, &values)
}

// ReaderBuilder collects the settings of a [Reader]. A second call of a method replaces the first,
// except for Ignore, which adds. A ReaderBuilder is not safe for concurrent use.
type ReaderBuilder[P, R any] struct {
	callBuilder[P, R]
	compare  compare.Comparison[R]
	compares bool

	compareErr error

	ignored  []ignoring[R]
	order    ldmigration.ExecutionOrder
	recheck  []time.Duration
	absent   func(R, error) bool
	absents  bool
	fallBack func(failed ldmigration.Origin, err error) bool
	falls    bool
	between  KeyFunc[P]
	keyed    bool
	rows     bool
	rowKind  string
	rowKinds bool
}

// NewReader begins a reader under c of two functions, one for each system. Both get the payload and
// the caller's context. The secondary's context also ends after [Builder.SecondaryTimeout]. In a
// [Detached] read, and with [Builder.ReturnAtDeadline], it has the values of the caller's context
// without its cancellation.
//
// At stages that read from both, the functions may run at the same time, and the secondary gets the
// copy that [ReaderBuilder.ClonePayload] makes.
//
// Use struct{} as the payload of functions that need none, and a struct as the result of functions
// that return several values.
func NewReader[P, R any](c *Cutover, old, new func(context.Context, P) (R, error)) *ReaderBuilder[P, R] {
	b := &ReaderBuilder[P, R]{callBuilder: newCallBuilder(c, old, new)}
	if c != nil {
		b.order = c.settings.order
	}
	return b
}

// Compare sets how the old and the new result are compared; the default is not to compare. The
// comparison gets them in that order at every stage, after both reads succeeded and as often as the
// flag's check ratio says. It must not modify them. Compare, CompareFunc, CompareEqual and
// CompareDeep replace each other. Build returns the comparison's error if it has one.
func (b *ReaderBuilder[P, R]) Compare(comparison compare.Comparison[R]) *ReaderBuilder[P, R] {
	b.compare, b.compares, b.compareErr = comparison, true, comparison.Err()
	return b
}

// CompareFunc compares by a function that reports whether two results are equal, as [compare.Func]
// does. Build returns an error for a nil function.
func (b *ReaderBuilder[P, R]) CompareFunc(equal func(old, new R) bool) *ReaderBuilder[P, R] {
	b.Compare(compare.Func(equal))
	if equal == nil {
		b.compareErr = ErrNilFunction
	}
	return b
}

// CompareEqual compares with ==. Build returns an error for a type that == does not compare by
// content: a pointer, a type that holds one, or a type that is not comparable. Use CompareDeep for
// those.
func (b *ReaderBuilder[P, R]) CompareEqual() *ReaderBuilder[P, R] {
	return b.Compare(compare.ByValue[R]())
}

// CompareDeep compares field by field and element by element, as [compare.Deep] does. Build returns
// an error for an invalid rule.
func (b *ReaderBuilder[P, R]) CompareDeep(rules ...compare.Rule) *ReaderBuilder[P, R] {
	return b.Compare(compare.Deep[R](rules...))
}

// Ignore adds a named rule for known differences. If knows returns true for two results that
// differ, the read counts as [Ignored]: its op event has no consistency, and observers get the
// name. Rules are called in the order in which they were added, and only if both systems have the
// record. Build returns an error for a nil function and for an empty name.
func (b *ReaderBuilder[P, R]) Ignore(name string, knows func(old, new R) bool) *ReaderBuilder[P, R] {
	b.ignored = append(b.ignored, ignoring[R]{name, knows})
	return b
}

// NotFound sets the errors that mean that there is no such record, such as
// [database/sql.ErrNoRows], to be matched with [errors.Is]. Not found is then an answer and no
// failure: two absent records agree, and one differs from a present record as a whole. The caller
// still gets the error. The default is that of the SDK: such a read failed, and is not compared.
// NotFound and NotFoundFunc replace each other.
func (b *ReaderBuilder[P, R]) NotFound(sentinels ...error) *ReaderBuilder[P, R] {
	if len(sentinels) == 0 || slices.Contains(sentinels, nil) {
		return b.NotFoundFunc(nil)
	}
	sentinels = slices.Clone(sentinels)
	return b.NotFoundFunc(func(_ R, err error) bool {
		return err != nil && slices.ContainsFunc(sentinels, func(s error) bool { return errors.Is(err, s) })
	})
}

// NotFoundFunc is like [ReaderBuilder.NotFound], for systems that report a missing record by a nil
// result or an error type. The function gets what a system returned. Build returns an error for a
// nil function.
func (b *ReaderBuilder[P, R]) NotFoundFunc(absent func(result R, err error) bool) *ReaderBuilder[P, R] {
	b.absent, b.absents = absent, true
	return b
}

// Recheck reads both systems again before a difference is reported, because a write may have been
// under way. Each delay is one more attempt, made after that time if the results still differ. The
// default is none. Build returns an error for a negative delay.
//
// The caller does not wait. The further reads, the op event and the observers follow in the
// background, as those of a [Detached] read do, and report the last comparison. If a further read
// fails, no consistency is reported. [Cutover.Close] ends the delays, and the last comparison
// counts. If [Builder.MaxBackground] rechecks wait already, the first comparison counts.
func (b *ReaderBuilder[P, R]) Recheck(delays ...time.Duration) *ReaderBuilder[P, R] {
	b.recheck = slices.Clone(delays)
	return b
}

// ReadOrder sets the order of this reader's reads at the stages that read from both. The default is
// [Builder.ReadOrder]. Build returns an error for an unknown order.
func (b *ReaderBuilder[P, R]) ReadOrder(order ldmigration.ExecutionOrder) *ReaderBuilder[P, R] {
	b.order = order
	return b
}

// SecondaryTimeout sets how long this reader's secondary may take; zero is no limit. The default is
// [Builder.SecondaryTimeout]. It also gives the reader a background count of its own, with the
// limit of [Builder.MaxBackground]. Build returns an error for a negative duration.
func (b *ReaderBuilder[P, R]) SecondaryTimeout(d time.Duration) *ReaderBuilder[P, R] {
	b.timeout, b.timed = d, true
	return b
}

// MaxBackground limits this reader's calls in the background, which are then counted apart from
// those of other readers. The default is to share the count of [Builder.MaxBackground]. Build
// returns an error for less than 1.
func (b *ReaderBuilder[P, R]) MaxBackground(n int) *ReaderBuilder[P, R] {
	b.max, b.bounded = n, true
	return b
}

// Reveal sets what of payloads and results may leave the process: what [Shown] contains, and so
// what observers may log and display. The default is nothing. Each function returns its argument
// without what must stay. It gets a copy if the type can be modified; result is called only for
// reads without an error. Build returns an error for a nil function.
func (b *ReaderBuilder[P, R]) Reveal(payload func(P) any, result func(R) R) *ReaderBuilder[P, R] {
	b.reveal, b.reveals = revealing[P, R]{payload, result}, true
	return b
}

// RevealKey sets the key of the record that a payload is about, and allows the key to leave the
// process. [Shown] then contains it, so observers can list the records that differ. Build returns
// an error for the zero KeyFunc.
func (b *ReaderBuilder[P, R]) RevealKey(key KeyFunc[P]) *ReaderBuilder[P, R] {
	b.shownKey, b.showsKey = key, true
	return b
}

// CloneResult sets the function that copies a result for use after or beside the caller: in
// [Detached] reads, with [Builder.ReturnAtDeadline], while a difference waits for
// [ReaderBuilder.Recheck], and for Reveal. The copy must share nothing that a caller could modify.
// It is made before Read returns, if the read is to be compared or observed. If the function panics,
// the panic is logged and nothing is compared.
//
// For those uses Build returns [ErrCloneRequired] without CloneResult or ResultsAreNotModified,
// unless the result type cannot be modified, such as numbers, strings and structs of them. Build
// returns an error for a nil function.
func (b *ReaderBuilder[P, R]) CloneResult(clone func(R) R) *ReaderBuilder[P, R] {
	b.cloneResult, b.clonesResult = clone, true
	return b
}

// ResultsAreNotModified declares that callers do not modify results, so that none is copied. It
// satisfies Build in place of [ReaderBuilder.CloneResult].
func (b *ReaderBuilder[P, R]) ResultsAreNotModified() *ReaderBuilder[P, R] {
	b.resultsKept = true
	return b
}

// ClonePayload sets the function that copies the payload for the secondary. The copy must share
// nothing that can be modified: neither system then sees what the other one changes, nor a late
// secondary what the caller changes. If the function panics, the panic is logged and the secondary
// is skipped.
//
// Build returns [ErrCloneRequired] without ClonePayload or PayloadsAreNotModified, unless the
// payload type cannot be modified, such as numbers, strings and structs of them. Build returns an
// error for a nil function.
func (b *ReaderBuilder[P, R]) ClonePayload(clone func(P) P) *ReaderBuilder[P, R] {
	b.clonePayload, b.clonesPayload = clone, true
	return b
}

// PayloadsAreNotModified declares that neither the functions nor the callers modify a payload, even
// after the operation has returned, so that none is copied. It satisfies Build in place of
// [ReaderBuilder.ClonePayload].
func (b *ReaderBuilder[P, R]) PayloadsAreNotModified() *ReaderBuilder[P, R] {
	b.payloadsKept = true
	return b
}

// FallBack makes Read return the other system's result if the authoritative read returned an error,
// when returns true for it, and the other system has the record. It applies to stages that read
// from both. An error that [ReaderBuilder.NotFound] matches is an answer and does not fall back.
// The default is to return the error. Build returns an error for a nil function.
//
// The argument failed is the origin that failed. At live the old system answers for the new one,
// and has every write that did not fail there. At shadow the new system would answer, before it is
// verified; return false for [ldmigration.Old] to prevent that.
//
// Details, observations and the log report a fallback. The op event reports the authoritative
// error. A detached read waits for the secondary before it falls back, as long as the caller's
// context allows, and a full background does not skip the other system.
func (b *ReaderBuilder[P, R]) FallBack(when func(failed ldmigration.Origin, err error) bool) *ReaderBuilder[P, R] {
	b.fallBack, b.falls = when, true
	return b
}

// CompareBetweenWrites leaves a read uncompared, as [WrittenMeanwhile], if a writer of the same
// [Cutover] with [WriterBuilder.SerializeBy] wrote the record during the read. Neither waits for
// the other. A secondary write that timed out counts until it returns. Build returns an error for
// the zero KeyFunc.
func (b *ReaderBuilder[P, R]) CompareBetweenWrites(key KeyFunc[P]) *ReaderBuilder[P, R] {
	b.between, b.keyed = key, true
	return b
}

// CompareRowsBetweenWrites is like [ReaderBuilder.CompareBetweenWrites] for a list that is compared
// with [compare.Rows]: rows that were written during the read do not count as different. The keys
// of rows and writers must have the same type. Build returns [ErrNoRows] for any other comparison.
func (b *ReaderBuilder[P, R]) CompareRowsBetweenWrites() *ReaderBuilder[P, R] {
	b.rows = true
	return b
}

// Records sets the keys of the records that a payload is about, as [WriterBuilder.Records] does for
// writers. If a read finds that the two systems differ, its records are marked dirty in the
// [Builder.Journal]; repair then decides whether they really differ. Without it, and by default, a
// difference is only reported. A second call replaces the first.
func (b *ReaderBuilder[P, R]) Records(keys ...KeyFunc[P]) *ReaderBuilder[P, R] {
	b.records, b.recorded = slices.Clone(keys), true
	return b
}

// RowRecords is like [ReaderBuilder.Records] for a list that is compared with [compare.Rows]: the
// rows that differ are marked, by their keys, as records of a kind. Build returns [ErrNoRows] for
// any other comparison, and an error for an unknown kind.
func (b *ReaderBuilder[P, R]) RowRecords(kind string) *ReaderBuilder[P, R] {
	b.rowKind, b.rowKinds = kind, true
	return b
}

// Build returns the reader. Later changes to the builder do not affect it. The error joins all that
// is wrong; the reader is non-nil if and only if the error is nil.
func (b *ReaderBuilder[P, R]) Build() (*Reader[P, R], error) {
	err := errors.Join(
		b.validate("read"),
		refuse(b.cutover != nil && !knownOrder(b.order), fmt.Sprintf("%q: ", string(b.order)), ErrUnknownOrder),
		b.validateComparison(),
		refuse(b.rows && !b.compare.HasRows(), "compare rows between writes: ", ErrNoRows),
		b.validateIgnored(),
		b.validateRechecks(),
		refuse(b.absents && b.absent == nil, "not found: ", ErrNilFunction),
		refuse(b.falls && b.fallBack == nil, "fall back: ", ErrNilFunction),
		refuseKey(b.keyed, "key: ", b.between),
		b.validateResults(b.outlives()),
		b.validateRowRecords(),
	)
	if err != nil {
		return nil, fmt.Errorf("building a reader: %w", err)
	}
	op := b.operation(ldmigration.Read)
	op.order = b.order
	op.compare = comparing[R]{comparison: b.compare, given: b.compares, ignored: slices.Clone(b.ignored)}
	op.recheck = slices.Clone(b.recheck)
	op.absent = b.absent
	op.fallBack = b.fallBack
	op.key = b.between
	op.rows = b.rows
	if b.rowKinds {
		op.rowKind, _ = op.journal.resolve("records of rows", b.rowKind, nil, nil) // no error: it is validated
	}
	if op.key.given() || op.rows {
		op.keys.Watch()
	}
	return &Reader[P, R]{cutover: b.cutover, op: op}, nil
}

// outlives reports whether the library may use a result after its caller has it.
func (b *ReaderBuilder[P, R]) outlives() bool {
	return b.order == Detached || len(b.recheck) > 0 || b.cutover != nil && b.cutover.settings.returnAtDeadline
}

func (b *ReaderBuilder[P, R]) validateRowRecords() error {
	if !b.rowKinds || b.cutover == nil {
		return nil
	}
	_, err := b.cutover.settings.journal.resolve("records of rows", b.rowKind, nil, nil)
	return errors.Join(err, refuse(!b.compare.HasRows(), "records of rows: ", ErrNoRows))
}

func (b *ReaderBuilder[P, R]) validateComparison() error {
	if b.compareErr == nil {
		return nil
	}
	return fmt.Errorf("comparison: %w", b.compareErr)
}

func (b *ReaderBuilder[P, R]) validateIgnored() error {
	var errs []error
	for _, rule := range b.ignored {
		errs = append(errs,
			refuse(rule.knows == nil, fmt.Sprintf("ignore %q: ", rule.name), ErrNilFunction),
			refuse(rule.name == "", "ignore: ", ErrEmptyName))
	}
	return errors.Join(errs...)
}

func (b *ReaderBuilder[P, R]) validateRechecks() error {
	var errs []error
	for _, delay := range b.recheck {
		errs = append(errs, refuse(delay < 0, fmt.Sprintf("recheck delay %v: ", delay), ErrTooSmall))
	}
	return errors.Join(errs...)
}
