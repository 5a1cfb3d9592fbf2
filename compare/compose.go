package compare

import (
	"errors"
	"fmt"
	"slices"
)

// By compares what a projection makes of each value, and leaves out all else: an identifier, a few
// fields, a sum. Paths begin at the projection. If the projection is nil, Err returns
// [ErrNoComparison]; an error of the comparison is passed on.
func By[R, K any](projection func(R) K, comparison Comparison[K]) Comparison[R] {
	if projection == nil {
		return Comparison[R]{err: fmt.Errorf("By: the projection is nil: %w", ErrNoComparison)}
	}
	if err := comparison.Err(); err != nil {
		return Comparison[R]{err: fmt.Errorf("By: %w", err)}
	}
	return Comparison[R]{
		compare: func(old, new R, skip skipFunc) Answer {
			return comparison.Without(skip).Compare(projection(old), projection(new))
		},
		explain: func(old, new R, skip skipFunc) []Difference {
			return comparison.Without(skip).Explain(projection(old), projection(new))
		},
		hasRows: comparison.HasRows(),
	}
}

// All is the comparison by which two values agree if they do by each of several. They differ if one
// of them says so, even if another one is undecided. It explains by those that say so, 100
// differences at most. Err returns the errors of all, joined, and [ErrNoComparison] if there are no
// comparisons.
func All[R any](comparisons ...Comparison[R]) Comparison[R] {
	if len(comparisons) == 0 {
		return Comparison[R]{err: fmt.Errorf("All: %w", ErrNoComparison)}
	}
	comparisons = slices.Clone(comparisons)
	var wrong []error
	hasRows := false
	for i, c := range comparisons {
		if err := c.Err(); err != nil {
			wrong = append(wrong, fmt.Errorf("All: comparison %d: %w", i+1, err))
		}
		hasRows = hasRows || c.HasRows()
	}
	if len(wrong) > 0 {
		return Comparison[R]{err: errors.Join(wrong...)}
	}
	return Comparison[R]{
		compare: func(old, new R, skip skipFunc) Answer {
			all := Same
			for _, c := range comparisons {
				switch c.Without(skip).Compare(old, new) {
				case Same:
				case Different:
					return Different
				default:
					all = Undecided
				}
			}
			return all
		},
		explain: func(old, new R, skip skipFunc) (all []Difference) {
			for _, c := range comparisons {
				all = append(all, c.Without(skip).Explain(old, new)...)
			}
			return all[:min(len(all), maxDifferences)]
		},
		hasRows: hasRows,
	}
}
