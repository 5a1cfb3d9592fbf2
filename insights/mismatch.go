package insights

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	maxDifferences = 20
	maxFields      = 100
)

// Mismatch is the last mismatch of a record that differs.
type Mismatch struct {
	Key
	// Stage is the stage it was read at.
	Stage ldmigration.Stage `json:"stage"`
	// Differences are where old and new differ, at most twenty; empty if the comparison does not
	// say.
	Differences []Difference `json:"differences"`
	// More is how many differences there are beyond those.
	More int `json:"more"`
	// Old and New are the shown values as text. They are empty where there are Differences, or
	// nothing is shown.
	Old string `json:"old"`
	New string `json:"new"`
}

// Difference is one place where the two systems differ, as text of at most 160 bytes each.
type Difference struct {
	// Path leads to the place, as in [compare.Difference].
	Path string `json:"path"`
	// Old and New are what stands there.
	Old string `json:"old"`
	New string `json:"new"`
	// Redacted is true if the values must not be shown. Old and New are empty then.
	Redacted bool `json:"redacted"`
}

// Field is a path at which records differed since the start, whatever the rows and the positions in
// lists: Lines[].UnitPrice.
type Field struct {
	// Path is the path, without the positions.
	Path string `json:"path"`
	// Count is how many differences there were at it, and Last is the key of the record that had
	// the last one.
	Count uint64 `json:"count"`
	Last  string `json:"last"`
}

// details are what is kept of a mismatch beside its record.
type details struct {
	stage       ldmigration.Stage
	what        What
	differences []Difference
	fields      []string // the differences' paths, whatever the rows and positions, until they are counted
	more        int
	old, new    string
}

// namesOf returns the keys of the records that an operation is about: those it tells, else its
// payload's text, else none.
func namesOf(shown *cutover.Shown) []string {
	var names []string
	for _, key := range shown.Keys {
		names = append(names, recordKey(key))
	}
	if len(names) == 0 && shown.Payload != nil {
		names = append(names, recordKey(plain(shown.Payload, 4*maxText)))
	}
	return names
}

// detailsOf tells the mismatch of one record: of a list, that of its row alone.
func detailsOf(o *cutover.Observation, name string) *details {
	d := &details{stage: o.Stage, what: whatOf(o)}
	rows := len(o.Shown.Keys) > 1
	for i := range o.Shown.Differences {
		one := &o.Shown.Differences[i]
		row, isRow := rowOf(o, i)
		if isRow && len(o.Shown.Keys) > 0 && recordKey(row) != name || !isRow && rows {
			continue
		}
		if len(d.differences) == maxDifferences {
			d.more++
			continue
		}
		d.differences = append(d.differences, differenceOf(one))
		d.fields = append(d.fields, fieldOf(one.Path, isRow))
		d.what = rowWhat(o, i, d)
	}
	if len(o.Shown.Differences) == 0 && !rows && (o.Shown.Old != nil || o.Shown.New != nil) {
		d.old, d.new = text(o.Shown.Old), text(o.Shown.New)
	}
	return d
}

func differenceOf(d *compare.Difference) Difference {
	shown := Difference{Path: bounded(d.Path, maxText), Redacted: d.Redacted}
	if !d.Redacted {
		shown.Old, shown.New = text(d.Old), text(d.New)
	}
	return shown
}

// fieldOf is the path of a [Field].
func fieldOf(path string, isRow bool) string {
	if isRow {
		path = "[]" + withinRow(path)
	}
	return bounded(withoutPositions(path), maxText)
}

// whatOf says what differs by a read as a whole.
func whatOf(o *cutover.Observation) What {
	switch {
	case o.New.NotFound && !o.Old.NotFound:
		return MissingInNew
	case o.Old.NotFound && !o.New.NotFound:
		return MissingInOld
	default:
		return Different
	}
}

// rowOf returns the key of the row that a difference is in. The shown difference may leave it out.
func rowOf(o *cutover.Observation, i int) (string, bool) {
	row := o.Shown.Differences[i].Row
	if row == nil && len(o.Differences) == len(o.Shown.Differences) {
		row = o.Differences[i].Row
	}
	if row == nil {
		return "", false
	}
	return rowKey(row), true
}

// rowKey is the key of a row as text, written as [cutover.Shown] has it among its Keys: by package
// fmt, unless that would not come to an end.
func rowKey(row any) string {
	if finite(reflect.ValueOf(row)) {
		return fmt.Sprint(row)
	}
	return plain(row, 4*maxText)
}

// rowWhat says what is wrong with a row by its differences so far: if its only one is that there is
// no such row in one system, it is missing there. Presence is no value: it is taken from the
// difference that is not shown.
func rowWhat(o *cutover.Observation, i int, sofar *details) What {
	_, isRow := rowOf(o, i)
	if !isRow || len(o.Differences) != len(o.Shown.Differences) {
		return sofar.what
	}
	d := &o.Differences[i]
	if len(sofar.differences) > 1 || withinRow(d.Path) != "" {
		return Different
	}
	switch {
	case d.New == compare.Missing:
		return MissingInNew
	case d.Old == compare.Missing:
		return MissingInOld
	default:
		return Different
	}
}

// withinRow is the path of a difference in a row without the row's key in brackets, which is quoted
// unless it is a number or a boolean.
func withinRow(path string) string {
	if !strings.HasPrefix(path, "[") {
		return path
	}
	end := 1
	if quoted, err := strconv.QuotedPrefix(path[1:]); err == nil {
		end += len(quoted)
	}
	_, within, _ := strings.Cut(path[end:], "]")
	return within
}
