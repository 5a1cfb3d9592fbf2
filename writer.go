package cutover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Writer writes a P to the old system, the new one or both, as the stage says, with functions that
// return only an error. It is safe for concurrent use if its functions are.
type Writer[P any] struct {
	returning ReturningWriter[P, struct{}]
}

// Write evaluates the stage for evalContext and writes to the authoritative origin. If that
// succeeds and the stage writes to both, it writes to the secondary too. The secondary's error is
// reported in the op event, details and observations, and not returned. If no function was called,
// the error is an [ErrNotRun]. A nil ctx is [context.Background].
func (w *Writer[P]) Write(ctx context.Context, evalContext ldcontext.Context, payload P) error {
	_, err := w.returning.Write(ctx, evalContext, payload)
	return err
}

// WriteDetail is like Write, and returns the stage and both outcomes with their latencies.
func (w *Writer[P]) WriteDetail(ctx context.Context, evalContext ldcontext.Context, payload P) Detail[struct{}] {
	return w.returning.WriteDetail(ctx, evalContext, payload)
}

// ReturningWriter is a [Writer] whose functions return a value too, such as an identifier, a
// version or the stored record. It is safe for concurrent use if its functions are.
type ReturningWriter[P, R any] struct {
	cutover *Cutover
	op      operation[P, R]
}

// Write is like Write of a [Writer], and returns the authoritative value too.
func (w *ReturningWriter[P, R]) Write(ctx context.Context, evalContext ldcontext.Context, payload P) (R, error) {
	var rec record
	w.cutover.ask(&rec, &evalContext)
	values := w.op.run(ctx, payload, &rec)
	return resultOf(&w.op, &rec, &values)
}

// WriteDetail is like Write, and returns the stage and both outcomes with their latencies.
func (w *ReturningWriter[P, R]) WriteDetail(ctx context.Context, evalContext ldcontext.Context, payload P) Detail[R] {
	var rec record
	w.cutover.ask(&rec, &evalContext)
	values := w.op.run(ctx, payload, &rec)
	return detailOf(&w.op, &rec, &values)
}

// WriterBuilder collects the settings of a [Writer]. A second call of a method replaces the first.
// A WriterBuilder is not safe for concurrent use.
type WriterBuilder[P any] struct {
	returning *ReturningWriterBuilder[P, struct{}]
}

// NewWriter begins a writer under c of two functions that return only an error. The authoritative
// function gets the caller's context. The secondary gets the values of that context without its
// cancellation, so that no write is left half done, and the deadline of [Builder.SecondaryTimeout].
func NewWriter[P any](c *Cutover, old, new func(context.Context, P) error) *WriterBuilder[P] {
	return &WriterBuilder[P]{NewReturningWriter(c, withoutValue(old), withoutValue(new))}
}

// SerializeBy makes writes of one key run one after the other, in the order of arrival, so that two
// writes of a record cannot reach the two systems in different orders. It holds at every stage,
// within this process, for all writers of the [Cutover] that have it. Writes of different keys do
// not wait for each other. The default is not to wait. Build returns an error for the zero KeyFunc.
//
// The wait ends with the caller's context: then nothing is run, and the error is an [ErrNotRun]. A
// key is held until both writes are done or the secondary's time is over, and not while observers
// run. While a secondary write runs on after its timeout, later writes of its key skip the
// secondary, with an [ErrSecondarySkipped]: the late write could undo them.
//
// A function that writes the key it holds again gets an [ErrDeadlock]. So does a function whose
// write of another key would wait for itself through other writes. Both are detected only if the
// function passes on the context that it was given.
func (b *WriterBuilder[P]) SerializeBy(key KeyFunc[P]) *WriterBuilder[P] {
	b.returning.SerializeBy(key)
	return b
}

// RequireBoth makes Write return an [OriginError] if either origin failed. A secondary that timed
// out or was skipped has failed too. The default is to return the authoritative error alone.
func (b *WriterBuilder[P]) RequireBoth() *WriterBuilder[P] {
	b.returning.RequireBoth()
	return b
}

