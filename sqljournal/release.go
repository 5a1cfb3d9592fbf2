package sqljournal

import (
	"context"
	"slices"
	"time"

	"github.com/gocutover/cutover/reconcile"
)

// releasing is a claim that is being released.
type releasing struct {
	reconcile.Release
	claim claim
	gone  *bool
}

// releaseRows releases what is pending. A row that a statement of a writer holds is tried again.
func (j *Journal) releaseRows(ctx context.Context, pending map[row]releasing) error {
	t := &j.store.texts
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		var equal, rest, all []item
		for r, rel := range pending {
			if rel.Outcome == reconcile.Equal {
				it := r.item()
				it.Token, it.Number = rel.claim.token(), rel.claim.gen
				equal = append(equal, it)
			}
		}
		done, err := j.rowsOf(ctx, t.releaseEqual, equal)
		if err != nil {
			return err
		}
		for _, r := range done {
			*pending[r].gone = true
			delete(pending, r)
		}
		for r, rel := range pending {
			rest = append(rest, rel.item(r))
		}
		if done, err = j.rowsOf(ctx, t.release, rest); err != nil {
			return err
		}
		for _, r := range done {
			delete(pending, r)
		}
		for r, rel := range pending {
			all = append(all, rel.item(r))
		}
		in, err := j.rowsOf(ctx, t.hasMe, all)
		if err != nil {
			return err
		}
		for r := range pending {
			if !slices.Contains(in, r) { // the lease ran out
				delete(pending, r)
			}
		}
		if len(pending) == 0 {
			return nil
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

func (rel *releasing) item(r row) item {
	it := r.item()
	it.Token, it.Dirty = rel.claim.token(), escape(rel.Reason)
	it.Number, it.Late = rel.After.Milliseconds(), number(rel.Late)
	switch rel.Outcome {
	case reconcile.Equal:
	case reconcile.Retry:
		it.Wrote = 1
	case reconcile.Park:
		it.Wrote = 2
	}
	return it
}
