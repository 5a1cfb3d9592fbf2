package cutover

import (
	"context"
	"slices"

	"github.com/gocutover/cutover/compare"
)

// Shown is what of an operation may leave the process: what an observer may log, send or display.
// Without Reveal on the reader or writer it is where results differ, and no values.
type Shown struct {
	// Keys are the keys of the records that the operation is about, as text, if the reader or
	// writer has RevealKey. For a list that is compared with [compare.Rows] they are the keys of
	// the rows that differ, if the reader has RevealKey or Reveal.
	Keys []string
	// Payload is the revealed payload, or nil without Reveal.
	Payload any
	// Old and New are the revealed results. They are nil without Reveal and without a result.
	Old, New any
	// Differences are those of the [Observation]. A difference has values only if the revealed
	// results differ there too. It always has its path, which contains keys of maps and rows.
	Differences []compare.Difference
}

// revealing returns what of a payload and of a result may leave the process.
type revealing[P, R any] struct {
	payload func(P) any
	result  func(R) R
}

// shown returns only paths if one of the user's functions panics.
func (o *operation[P, R]) shown(ctx context.Context, rec *record, values *[2]R, payload P) (shown Shown) {
	shown.Differences = withoutValues(rec.differences)
	o.contain(ctx, rec.flag, "RevealKey function", func() { shown.Keys = o.shownKeys(rec, payload) })
	if o.reveal.payload == nil {
		return shown
	}
	o.contain(ctx, rec.flag, "Reveal function", func() { o.showValues(ctx, rec, values, payload, &shown) })
	return shown
}

func (o *operation[P, R]) shownKeys(rec *record, payload P) (keys []string) {
	for _, d := range rec.differences {
		if d.Row != nil && (o.shownKey.given() || o.reveal.payload != nil) {
			if key := (recordKey{key: d.Row}).text(); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) > 0 || !o.shownKey.given() {
		return keys
	}
	o.shownKey.each(payload, func(key recordKey) { keys = append(keys, key.text()) })
	return keys
}

func (o *operation[P, R]) showValues(ctx context.Context, rec *record, values *[2]R, payload P, shown *Shown) {
	payload, fault := copied(ctx, o.settings, rec.flag, "clone of a payload", o.clonePayload, payload)
	if fault != nil {
		return
	}
	shown.Payload = o.reveal.payload(payload)
	var revealed [2]R
	told := [2]*any{&shown.Old, &shown.New}
	for s := range revealed {
		if out := rec.observed(side(s)); !out.succeeded() || out.lost {
			continue
		}
		value, fault := copied(ctx, o.settings, rec.flag, "clone of a result", o.cloneResult, values[s])
		if fault != nil {
			return
		}
		revealed[s] = o.reveal.result(value)
		*told[s] = revealed[s]
	}
	if len(shown.Differences) > 0 && *told[oldSide] != nil && *told[newSide] != nil {
		o.showDifferences(rec, shown.Differences, revealed)
		return
	}
	for i, d := range shown.Differences { // one system has no such record
		if d.Path == "" && (*told[oldSide] != nil || *told[newSide] != nil) {
			shown.Differences[i] = compare.Difference{Row: d.Row, Old: orMissing(shown.Old), New: orMissing(shown.New)}
		}
	}
}

func orMissing(value any) any {
	if value == nil {
		return compare.Missing
	}
	return value
}

// showDifferences adds the values of the paths at which the revealed results differ too.
func (o *operation[P, R]) showDifferences(rec *record, differences []compare.Difference, revealed [2]R) {
	for _, told := range o.compare.explain(revealed, rec.plan.authoritative) {
		for i := range differences {
			if differences[i].Path == told.Path {
				differences[i] = told
			}
		}
	}
}

func withoutValues(differences []compare.Difference) []compare.Difference {
	if len(differences) == 0 {
		return nil
	}
	paths := make([]compare.Difference, len(differences))
	for i, d := range differences {
		paths[i] = compare.Difference{Path: d.Path, Row: d.Row, Redacted: true}
	}
	return paths
}
