package cutovertest

import (
	"context"
	"fmt"
	"strings"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
)

// RaiseOnMismatch returns an observer that fails the test when the results of a read differ, or
// when one system has the record and the other one does not; see [cutover.ReaderBuilder.NotFound].
// It tells both values and where they differ: by the comparison where that can say so, as
// [compare.Deep] can. A record that is not there is told as absent. It says nothing of reads that
// were not compared, or whose difference is ignored. Give it to the builder:
//
//	cutover.New(client, "flag").Observe(cutovertest.RaiseOnMismatch(t))
//
// It shows the values in full, revealed or not. It is safe for concurrent use if the test is. Close
// the Cutover before the test ends if reads end in the background: a test that has ended cannot
// fail.
func RaiseOnMismatch(tb TB) cutover.Observer {
	return raiser{tb}
}

type raiser struct{ tb TB }

// Observe fails the test if the results differ.
func (r raiser) Observe(_ context.Context, o cutover.Observation) {
	r.tb.Helper()
	oneAbsent := o.Old.Invoked && o.New.Invoked && o.Old.NotFound != o.New.NotFound
	if o.Consistency != cutover.Inconsistent && (o.Consistency != cutover.NoComparison || !oneAbsent) {
		return
	}
	text := fmt.Sprintf("mismatch: %s of %s under %q at %s", o.Operation, shown(o.Payload), o.Flag, o.Stage)
	if len(o.Shown.Keys) > 0 {
		text += "\n  records: " + strings.Join(o.Shown.Keys, ", ")
	}
	text += "\n  old: " + result(o.Old) + "\n  new: " + result(o.New)
	if !oneAbsent {
		text += explained(o)
	}
	r.tb.Errorf("%s", text)
}

// result tells what a read returned.
func result(o cutover.Outcome[any]) string {
	switch {
	case o.NotFound:
		return "absent"
	case o.Err != nil:
		return "the error " + quoted(o.Err)
	default:
		return shown(o.Value)
	}
}

// explained tells where the results differ, a place a line.
func explained(o cutover.Observation) string {
	var lines strings.Builder
	for _, d := range o.Differences {
		place := d.Path
		if d.Row != nil {
			place = strings.TrimSpace("row " + shown(d.Row) + " " + d.Path)
		}
		if place == "" || d.Redacted {
			return difference(o.Old.Value, o.New.Value)
		}
		fmt.Fprintf(&lines, "\n    %s: old %s, new %s", place, shown(d.Old), shown(d.New))
	}
	if lines.Len() == 0 {
		return difference(o.Old.Value, o.New.Value)
	}
	return "\n  difference:" + lines.String()
}

// difference tells the lines that two values differ in, or nothing if they are written alike.
func difference(old, new any) string {
	var message caught
	assert.Equal(&message, shownLines(old), shownLines(new))
	_, diff, found := strings.Cut(string(message), "Diff:\n")
	if !found {
		return ""
	}
	var lines strings.Builder
	for line := range strings.Lines(diff) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "@@"):
		case line[0] == '-' || line[0] == '+':
			lines.WriteString("\n    " + line)
		}
	}
	return "\n  difference:" + lines.String()
}

// caught is what testify would have failed a test with.
type caught string

// Errorf keeps the message.
func (c *caught) Errorf(format string, args ...any) { *c = caught(fmt.Sprintf(format, args...)) }
