package cutover

import (
	"context"
	"errors"
	"fmt"

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
	rec := record{request: r.cutover.request(user)}
	values := r.op.run(ctx, payload, &rec)
	return resultOf(&rec, &values)
}

// ReadDetail is Read, and tells the stage, what each origin returned, how long it took, and whether both agree.
func (r *Reader[P, R]) ReadDetail(ctx context.Context, user ldcontext.Context, payload P) Detail[R] {
	rec := record{request: r.cutover.request(user)}
	values := r.op.run(ctx, payload, &rec)
	return detailOf(&rec, &values)
}

// ReaderBuilder gathers what a [Reader] needs. It is not safe for concurrent use.
type ReaderBuilder[P, R any] struct {
	cutover  *Cutover
	old, new func(context.Context, P) (R, error)
	equal    func(old, new R) bool
	compares bool
}

// NewReader begins a reader under c: one function for the old system, one for the new. Both get the caller's context
// and payload. At stages that read from both they may run at the same time.
func NewReader[P, R any](c *Cutover, old, new func(context.Context, P) (R, error)) *ReaderBuilder[P, R] {
	return &ReaderBuilder[P, R]{cutover: c, old: old, new: new}
}

// Compare sets the function that says whether the old and the new result agree; it gets them in that order at every
// stage. It runs after both reads succeeded, as often as the flag's check ratio asks, and must not change them. Without
// it nothing is compared. Calling it again replaces the function; Build refuses nil.
func (b *ReaderBuilder[P, R]) Compare(equal func(old, new R) bool) *ReaderBuilder[P, R] {
	b.equal, b.compares = equal, true
	return b
}

// Build returns the reader. The error tells everything that is wrong at once; the reader is non-nil if and only if the
// error is nil.
func (b *ReaderBuilder[P, R]) Build() (*Reader[P, R], error) {
	err := errors.Join(
		refuse(b.cutover == nil, "", ErrNilCutover),
		refuse(b.old == nil, "old read: ", ErrNilFunction),
		refuse(b.new == nil, "new read: ", ErrNilFunction),
		refuse(b.compares && b.equal == nil, "comparison: ", ErrNilFunction),
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
			compare:  comparison[R]{equal: b.equal},
		},
	}, nil
}
