package cutover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/internal/breaker"
	"github.com/gocutover/cutover/internal/keytext"
)

// journaling is the journal of a Cutover, and what it protects.
type journaling struct {
	journal  Journal
	kinds    map[string]RecordKind
	only     string // the kind, if there is one
	required bool
	breakers [2]*breaker.Breaker // of writes to each system; nil for none
	lost     atomic.Bool
}

// journalKeys are the records that a reader or writer is about.
type journalKeys[P any] struct {
	of    []KeyFunc[P]
	kinds []string // of each
}

func (k *journalKeys[P]) given() bool { return len(k.of) > 0 }

// records adds the records of a payload, in order and each once.
func (k *journalKeys[P]) records(payload P, records []RecordKey) (_ []RecordKey, err error) {
	for i := range k.of {
		if records, err = k.of[i].add(payload, k.kinds[i], records); err != nil {
			break
		}
	}
	if len(records) > 1 {
		slices.SortFunc(records, compareRecords)
		records = slices.Compact(records)
	}
	return records, err
}

func compareRecords(a, b RecordKey) int {
	if c := strings.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	return strings.Compare(a.Key, b.Key)
}

// journals reports whether the journal knows of the writes.
func (o *operation[P, R]) journals() bool { return o.records.given() || o.resultRecords.given() }

// protection is what a journaled write needs memory for, so that it is allocated at once.
type protection struct {
	calls [2]callContext // of the call of each system
	one   [1]RecordKey
}

// protect begins the intent of a write to both systems. It reports false if the write is not to be
// run.
func (o *operation[P, R]) protect(ctx context.Context, rec *record, payload P) bool {
	p := &protection{}
	records, err := o.records.records(payload, p.one[:0])
	if len(records) == 0 && err == nil {
		if !o.resultRecords.given() {
			rec.journaled.Err = errNoRecords
			o.tellUnjournaled(ctx, rec)
		}
		return true
	}
	rec.journaled.Records, rec.protection = records, p
	if err == nil {
		rec.intents[0], err = o.begin(ctx, rec, records, o.joins[rec.plan.authoritative])
	}
	switch {
	case err == nil:
		rec.journaled.Epoch = rec.intents[0].Epoch()
		return true
	case errors.Is(err, ErrUnsettled):
		rec.err = fmt.Errorf("%w: %w", ErrNotRun, err)
		return false
	case ctx.Err() != nil:
		rec.err = fmt.Errorf("%w: waiting for the journal: %w", ErrNotRun, endOf(ctx))
		return false
	case o.journal.required:
		rec.err = fmt.Errorf("%w: %w", ErrNotRun, err)
		return false
	default:
		rec.journaled.Err, rec.uncovered = err, true
		return true
	}
}

var errNoRecords = fmt.Errorf("%w: no keys of records", ErrJournal)

func (o *operation[P, R]) tellUnjournaled(ctx context.Context, rec *record) {
	if o.seldom.first(rec.flag, "no records") {
		o.log.warn(ctx, "write without keys of records is not journaled", flagAttr(rec.flag))
	}
}

// protectMore begins the intent of records that only the authoritative result tells. The write
// cannot be refused any more.
func (o *operation[P, R]) protectMore(ctx context.Context, rec *record, result R) {
	var records []RecordKey
	var err error
	fault := o.guard(ctx, rec.flag, "key of a result", func() { records, err = o.resultRecords.records(result, nil) })
	if fault != nil {
		err = fmt.Errorf("%w: key of a result: %w", ErrJournal, fault)
	}
	records = slices.DeleteFunc(records, func(one RecordKey) bool { return slices.Contains(rec.journaled.Records, one) })
	if len(records) == 0 {
		rec.journaled.Err = errors.Join(rec.journaled.Err, err)
		return
	}
	rec.journaled.Records = append(slices.Clone(rec.journaled.Records), records...)
	if err == nil {
		rec.intents[1], err = o.begin(context.WithoutCancel(ctx), rec, records, false)
	}
	if err != nil {
		rec.journaled.Err, rec.uncovered = err, true
		return
	}
	rec.journaled.Epoch = rec.intents[1].Epoch()
}

