package cutover

// Consistency says whether an operation's two results were compared, and with what outcome or why not.
type Consistency uint8

const (
	// NotBothRead is the consistency of an operation that did not read from both: the stage reads one origin only, or
	// it was a write.
	NotBothRead Consistency = iota
	// NoComparison means that both were read, and no comparison was given.
	NoComparison
	// NotBothSucceeded means that at least one of the reads failed, so that there were no two results to compare.
	NotBothSucceeded
	// NotSampled means that the flag's check ratio did not draw this operation.
	NotSampled
	// SecondarySkipped means that too much ran in the background for one read more; see [Builder.BackgroundLimit].
	SecondarySkipped
	// WrittenMeanwhile means that the record was written while it was read; see [ReaderBuilder.CompareBetweenWrites].
	WrittenMeanwhile
	// ComparedLater means that the operation returned before this was known, as a [Detached] read does and one that is read
	// again: observers are told the outcome.
	ComparedLater
	// ComparisonPanicked means that the comparison panicked or called [runtime.Goexit]: nothing is known.
	ComparisonPanicked
	// Ignored means that the results differ in a way that a rule knows; see [ReaderBuilder.Ignore].
	Ignored
	// Consistent means that the comparison found the results equal.
	Consistent
	// Inconsistent means that the comparison found a difference.
	Inconsistent
)

var consistencyNames = [...]string{
	NotBothRead:        "not both read",
	NoComparison:       "no comparison",
	NotBothSucceeded:   "not both succeeded",
	NotSampled:         "not sampled",
	SecondarySkipped:   "secondary skipped",
	WrittenMeanwhile:   "written meanwhile",
	ComparedLater:      "compared later",
	ComparisonPanicked: "comparison panicked",
	Ignored:            "ignored",
	Consistent:         "consistent",
	Inconsistent:       "inconsistent",
}

// Checked reports whether the comparison ran and answered: only then does the op event tell a consistency.
func (c Consistency) Checked() bool { return c == Consistent || c == Inconsistent }

// String returns the outcome in words, such as "consistent" or "not sampled".
func (c Consistency) String() string {
	if int(c) < len(consistencyNames) {
		return consistencyNames[c]
	}
	return "unknown consistency"
}
