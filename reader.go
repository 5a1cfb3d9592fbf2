package cutover

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Reader reads an R for a P from the old system, the new one or both, as the stage says. It is safe for concurrent use
// if its functions are.
type Reader[P, R any] struct {
	cutover *Cutover
	op      operation[P, R]
}

// Read evaluates the stage for user, the evaluation context, calls the functions that it asks for, and returns what the
// authoritative one returned. Only that one's error is an error of Read; its panic reaches the caller.
func (r *Reader[P, R]) Read(ctx context.Context, user ldcontext.Context, payload P) (R, error) {
	var rec record
	r.cutover.ask(&rec, &user)
	values := r.op.run(ctx, payload, &rec)
	return resultOf(&r.op, &rec, &values)
}

// ReadDetail is Read, and tells the stage, what each origin returned, how long it took, and whether both agree, or where
// they differ.
func (r *Reader[P, R]) ReadDetail(ctx context.Context, user ldcontext.Context, payload P) Detail[R] {
	var rec record
	r.cutover.ask(&rec, &user)
	rec.explain = true
	values := r.op.run(ctx, payload, &rec)
	return detailOf(&r.op, &rec, &values)
}

// ReaderBuilder gathers what a [Reader] needs. It is not safe for concurrent use.
type ReaderBuilder[P, R any] struct {
	cutover  *Cutover
	old, new func(context.Context, P) (R, error)
	compare  Comparison[R]
	compares bool
	ignored  []ignoring[R]
	recheck  time.Duration
	redact   redaction[P, R]
	redacts  bool
	clone    func(R) R
	clones   bool
	unshared bool
	fallBack bool
	key      KeyFunc[P]
	keyed    bool
}

// NewReader begins a reader under c: one function for the old system, one for the new. Both get the payload and the
// caller's context; the secondary's ends after [Builder.SecondaryTimeout] too, and in a [Detached] read has the caller's
// values without its cancellation. At stages that read from both they may run at the same time.
func NewReader[P, R any](c *Cutover, old, new func(context.Context, P) (R, error)) *ReaderBuilder[P, R] {
	return &ReaderBuilder[P, R]{cutover: c, old: old, new: new}
}

// Compare sets the function that says whether the old and the new result agree; it gets them in that order at every
// stage. It runs after both reads succeeded, as often as the flag's check ratio asks, and must not change them. Without
// it nothing is compared. Calling it again, or CompareWith, replaces it; Build refuses nil.
func (b *ReaderBuilder[P, R]) Compare(equal func(old, new R) bool) *ReaderBuilder[P, R] {
	b.compare, b.compares = Func(equal), true
	return b
}

// CompareWith sets a comparison that can also say where two results differ, such as [Deep] or [JSON]. It is used as the
// function of Compare is, and replaces it.
func (b *ReaderBuilder[P, R]) CompareWith(comparison Comparison[R]) *ReaderBuilder[P, R] {
	b.compare, b.compares = comparison, true
	return b
}

// Ignore adds a rule that knows a difference, by a name for it. Where it returns true of two results that differ, they
// count as [Ignored], apart from those that agree: the op event tells no consistency, and observers get the name. Rules
// are asked in the order in which they were added. Build refuses a nil rule and an empty name.
func (b *ReaderBuilder[P, R]) Ignore(name string, knows func(old, new R) bool) *ReaderBuilder[P, R] {
	b.ignored = append(b.ignored, ignoring[R]{name, knows})
	return b
}

// Recheck lets two results that differ be read again after a delay, before the difference is believed: a write that was
// under way is then over. The caller does not wait; the second reads, the op event and the observers follow in the
// background as those of a [Detached] read do, and tell what the second comparison found. If a second read fails, no
// consistency is told. If the background is full, the first comparison is believed. The default is zero: none; Build
// refuses less.
func (b *ReaderBuilder[P, R]) Recheck(delay time.Duration) *ReaderBuilder[P, R] {
	b.recheck = delay
	return b
}

