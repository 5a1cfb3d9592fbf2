package compare

// Difference is one place where an old and a new value differ.
type Difference struct {
	// Path leads to the place, such as "Lines[2].UnitPrice". It is empty for the values as a whole.
	// It can be given to [Ignore] as a pattern.
	Path string
	// Row is the key of the row that the place is in, for a list that is compared by [Rows];
	// otherwise it is nil.
	Row any
	// Old and New are the values at that place; [Missing] on the side that has no such place. A
	// value in an unexported field is given as text, as [Text] writes it.
	Old, New any
	// Redacted is true if Old and New are left out because they must not be shown.
	Redacted bool
}

// String returns the place and both values, such as `Lines[2].UnitPrice: 19.99 -> 19.98`. Values
// are written as [Text] does. The format may change.
func (d Difference) String() string {
	values := Text(d.Old) + " -> " + Text(d.New)
	if d.Redacted {
		values = "(redacted)"
	}
	if d.Path == "" {
		return values
	}
	return d.Path + ": " + values
}

// maxDifferences bounds how far two values that have nothing in common are explained.
const maxDifferences = 100

// Missing is the value of a [Difference] on the side that has no such place: the list is shorter,
// the key or the row is not there.
var Missing = missing{}

type missing struct{}

// String returns "(missing)".
func (missing) String() string { return "(missing)" }