// Records sets the keys of the records that a payload may write, for [Builder.Journal]. Several
// functions add up, for payloads with records of several kinds; see [KeyFunc.Of]. Name all records
// that either function may change, such as those that a cascade deletes. A second call replaces the
// first. Build returns an error without Journal, for an unknown kind, and for keys that cannot be
// kept as text: those are neither strings, integers nor booleans, have no MarshalText and
// UnmarshalText, and are no structs or arrays of such.
func (b *WriterBuilder[P]) Records(keys ...KeyFunc[P]) *WriterBuilder[P] {
	b.returning.Records(keys...)
	return b
}

// Unjournaled declares that the journal need not know of this writer's writes, because nobody
// expects both systems to be equal in them. Nothing then finds what a failed write left different.
func (b *WriterBuilder[P]) Unjournaled() *WriterBuilder[P] {
	b.returning.Unjournaled()
	return b
}

// SecondaryCopies makes the secondary write a copy: after the authoritative write the records are
// read from that system, and written to the other one as they are now, by the kinds of
// [Builder.Journal]. The default is to call the writer's function for the other system with the
// payload.
//
// A copy costs one read. It is right where a write decides something itself: identifiers and
// defaults made by a database, updates of some fields, triggers, transactions over several records.
// Build returns an error without Records.
func (b *WriterBuilder[P]) SecondaryCopies() *WriterBuilder[P] {
	b.returning.SecondaryCopies()
	return b
}

// SecondaryInBackground returns to the caller after the authoritative write; the secondary follows
// in the background. If [Builder.MaxBackground] is reached, the secondary is skipped, and the
// records are left dirty for the repair. The op event and the observers follow in the background
// too. The default is that the caller waits. Build returns an error without Records, and with
// RequireBoth.
func (b *WriterBuilder[P]) SecondaryInBackground() *WriterBuilder[P] {
	b.returning.SecondaryInBackground()
	return b
}

// JoinTx declares that the writer's functions join the intent to their own transaction when they
// are authoritative: those of the given systems, or both for none. Then the journal costs no
// statement outside of that transaction. How they join is the journal's matter, for example
// sqljournal.JoinTx. If an authoritative write did not join, the secondary is skipped, with an
// [ErrNotJoined], and the records are dirty. The default is that nothing joins. Build returns an
// error without Records, and for an unknown origin.
func (b *WriterBuilder[P]) JoinTx(authoritative ...ldmigration.Origin) *WriterBuilder[P] {
	b.returning.JoinTx(authoritative...)
	return b
}

// SecondaryTimeout sets how long this writer's secondary may take; zero is no limit. The default is
// [Builder.SecondaryTimeout]. It also gives the writer a background count of its own, with the
// limit of [Builder.MaxBackground]. Build returns an error for a negative duration.
func (b *WriterBuilder[P]) SecondaryTimeout(d time.Duration) *WriterBuilder[P] {
	b.returning.SecondaryTimeout(d)
	return b
}

// MaxBackground limits this writer's calls in the background, which are then counted apart from
// those of other writers. The default is to share the count of [Builder.MaxBackground]. Build
// returns an error for less than 1.
func (b *WriterBuilder[P]) MaxBackground(n int) *WriterBuilder[P] {
	b.returning.MaxBackground(n)
	return b
}

// Reveal sets what of payloads may leave the process, as [ReaderBuilder.Reveal] does.
func (b *WriterBuilder[P]) Reveal(payload func(P) any) *WriterBuilder[P] {
	b.returning.Reveal(payload, func(none struct{}) struct{} { return none })
	return b
}

// RevealKey sets the key of the record that a payload is about, as [ReaderBuilder.RevealKey] does,
// so that observers can list the records that a failed secondary write left different.
func (b *WriterBuilder[P]) RevealKey(key KeyFunc[P]) *WriterBuilder[P] {
	b.returning.RevealKey(key)
	return b
}

// ClonePayload sets the function that copies the payload for the secondary, as
// [ReaderBuilder.ClonePayload] does. The copy is made before the first write. If a system sets an
// identifier in its payload, the other system does not see it.
func (b *WriterBuilder[P]) ClonePayload(clone func(P) P) *WriterBuilder[P] {
	b.returning.ClonePayload(clone)
	return b
}

