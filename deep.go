package cutover

import (
	"math"
	"time"
)

// Deep compares results of any type, field by field and element by element, and explains where they differ by up to 100
// differences. It differs from [reflect.DeepEqual] where that would tell apart what means the same: times are compared
// by [time.Time.Equal], a nil list or map equals an empty one, and NaN equals itself. Values with cycles are followed
// once around. It looks at unexported fields too, and panics on no value.
func Deep[R any](rules ...Rule) Comparison[R] {
	r := rulesOf(rules)
	return Comparison[R]{
		equal:   func(old, new R) bool { return len(r.differences(old, new, 1)) == 0 },
		explain: func(old, new R) []Difference { return r.differences(old, new, maxDifferences) },
	}
}

// maxDifferences bounds how far two results that have nothing in common are explained.
const maxDifferences = 100

// Rule relaxes a comparison by [Deep] or [JSON].
type Rule func(*rules)

type rules struct {
	ignored   []path
	unordered []path
	timesBy   time.Duration
	numbersBy float64
}

func rulesOf(given []Rule) *rules {
	r := &rules{}
	for _, rule := range given {
		if rule != nil {
			rule(r)
		}
	}
	return r
}

// IgnorePaths leaves out the places that one of the patterns leads to, and all below them. A pattern is a path as in
// [Difference], in which * stands for any name, and [*] for any index or key: "UpdatedAt", "Lines[*].ID".
func IgnorePaths(patterns ...string) Rule {
	return func(r *rules) { r.ignored = append(r.ignored, parsePatterns(patterns)...) }
}

// Unordered compares the lists that one of the patterns leads to as sets in which an element may stand more than once.
// A pattern is one of [IgnorePaths]; the empty one is the result itself. Long lists take time by the square of their
// length.
func Unordered(patterns ...string) Rule {
	return func(r *rules) { r.unordered = append(r.unordered, parsePatterns(patterns)...) }
}

// TimesWithin lets times be equal that are at most d apart.
func TimesWithin(d time.Duration) Rule {
	return func(r *rules) { r.timesBy = d }
}

// NumbersWithin lets numbers be equal that are at most by apart, whole ones and others.
func NumbersWithin(by float64) Rule {
	return func(r *rules) { r.numbersBy = by }
}

func (r *rules) sameTime(old, new time.Time) bool {
	apart := old.Sub(new)
	return old.Equal(new) || apart.Abs() <= r.timesBy && apart.Abs() != math.MaxInt64
}

// sameFloat takes one NaN for another: it is not itself by ==.
func (r *rules) sameFloat(old, new float64) bool {
	return old == new || old != old && new != new || math.Abs(old-new) <= r.numbersBy
}
