package main

// tally counts operations. The observer keeps one per stage and so does the event sink. At the end
// they must be equal.
type tally struct {
	Reads, Writes         int
	Checked, Inconsistent int
	Errors                int
}

// Operations is how many there were.
func (t tally) Operations() int { return t.Reads + t.Writes }

// Since returns what came after an earlier tally of the same operations.
func (t tally) Since(earlier tally) tally {
	return tally{
		Reads:        t.Reads - earlier.Reads,
		Writes:       t.Writes - earlier.Writes,
		Checked:      t.Checked - earlier.Checked,
		Inconsistent: t.Inconsistent - earlier.Inconsistent,
		Errors:       t.Errors - earlier.Errors,
	}
}

// Consistency is the share of checked reads whose results agreed, of 1. It is 0 if none was
// checked.
func (t tally) Consistency() float64 {
	if t.Checked == 0 {
		return 0
	}
	return float64(t.Checked-t.Inconsistent) / float64(t.Checked)
}