// PayloadsAreNotModified declares that neither the functions nor the callers modify a payload, as
// [ReaderBuilder.PayloadsAreNotModified] does.
func (b *WriterBuilder[P]) PayloadsAreNotModified() *WriterBuilder[P] {
	b.returning.PayloadsAreNotModified()
	return b
}

// Build returns the writer. Later changes to the builder do not affect it. The error joins all that
// is wrong; the writer is non-nil if and only if the error is nil.
func (b *WriterBuilder[P]) Build() (*Writer[P], error) {
	returning, err := b.returning.Build()
	if err != nil {
		return nil, err
	}
	return &Writer[P]{returning: *returning}, nil
}

// ReturningWriterBuilder collects the settings of a [ReturningWriter]. A second call of a method
// replaces the first. A ReturningWriterBuilder is not safe for concurrent use.
type ReturningWriterBuilder[P, R any] struct {
	callBuilder[P, R]
	key         KeyFunc[P]
	keyed       bool
	requireBoth bool
	resultKeys  []KeyFunc[R]
	unjournaled bool
	copies      bool
	behind      bool
	joining     bool
	joins       []ldmigration.Origin
}

// NewReturningWriter begins a writer under c of two functions that return a value and an error.
// They get the same contexts as those of [NewWriter].
func NewReturningWriter[P, R any](
	c *Cutover, old, new func(context.Context, P) (R, error),
) *ReturningWriterBuilder[P, R] {
	return &ReturningWriterBuilder[P, R]{callBuilder: newCallBuilder(c, old, new)}
}

// SerializeBy makes writes of one key run one after the other, as [WriterBuilder.SerializeBy] does.
func (b *ReturningWriterBuilder[P, R]) SerializeBy(key KeyFunc[P]) *ReturningWriterBuilder[P, R] {
	b.key, b.keyed = key, true
	return b
}

// RequireBoth makes Write return an error if either origin failed, as [WriterBuilder.RequireBoth]
// does. Write returns the authoritative value beside the error.
func (b *ReturningWriterBuilder[P, R]) RequireBoth() *ReturningWriterBuilder[P, R] {
	b.requireBoth = true
	return b
}

// Records sets the keys of the records that a payload may write, as [WriterBuilder.Records] does.
func (b *ReturningWriterBuilder[P, R]) Records(keys ...KeyFunc[P]) *ReturningWriterBuilder[P, R] {
	b.records, b.recorded = slices.Clone(keys), true
	return b
}

// RecordsOfResult sets the keys of records that only the authoritative result tells, such as one
// whose identifier the database made. Their intent begins after the authoritative write; a crash
// right between the two is not noticed, unless the write joins the intent to its transaction and
// names them there. Build returns an error without Journal, and for keys that Records refuses.
func (b *ReturningWriterBuilder[P, R]) RecordsOfResult(keys ...KeyFunc[R]) *ReturningWriterBuilder[P, R] {
	b.resultKeys = slices.Clone(keys)
	return b
}

// Unjournaled declares that the journal need not know of this writer's writes, as
// [WriterBuilder.Unjournaled] does.
func (b *ReturningWriterBuilder[P, R]) Unjournaled() *ReturningWriterBuilder[P, R] {
	b.unjournaled = true
	return b
}

// SecondaryCopies makes the secondary write a copy, as [WriterBuilder.SecondaryCopies] does. The
// secondary then has no result.
func (b *ReturningWriterBuilder[P, R]) SecondaryCopies() *ReturningWriterBuilder[P, R] {
	b.copies = true
	return b
}

// SecondaryInBackground returns to the caller after the authoritative write, as
// [WriterBuilder.SecondaryInBackground] does. Build also returns an error for results that can be
// modified, without CloneResult and ResultsAreNotModified.
func (b *ReturningWriterBuilder[P, R]) SecondaryInBackground() *ReturningWriterBuilder[P, R] {
	b.behind = true
	return b
}

// JoinTx declares that the writer's functions join the intent to their own transaction, as
// [WriterBuilder.JoinTx] does.
func (b *ReturningWriterBuilder[P, R]) JoinTx(authoritative ...ldmigration.Origin) *ReturningWriterBuilder[P, R] {
	b.joining, b.joins = true, slices.Clone(authoritative)
	return b
}