// begin asks the journal for an intent, and notes whether the journal works.
func (o *operation[P, R]) begin(ctx context.Context, rec *record, records []RecordKey, join bool) (intent Intent, err error) {
	j, flag, stage := o.journal, rec.flag, rec.stage
	write := JournalWrite{
		Flag: flag, Records: records, From: rec.plan.authoritative.origin(), Join: join,
		Settle: func(ctx context.Context, record RecordKey, from ldmigration.Origin, permit func() error) error {
			return o.settleFirst(ctx, Call{Flag: flag, Operation: o.kind, Stage: stage, Purpose: Settling}, record, from, permit)
		},
	}
	if fault := o.guard(ctx, flag, "journal", func() { intent, err = j.journal.Begin(ctx, write) }); fault != nil {
		intent, err = nil, fmt.Errorf("%w: %w", ErrJournal, fault)
	}
	switch {
	case err == nil && intent != nil:
		if j.lost.Load() && j.lost.CompareAndSwap(true, false) {
			o.log.warn(ctx, "journal works again", flagAttr(flag))
			o.tellChange(ctx, JournalChange{Flag: flag, Kind: JournalFound})
		}
		return intent, nil
	case err == nil:
		err = fmt.Errorf("%w: no intent", ErrJournal)
	case errors.Is(err, ErrUnsettled) || ctx.Err() != nil:
		return nil, err
	case !errors.Is(err, ErrJournal):
		err = fmt.Errorf("%w: %w", ErrJournal, err)
	}
	if j.lost.CompareAndSwap(false, true) {
		o.log.error(ctx, "journal cannot be reached", flagAttr(flag), slog.Bool("refuse", j.required), errAttr(err))
		o.tellChange(ctx, JournalChange{Flag: flag, Kind: JournalLost, Err: err})
	}
	return nil, err
}

// settleFirst makes a record equal that a write of the other direction left dirty.
func (o *operation[P, R]) settleFirst(
	ctx context.Context, call Call, record RecordKey, from ldmigration.Origin, permit func() error,
) (err error) {
	kind, known := o.journal.kinds[record.Kind]
	if !known {
		return fmt.Errorf("%w %q", ErrUnknownKind, record.Kind)
	}
	if limit := o.lane.calls.Limit(); limit != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	fault := o.guard(ctx, call.Flag, "copy of a record", func() {
		err = kind.Copy(WithCall(ctx, call), record.Key, from, permit)
	})
	if fault != nil {
		return fault
	}
	return err
}

