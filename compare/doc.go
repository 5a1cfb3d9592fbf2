// Package compare says whether two values agree and, if not, where they differ.
//
// It is for results of two systems that should be the same: records that were read from an old and
// a new database, documents of an old and a new service. A [Comparison] is made once and then used
// for many pairs of values:
//
//   - [Deep] compares values of any type, field by field.
//   - [JSON] compares documents by what they say.
//   - [Rows] compares lists by the keys of their rows.
//   - [Equal] and [ByValue] compare with ==.
//   - [By] compares a part of each value, and [All] makes several comparisons count.
//   - [Func] and [Explained] compare by functions of one's own.
//
// A [Rule] says what need not be the same for [Deep] and [JSON]: [Ignore], [Unordered], [KeyedBy],
// [TimesWithin], [NumbersWithin], [ExportedOnly]; [Using] gives a function for a type.
//
// The answer is [Same], [Different] or, where a comparison had to give up, [Undecided]: it never
// takes for the same what it did not look at. [Comparison.Compare] only answers.
// [Comparison.Explain] tells each [Difference] with the path that leads to it.
//
// The package is not for tests, which want a readable diff: use go-cmp or testify there. It does
// not merge values, and it does not order them.
package compare