// SecondaryTimeout sets how long this writer's secondary may take, as
// [WriterBuilder.SecondaryTimeout] does.
func (b *ReturningWriterBuilder[P, R]) SecondaryTimeout(d time.Duration) *ReturningWriterBuilder[P, R] {
	b.timeout, b.timed = d, true
	return b
}

// MaxBackground limits this writer's calls in the background, as [WriterBuilder.MaxBackground]
// does.
func (b *ReturningWriterBuilder[P, R]) MaxBackground(n int) *ReturningWriterBuilder[P, R] {
	b.max, b.bounded = n, true
	return b
}

// Reveal sets what of payloads and results may leave the process, as [ReaderBuilder.Reveal] does.
func (b *ReturningWriterBuilder[P, R]) Reveal(payload func(P) any, result func(R) R) *ReturningWriterBuilder[P, R] {
	b.reveal, b.reveals = revealing[P, R]{payload, result}, true
	return b
}

// RevealKey sets the key of the record that a payload is about, as [WriterBuilder.RevealKey] does.
func (b *ReturningWriterBuilder[P, R]) RevealKey(key KeyFunc[P]) *ReturningWriterBuilder[P, R] {
	b.shownKey, b.showsKey = key, true
	return b
}

// CloneResult sets the function that copies a result for Reveal and for [Builder.ReturnAtDeadline],
// as [ReaderBuilder.CloneResult] does.
func (b *ReturningWriterBuilder[P, R]) CloneResult(clone func(R) R) *ReturningWriterBuilder[P, R] {
	b.cloneResult, b.clonesResult = clone, true
	return b
}

// ResultsAreNotModified declares that callers do not modify results, as
// [ReaderBuilder.ResultsAreNotModified] does.
func (b *ReturningWriterBuilder[P, R]) ResultsAreNotModified() *ReturningWriterBuilder[P, R] {
	b.resultsKept = true
	return b
}

// ClonePayload sets the function that copies the payload for the secondary, as
// [WriterBuilder.ClonePayload] does.
func (b *ReturningWriterBuilder[P, R]) ClonePayload(clone func(P) P) *ReturningWriterBuilder[P, R] {
	b.clonePayload, b.clonesPayload = clone, true
	return b
}

// PayloadsAreNotModified declares that neither the functions nor the callers modify a payload, as
// [ReaderBuilder.PayloadsAreNotModified] does.
func (b *ReturningWriterBuilder[P, R]) PayloadsAreNotModified() *ReturningWriterBuilder[P, R] {
	b.payloadsKept = true
	return b
}

// Build returns the writer. Later changes to the builder do not affect it. The error joins all that
// is wrong; the writer is non-nil if and only if the error is nil.
func (b *ReturningWriterBuilder[P, R]) Build() (*ReturningWriter[P, R], error) {
	err := errors.Join(
		b.validate("write"),
		refuseKey(b.keyed, "key: ", b.key),
		b.validateResults(b.outlives()),
		b.validateJournaling(),
	)
	if err != nil {
		return nil, fmt.Errorf("building a writer: %w", err)
	}
	op := b.operation(ldmigration.Write)
	op.resultRecords, _ = resolveKeys(op.journal, "keys of results", b.resultKeys) // no error: it is validated
	op.copies, op.behind = b.copies, b.behind
	for s := range op.joins {
		op.joins[s] = b.joining && (len(b.joins) == 0 || slices.Contains(b.joins, origins[s]))
	}
	op.key = b.key
	op.requireBoth = b.requireBoth
	return &ReturningWriter[P, R]{cutover: b.cutover, op: op}, nil
}

// outlives reports whether the library may use a result after the caller has it.
func (b *ReturningWriterBuilder[P, R]) outlives() bool {
	return b.behind || !b.requireBoth && b.cutover != nil && b.cutover.settings.returnAtDeadline
}

// withoutValue returns nil for nil, so that Build can report it.
func withoutValue[P any](write func(context.Context, P) error) func(context.Context, P) (struct{}, error) {
	if write == nil {
		return nil
	}
	return func(ctx context.Context, payload P) (struct{}, error) { return struct{}{}, write(ctx, payload) }
}
