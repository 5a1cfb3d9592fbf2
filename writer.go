package cutover

import (
	"context"
	"errors"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Writer writes a P to the old system, the new one or both, as the stage says, for functions that return only an error.
// It is safe for concurrent use if its functions are.
type Writer[P any] struct {
	returning ReturningWriter[P, struct{}]
}

// Write evaluates the stage for user, the evaluation context, and writes to the authoritative origin first. If that
// succeeded and the stage writes to both, it writes to the other one too; the other one's error is in the op event, the
// detail and the observation, and is no error of Write.
func (w *Writer[P]) Write(ctx context.Context, user ldcontext.Context, payload P) error {
	_, err := w.returning.Write(ctx, user, payload)
	return err
}

// WriteDetail is Write, and tells the stage, each origin's error and how long it took.
func (w *Writer[P]) WriteDetail(ctx context.Context, user ldcontext.Context, payload P) Detail[struct{}] {
	return w.returning.WriteDetail(ctx, user, payload)
}

// ReturningWriter is a [Writer] whose functions return a value too: an identifier, a version, the stored record. It is
// safe for concurrent use if its functions are.
type ReturningWriter[P, R any] struct {
	cutover *Cutover
	op      operation[P, R]
}

// Write does what Write of a [Writer] does, and returns what the authoritative function returned.
func (w *ReturningWriter[P, R]) Write(ctx context.Context, user ldcontext.Context, payload P) (R, error) {
	var rec record
	w.cutover.ask(&rec, &user)
	values := w.op.run(ctx, payload, &rec)
	return resultOf(&w.op, &rec, &values)
}

// WriteDetail is Write, and tells the stage, what each origin returned and how long it took.
func (w *ReturningWriter[P, R]) WriteDetail(ctx context.Context, user ldcontext.Context, payload P) Detail[R] {
	var rec record
	w.cutover.ask(&rec, &user)
	values := w.op.run(ctx, payload, &rec)
	return detailOf(&w.op, &rec, &values)
}

// WriterBuilder gathers what a [Writer] needs. It is not safe for concurrent use.
type WriterBuilder[P any] struct {
	returning *ReturningWriterBuilder[P, struct{}]
}

// NewWriter begins a writer under c of two functions that return only an error. The first to be called gets the
// caller's context; the other one gets its values without its cancellation, so that a write is not left half done, and the
// deadline of [Builder.SecondaryTimeout].
func NewWriter[P any](c *Cutover, old, new func(context.Context, P) error) *WriterBuilder[P] {
	return &WriterBuilder[P]{NewReturningWriter(c, withoutValue(old), withoutValue(new))}
}

// SerializeBy makes operations of one key run one after the other, in the order in which they came, whatever the stage:
// two writes of a record can then not reach the two systems in different orders. It holds within this process, for all
// writers of the [Cutover] that have it. Different keys do not wait for each other. The wait ends with the caller's
// context: then nothing is run, and the error is the context's. Build refuses nil.
//
// A key is held until both writes are done: one that hangs holds it for [Builder.SecondaryTimeout], and each write behind
// it may wait as long again. A secondary that outlived its timeout does not keep its key: what it writes later may still
// come too late. A function
// that writes the same key through a writer again waits for itself.
func (b *WriterBuilder[P]) SerializeBy(key KeyFunc[P]) *WriterBuilder[P] {
	b.returning.SerializeBy(key)
	return b
}

// RequireBoth makes Write return an error if either origin failed: an [OriginError] that tells which one. The default is
// to return the authoritative one's error alone.
func (b *WriterBuilder[P]) RequireBoth() *WriterBuilder[P] {
	b.returning.RequireBoth()
	return b
}

// Redact says what of payloads may leave the process: what [Shown] has of them. The default is nothing. Build refuses nil.
func (b *WriterBuilder[P]) Redact(payload func(P) any) *WriterBuilder[P] {
	b.returning.Redact(payload, func(none struct{}) struct{} { return none })
	return b
}

// Build returns the writer. The error tells everything that is wrong at once; the writer is non-nil if and only if the
// error is nil.
func (b *WriterBuilder[P]) Build() (*Writer[P], error) {
	returning, err := b.returning.Build()
	if err != nil {
		return nil, err
	}
	return &Writer[P]{returning: *returning}, nil
}

// ReturningWriterBuilder gathers what a [ReturningWriter] needs. It is not safe for concurrent use.
type ReturningWriterBuilder[P, R any] struct {
	cutover     *Cutover
	old, new    func(context.Context, P) (R, error)
	key         KeyFunc[P]
	keyed       bool
	requireBoth bool
	redact      redaction[P, R]
	redacts     bool
}

// NewReturningWriter begins a writer under c of two functions that return a value and an error. They are called as
// those of [NewWriter] are.
func NewReturningWriter[P, R any](
	c *Cutover, old, new func(context.Context, P) (R, error),
) *ReturningWriterBuilder[P, R] {
	return &ReturningWriterBuilder[P, R]{cutover: c, old: old, new: new}
}

// SerializeBy does what [WriterBuilder.SerializeBy] does.
func (b *ReturningWriterBuilder[P, R]) SerializeBy(key KeyFunc[P]) *ReturningWriterBuilder[P, R] {
	b.key, b.keyed = key, true
	return b
}

// RequireBoth does what [WriterBuilder.RequireBoth] does. The authoritative value is returned beside the error.
func (b *ReturningWriterBuilder[P, R]) RequireBoth() *ReturningWriterBuilder[P, R] {
	b.requireBoth = true
	return b
}

// Redact says what of payloads and results may leave the process, as [ReaderBuilder.Redact] does.
func (b *ReturningWriterBuilder[P, R]) Redact(payload func(P) any, result func(R) R) *ReturningWriterBuilder[P, R] {
	b.redact, b.redacts = redaction[P, R]{payload, result}, true
	return b
}

// Build returns the writer. The error tells everything that is wrong at once; the writer is non-nil if and only if the
// error is nil.
func (b *ReturningWriterBuilder[P, R]) Build() (*ReturningWriter[P, R], error) {
	err := errors.Join(
		refuse(b.cutover == nil, "", ErrNilCutover),
		refuse(b.old == nil, "old write: ", ErrNilFunction),
		refuse(b.new == nil, "new write: ", ErrNilFunction),
		refuse(b.keyed && b.key == nil, "key: ", ErrNilFunction),
		refuse(b.redacts && (b.redact.payload == nil || b.redact.result == nil), "redaction: ", ErrNilFunction),
	)
	if err != nil {
		return nil, fmt.Errorf("building a writer: %w", err)
	}
	return &ReturningWriter[P, R]{
		cutover: b.cutover,
		op: operation[P, R]{
			settings: b.cutover.settings,
			kind:     ldmigration.Write,
			calls:    [2]func(context.Context, P) (R, error){oldSide: b.old, newSide: b.new},

			redact:      b.redact,
			key:         b.key,
			requireBoth: b.requireBoth,
		},
	}, nil
}

// withoutValue keeps nil nil, so that Build can refuse it.
func withoutValue[P any](write func(context.Context, P) error) func(context.Context, P) (struct{}, error) {
	if write == nil {
		return nil
	}
	return func(ctx context.Context, payload P) (struct{}, error) { return struct{}{}, write(ctx, payload) }
}
