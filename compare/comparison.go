package compare

import (
	"errors"
	"fmt"
)

// Comparison says whether an old and a new value agree and, if it can, where they differ. Make one
// with [Equal], [ByValue], [Func], [Explained], [Deep], [JSON], [Rows], [By] or [All]. The zero
// value compares nothing: Err returns [ErrNoComparison]. A Comparison is immutable. It is safe for
// concurrent use if the functions it was made of are.
type Comparison[R any] struct {
	compare func(old, new R, skip skipFunc) Answer
	explain func(old, new R, skip skipFunc) []Difference
	hasRows bool
	skip    skipFunc
	err     error
}

// skipFunc reports whether the row with this key is to be left out. It may be nil.
type skipFunc func(key any) bool

// Answer is what a comparison says of two values.
type Answer uint8

const (
	// Undecided means that the comparison gave up before it found a difference: the values are
	// nested too deep, or too large for it.
	Undecided Answer = iota
	// Same means that the values agree.
	Same
	// Different means that the values do not agree.
	Different
)

// String returns "undecided", "same" or "different".
func (a Answer) String() string {
	switch a {
	case Same:
		return "same"
	case Different:
		return "different"
	default:
		return "undecided"
	}
}

// ErrNoComparison is the error of a comparison that is the zero value, or that was made of a nil
// function or of no comparison at all.
var ErrNoComparison = errors.New("nothing to compare by")

// Err returns what is wrong with the comparison, or nil. Compare answers Undecided if there is an
// error, so check Err once, where the comparison is made.
func (c Comparison[R]) Err() error {
	if c.err == nil && c.compare == nil {
		return ErrNoComparison
	}
	return c.err
}

// Compare says whether the two values agree. It stops at the first difference. It runs on the
// caller's goroutine, and a panic of a function the comparison was made of reaches the caller.
func (c Comparison[R]) Compare(old, new R) Answer {
	if c.Err() != nil {
		return Undecided
	}
	return c.compare(old, new, c.skip)
}

// Explain returns where the two values differ, at most 100 places unless the comparison was made by
// [Explained]. It returns nothing if the values agree, and nothing if the comparison gave up before
// it found a difference. A comparison that cannot tell the place returns one Difference with an
// empty path and both values.
func (c Comparison[R]) Explain(old, new R) []Difference {
	if c.Err() != nil {
		return nil
	}
	return c.explain(old, new, c.skip)
}

// HasRows reports whether the comparison is made of [Rows], directly or through [By] and [All].
func (c Comparison[R]) HasRows() bool {
	return c.hasRows && c.Err() == nil
}

// Without returns a comparison that leaves out the rows for whose key skip returns true: such a row
// may differ, or be there on one side only. Keys are those of [Rows]. Skip is called on the
// goroutine of Compare or Explain, only for rows that would count as different or undecided. If
// HasRows is false, or skip is nil, Without returns c itself. A second call adds to the first.
func (c Comparison[R]) Without(skip func(key any) bool) Comparison[R] {
	if !c.HasRows() || skip == nil {
		return c
	}
	if earlier := c.skip; earlier != nil {
		later := skip
		skip = func(key any) bool { return earlier(key) || later(key) }
	}
	c.skip = skip
	return c
}

// Explained makes a comparison of two functions of one's own. The first one says whether two values
// agree. The second one says where they differ; it is called only by Explain, also for values that
// agree, and returns nothing for those. If either is nil, Err returns [ErrNoComparison].
func Explained[R any](
	compare func(old, new R) Answer, explain func(old, new R) []Difference,
) Comparison[R] {
	if compare == nil || explain == nil {
		return Comparison[R]{err: fmt.Errorf("Explained: a function is nil: %w", ErrNoComparison)}
	}
	return Comparison[R]{
		compare: func(old, new R, _ skipFunc) Answer { return compare(old, new) },
		explain: func(old, new R, _ skipFunc) []Difference { return explain(old, new) },
	}
}

// Func makes a comparison of a function that only says yes or no. It explains a difference by both
// values as a whole. If the function is nil, Err returns [ErrNoComparison].
func Func[R any](equal func(old, new R) bool) Comparison[R] {
	if equal == nil {
		return Comparison[R]{err: fmt.Errorf("Func: the function is nil: %w", ErrNoComparison)}
	}
	return Explained(
		func(old, new R) Answer { return answerOf(equal(old, new)) },
		func(old, new R) []Difference {
			if equal(old, new) {
				return nil
			}
			return []Difference{{Old: old, New: new}}
		},
	)
}

func answerOf(same bool) Answer {
	if same {
		return Same
	}
	return Different
}
