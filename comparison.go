package cutover

import (
	"context"
	"runtime/debug"

	"github.com/gocutover/cutover/compare"
)

// ignoring is a rule for known differences.
type ignoring[R any] struct {
	name  string
	knows func(old, new R) bool
}

// comparing is how a reader compares.
type comparing[R any] struct {
	comparison compare.Comparison[R]
	given      bool
	ignored    []ignoring[R]
	// authoritativeFirst is the SDK's order, (authoritative, secondary); otherwise it is (old, new)
	// at every stage.
	authoritativeFirst bool
}

// compared is the outcome of a comparison.
type compared struct {
	consistency Consistency
	ignoredBy   string
	differences []compare.Difference
	fault       *PanicError
}

// ask compares in the order that the comparison expects.
func (c *comparing[R]) ask(comparison compare.Comparison[R], values *[2]R, authoritative side) compare.Answer {
	first, second := c.order(authoritative)
	return comparison.Compare(values[first], values[second])
}

func (c *comparing[R]) order(authoritative side) (first, second side) {
	if c.authoritativeFirst {
		return authoritative, authoritative.other()
	}
	return oldSide, newSide
}

// explain returns the differences as old and new, whatever order the comparison expects.
func (c *comparing[R]) explain(values [2]R, authoritative side) []compare.Difference {
	return c.explainBy(c.comparison, values, authoritative)
}

func (c *comparing[R]) explainBy(
	comparison compare.Comparison[R], values [2]R, authoritative side,
) []compare.Difference {
	first, second := c.order(authoritative)
	differences := comparison.Explain(values[first], values[second])
	if first == newSide {
		for i := range differences {
			differences[i].Old, differences[i].New = differences[i].New, differences[i].Old
		}
	}
	return differences
}

// judge compares the two results if they are to be compared. It runs without a lock and without the
// turn of a record.
func (o *operation[P, R]) judge(ctx context.Context, rec *record, values *[2]R, payload P) {
	rec.consistency = o.consistency(rec)
	if rec.consistency != ComparisonPanicked || rec.fault != nil {
		return
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		if value := recover(); value != nil {
			rec.compared = compared{
				consistency: ComparisonPanicked, fault: &PanicError{Value: value, Stack: debug.Stack()},
			}
			o.log.error(ctx, "comparison panicked", flagAttr(rec.flag), errAttr(rec.fault), stackAttr(rec.fault))
		}
	}()
	if !rec.toCompare() {
		rec.consistency, returned = NotSampled, true
		return
	}
	if o.key.given() && o.written(payload, rec.since) {
		rec.consistency, returned = WrittenMeanwhile, true
		return
	}
	if before, after := rec.sides[oldSide].absent, rec.sides[newSide].absent; before || after {
		rec.consistency, returned = o.compareAbsent(rec, values, before, after), true
		return
	}
	comparison := o.compare.comparison
	answer := o.compare.ask(comparison, values, rec.plan.authoritative)
	if answer == compare.Different && o.rows {
		comparison = comparison.Without(o.writtenSince(rec.since))
		if o.compare.ask(comparison, values, rec.plan.authoritative) != compare.Different {
			rec.consistency, returned = WrittenMeanwhile, true
			return
		}
	}
	returned = true
	switch answer {
	case compare.Same:
		rec.consistency = Consistent
	case compare.Undecided:
		rec.consistency = Undecided
	case compare.Different:
		o.differ(ctx, rec, values, comparison)
	}
}

// written reports whether a record of the payload was written since a mark.
func (o *operation[P, R]) written(payload P, mark uint64) (written bool) {
	o.key.each(payload, func(key recordKey) { written = written || o.keys.Written(key.hash, mark) })
	return written
}

// writtenSince returns a function that reports whether a row was written since a mark.
func (o *operation[P, R]) writtenSince(mark uint64) func(row any) bool {
	keys := o.keys
	return func(row any) bool { return keys.Written(keyOf(row).hash, mark) }
}

// compareAbsent compares two answers of which at least one is "not found".
func (o *operation[P, R]) compareAbsent(rec *record, values *[2]R, before, after bool) Consistency {
	if before && after {
		return Consistent
	}
	if o.explains(rec) {
		difference := compare.Difference{Old: compare.Missing, New: compare.Missing}
		if !before {
			difference.Old = values[oldSide]
		} else {
			difference.New = values[newSide]
		}
		rec.differences = []compare.Difference{difference}
	}
	return Inconsistent
}

// differ applies the rules for known differences and explains the rest. After a panic of either,
// the difference still counts.
func (o *operation[P, R]) differ(
	ctx context.Context, rec *record, values *[2]R, comparison compare.Comparison[R],
) {
	rec.consistency = Inconsistent
	first, second := o.compare.order(rec.plan.authoritative)
	for _, rule := range o.compare.ignored {
		knows := false
		o.contain(ctx, rec.flag, "ignore rule", func() { knows = rule.knows(values[first], values[second]) })
		if knows {
			rec.consistency, rec.ignoredBy = Ignored, rule.name
			break
		}
	}
	if o.explains(rec) {
		o.contain(ctx, rec.flag, "explanation", func() {
			rec.differences = o.compare.explainBy(comparison, *values, rec.plan.authoritative)
		})
	}
}

// explains reports whether somebody needs to know where the results differ.
func (o *operation[P, R]) explains(rec *record) bool {
	return rec.explain || len(o.observers) > 0 || o.rowKind != ""
}

// consistency returns why two results are not compared. It returns [ComparisonPanicked] if they
// are: that is the outcome until the comparison returns.
func (o *operation[P, R]) consistency(rec *record) Consistency {
	switch {
	case rec.skipped():
		return SecondarySkipped
	case !o.compare.given:
		return NoComparison
	case !rec.sides[oldSide].answered() || !rec.sides[newSide].answered():
		return ReadFailed
	default:
		return ComparisonPanicked
	}
}