// Redact says what of payloads and results may leave the process: what [Shown] has of them, which observers may write
// and show. Each function returns its argument without what is to stay. Calling it again replaces them; Build refuses
// nil.
func (b *ReaderBuilder[P, R]) Redact(payload func(P) any, result func(R) R) *ReaderBuilder[P, R] {
	b.redact, b.redacts = redaction[P, R]{payload, result}, true
	return b
}

// Clone sets the function that copies a result for the background of a [Detached] read, which goes on comparing and
// observing it after the caller has got the original. It must copy all that a caller could change. In other orders it
// does nothing. Build refuses nil, and refuses a detached reader that has neither Clone nor [ReaderBuilder.ResultsAreNotModified]
// unless a result holds nothing that two could change, as numbers, strings and structs of them do.
//
// It runs before Read returns, if the read is to be compared or observed. If it panics, that is logged and nothing is
// compared.
//
// The payload is shared in the same way: do not change what it points to after a detached read.
func (b *ReaderBuilder[P, R]) Clone(clone func(R) R) *ReaderBuilder[P, R] {
	b.clone, b.clones = clone, true
	return b
}

// ResultsAreNotModified says that callers only read the results they get, so that a [Detached] read need not copy them.
func (b *ReaderBuilder[P, R]) ResultsAreNotModified() *ReaderBuilder[P, R] {
	b.unshared = true
	return b
}

// FallBack makes Read return the other origin's result where the authoritative read returned an error and the other one
// succeeded, at the stages that read from both. Detail, observation and log say so; the op event tells the authoritative
// error as ever. A detached read then waits for the secondary. The default is to return the error.
func (b *ReaderBuilder[P, R]) FallBack() *ReaderBuilder[P, R] {
	b.fallBack = true
	return b
}

// CompareBetweenWrites leaves a read uncompared if a writer of the same [Cutover] with [WriterBuilder.SerializeBy] wrote
// the same record while it was read: the two results could only differ by chance. Neither waits for the other. Build
// refuses nil.
func (b *ReaderBuilder[P, R]) CompareBetweenWrites(key KeyFunc[P]) *ReaderBuilder[P, R] {
	b.key, b.keyed = key, true
	return b
}

// Build returns the reader. The error tells everything that is wrong at once; the reader is non-nil if and only if the
// error is nil.
func (b *ReaderBuilder[P, R]) Build() (*Reader[P, R], error) {
	err := errors.Join(
		refuse(b.cutover == nil, "", ErrNilCutover),
		refuse(b.old == nil, "old read: ", ErrNilFunction),
		refuse(b.new == nil, "new read: ", ErrNilFunction),
		refuse(b.compares && b.compare.equal == nil, "comparison: ", ErrNilFunction),
		refuse(b.redacts && (b.redact.payload == nil || b.redact.result == nil), "redaction: ", ErrNilFunction),
		refuse(b.recheck < 0, fmt.Sprintf("recheck delay %v: ", b.recheck), ErrTooSmall),
		b.validateIgnored(),
		refuse(b.clones && b.clone == nil, "clone: ", ErrNilFunction),
		refuse(b.keyed && b.key == nil, "key: ", ErrNilFunction),
		refuse(b.detached() && !b.clones && !b.unshared && !sharable(reflect.TypeFor[R]()), "", ErrCloneRequired),
	)
	if err != nil {
		return nil, fmt.Errorf("building a reader: %w", err)
	}
	return &Reader[P, R]{
		cutover: b.cutover,
		op: operation[P, R]{
			settings: b.cutover.settings,
			kind:     ldmigration.Read,
			calls:    [2]func(context.Context, P) (R, error){oldSide: b.old, newSide: b.new},
			compare:  comparing[R]{Comparison: b.compare, ignored: slices.Clone(b.ignored)},
			recheck:  b.recheck,
			redact:   b.redact,
			clone:    b.clone,
			fallBack: b.fallBack,
			key:      b.key,
		},
	}, nil
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

func (b *ReaderBuilder[P, R]) detached() bool {
	return b.cutover != nil && b.cutover.settings.order == Detached
}