// permitted returns why the secondary must not be written to any more, or nil.
func (rec *record) permitted() error {
	for _, intent := range rec.intents {
		if intent != nil {
			if err := intent.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// permitted is permitted of the record. A journal that panics permits nothing.
func (o *operation[P, R]) permitted(ctx context.Context, rec *record) (err error) {
	if rec.intents == [2]Intent{} {
		return nil
	}
	if fault := o.guard(ctx, rec.flag, "journal", func() { err = rec.permitted() }); fault != nil {
		return fault
	}
	return err
}

// endIntents tells the journal how the writes ended, once.
func (o *operation[P, R]) endIntents(ctx context.Context, rec *record) {
	if rec.allowed {
		rec.allowed = false
		o.tellBreaker(ctx, rec)
	}
	intents, uncovered := rec.intents, rec.uncovered
	if intents == [2]Intent{} && !uncovered {
		return
	}
	rec.intents, rec.uncovered = [2]Intent{}, false
	end := endOfWrites(rec)
	for _, intent := range intents {
		if intent == nil {
			continue
		}
		o.contain(ctx, rec.flag, "journal", func() {
			if end.Dirty == "" && intent.Check() != nil {
				rec.journaled.Dirty = OwnerLost
			}
		})
		o.contain(ctx, rec.flag, "journal", func() { intent.End(end) })
	}
	if uncovered {
		end.Dirty = NotJournaled
		o.contain(ctx, rec.flag, "journal", func() { o.mark(ctx, rec, rec.journaled.Records, end, true) })
	}
	if end.Dirty != "" {
		rec.journaled.Dirty = end.Dirty
	}
}

// endOfWrites returns what is known of the two writes. What is not known to have succeeded counts
// as failed.
func endOfWrites(rec *record) IntentEnd {
	first, second := &rec.sides[rec.plan.authoritative], &rec.sides[rec.plan.authoritative.other()]
	switch {
	case !first.returned || first.err != nil:
		return IntentEnd{Dirty: AuthoritativeFailed, Late: true}
	case !second.invoked:
		return IntentEnd{Dirty: SecondaryLeftOut}
	case second.err == nil:
		return IntentEnd{}
	case errors.Is(second.err, ErrSecondaryTimeout):
		return IntentEnd{Dirty: SecondaryLate, Late: true}
	default:
		return IntentEnd{Dirty: SecondaryFailed, Late: !errors.Is(second.err, ErrSecondarySkipped)}
	}
}

func (o *operation[P, R]) mark(ctx context.Context, rec *record, records []RecordKey, end IntentEnd, written bool) {
	o.journal.journal.Mark(ctx, JournalMark{
		Flag: rec.flag, Records: records, From: rec.plan.authoritative.origin(),
		Dirty: end.Dirty, Late: end.Late, Written: written,
	})
}

// markDifference makes the records dirty that a read found to differ.
func (o *operation[P, R]) markDifference(ctx context.Context, rec *record, payload P) {
	if rec.consistency != Inconsistent || !o.marks() {
		return
	}
	o.contain(ctx, rec.flag, "journal", func() {
		records, err := o.differing(rec, payload)
		if err != nil && o.seldom.first(rec.flag, "unmarked") {
			o.log.error(ctx, "records that differ not marked dirty", flagAttr(rec.flag), errAttr(err))
		}
		if len(records) == 0 {
			return
		}
		o.mark(ctx, rec, records, IntentEnd{Dirty: SeenDifferent}, false)
		rec.journaled = Journaled{Records: records, Dirty: SeenDifferent}
	})
}

// marks reports whether a read that finds a difference marks its records.
func (o *operation[P, R]) marks() bool {
	return o.kind == readOp && o.journal != nil && (o.records.given() || o.rowKind != "")
}

func (o *operation[P, R]) differing(rec *record, payload P) ([]RecordKey, error) {
	records, err := o.records.records(payload, nil)
	if o.rowKind == "" {
		return records, err
	}
	for _, d := range rec.differences {
		if d.Row == nil {
			continue
		}
		text, failed := keytext.Encode(d.Row)
		if failed != nil {
			err = failed
			continue
		}
		records = append(records, RecordKey{Kind: o.rowKind, Key: text})
	}
	slices.SortFunc(records, compareRecords)
	return slices.Compact(records), err
}

// allows asks the breaker of the secondary's system whether it may be called.
func (o *operation[P, R]) allows(rec *record) bool {
	b := o.journal.breakers[rec.plan.authoritative.other()]
	if b == nil {
		return true
	}
	rec.allowed, rec.probe = b.Allow()
	return rec.allowed
}

func (o *operation[P, R]) tellBreaker(ctx context.Context, rec *record) {
	second := rec.plan.authoritative.other()
	b, out := o.journal.breakers[second], &rec.sides[second]
	if !out.invoked {
		b.Cancel(rec.probe)
		return
	}
	change := JournalChange{Flag: rec.flag, Origin: second.origin()}
	switch b.Done(out.err == nil, rec.probe) {
	case breaker.Opened:
		change.Kind, change.Err = BreakerOpened, out.err
		o.log.warn(ctx, "secondary writes left to repair", flagAttr(rec.flag), slog.String("origin", string(change.Origin)), errAttr(out.err))
	case breaker.Closed:
		change.Kind = BreakerClosed
		o.log.warn(ctx, "secondary writes made again", flagAttr(rec.flag), slog.String("origin", string(change.Origin)))
	case breaker.None:
		return
	}
	o.tellChange(ctx, change)
}

func (s *settings) tellChange(ctx context.Context, change JournalChange) {
	for _, observer := range s.observers {
		if told, ok := observer.(JournalObserver); ok {
			s.contain(ctx, change.Flag, "observer", func() { told.ObserveJournal(ctx, change) })
		}
	}
}

// copyRecords is a secondary write that copies what the authoritative write left.
func (f *flight[P, R]) copyRecords(ctx context.Context) error {
	for _, record := range f.records {
		kind := f.op.journal.kinds[record.Kind]
		if err := kind.Copy(ctx, record.Key, f.side.other().origin(), f.permit); err != nil {
			return fmt.Errorf("copy of %v: %w", record, err)
		}
	}
	return nil
}

// permit returns why the record must not be written to any more, or nil.
func (f *flight[P, R]) permit() error {
	if f.state.Load() == abandoned {
		return &TimeoutError{After: f.limit}
	}
	return (&record{intents: f.intents}).permitted()
}

// markLate makes the records dirty again once a call that timed out has returned: it may have
// written after they were repaired.
func (f *flight[P, R]) markLate() {
	if len(f.records) == 0 || f.op.kind != ldmigration.Write {
		return
	}
	ctx := context.WithoutCancel(f.ctx.Parent)
	f.op.contain(ctx, f.op.flag, "journal", func() {
		f.op.journal.journal.Mark(ctx, JournalMark{
			Flag: f.op.flag, Records: f.records, From: f.side.other().origin(), Dirty: LateLanding, Late: f.err != nil, Written: true,
		})
	})
}
