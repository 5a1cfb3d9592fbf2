package cutover

import (
	"runtime/debug"
	"slices"
)

// Comparison says whether an old and a new result agree and, if it can, where they differ. Make one with [Deep], [JSON],
// [By], [All] or [Func], and give it to [ReaderBuilder.CompareWith]. Explaining is left until two results differ.
type Comparison[R any] struct {
	equal   func(old, new R) bool
	explain func(old, new R) []Difference
}

// Difference is one place where an old and a new result differ.
type Difference struct {
	// Path leads to the place, such as "Lines[2].UnitPrice". It is empty for the results as a whole.
	Path string
	// Old and New are what stands there; [Missing] on the side that has no such place.
	Old, New any
	// Redacted is true if Old and New are left out because they are not to leave the process; see [Shown].
	Redacted bool
}

// Missing is the value of a [Difference] on the side that has no such place: a list is shorter, a key is not there.
var Missing = missing{}

type missing struct{}

func (missing) String() string { return "(missing)" }

// Equal compares with ==. It is a comparison for every comparable type that means by == what is meant by equal here.
// A type that holds an interface with an uncomparable value panics, as == does; see [ComparisonPanicked].
func Equal[T comparable](old, new T) bool { return old == new }

// Func is a comparison by a function that only says yes or no. It explains a difference by both results as a whole.
// Of nil it makes a comparison that Build refuses.
func Func[R any](equal func(old, new R) bool) Comparison[R] {
	return Comparison[R]{equal: equal, explain: asAWhole[R]}
}

func asAWhole[R any](old, new R) []Difference { return []Difference{{Old: old, New: new}} }

// By compares what a projection makes of each result, and so leaves out all else: an identifier, a few fields, a sum.
func By[R, K any](projection func(R) K, comparison Comparison[K]) Comparison[R] {
	c := Comparison[R]{
		equal: func(old, new R) bool { return comparison.equal(projection(old), projection(new)) },
	}
	if comparison.explain != nil {
		c.explain = func(old, new R) []Difference { return comparison.explain(projection(old), projection(new)) }
	}
	return c
}

// All is the comparison by which two results agree if they do by each of several. It explains by those that disagree.
func All[R any](comparisons ...Comparison[R]) Comparison[R] {
	comparisons = slices.Clone(comparisons)
	return Comparison[R]{
		equal: func(old, new R) bool {
			for _, c := range comparisons {
				if !c.equal(old, new) {
					return false
				}
			}
			return true
		},
		explain: func(old, new R) (all []Difference) {
			for _, c := range comparisons {
				if c.explain != nil && !c.equal(old, new) {
					all = append(all, c.explain(old, new)...)
				}
			}
			return all
		},
	}
}

// ignoring is a rule that knows a difference.
type ignoring[R any] struct {
	name  string
	knows func(old, new R) bool
}

// comparing is how one reader compares.
type comparing[R any] struct {
	Comparison[R]
	ignored []ignoring[R]
	// authoritativeFirst is the SDK's order, (authoritative, secondary); otherwise it is (old, new) at every stage.
	authoritativeFirst bool
}

// compared is the outcome of a comparison.
type compared struct {
	consistency Consistency
	ignoredBy   string
	differences []Difference
	fault       *PanicError
}

// run compares and never lets a panic out. It runs while no lock is held. What result held before stands if the comparison
// never returns.
func (c *comparing[R]) run(values *[2]R, authoritative side, explain bool, result *compared) {
	returned := false
	defer func() {
		if !returned {
			if value := recover(); value != nil {
				*result = compared{
					consistency: ComparisonPanicked, fault: &PanicError{Value: value, Stack: debug.Stack()},
				}
			}
		}
	}()
	first, second := oldSide, newSide
	if c.authoritativeFirst {
		first, second = authoritative, authoritative.other()
	}
	consistency := Consistent
	if !c.equal(values[first], values[second]) {
		consistency = c.differ(values[first], values[second], explain, result)
	}
	returned = true
	result.consistency = consistency
}

// differ finds out what is known of a difference.
func (c *comparing[R]) differ(old, new R, explain bool, result *compared) Consistency {
	consistency, ignoredBy := Inconsistent, ""
	for _, rule := range c.ignored {
		if rule.knows(old, new) {
			consistency, ignoredBy = Ignored, rule.name
			break
		}
	}
	if explain && c.explain != nil {
		result.differences = c.explain(old, new)
	}
	result.ignoredBy = ignoredBy
	return consistency
}
