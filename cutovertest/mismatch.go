package cutovertest

import (
	"context"
	"fmt"
	"strings"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
)

// RaiseOnMismatch returns an observer by which a read whose results differ fails the test, with both values and where
// they differ: by the comparison where it can say so, such as [cutover.Deep], or as testify tells it. It says nothing of
// reads that were not compared, or whose difference is ignored. Give it to the builder:
//
//	cutover.New(client, "flag").Observe(cutovertest.RaiseOnMismatch(t))
//
// The values are shown in full, redacted or not. It is safe for concurrent use if the test is. Close the Cutover before
// the test ends where reads end in the background: a test that has ended cannot fail.
func RaiseOnMismatch(tb TB) cutover.Observer {
	return raiser{tb}
}

type raiser struct{ tb TB }

// Observe fails the test if the results differ.
func (r raiser) Observe(_ context.Context, o cutover.Observation) {
	r.tb.Helper()
	if o.Consistency == cutover.Inconsistent {
		r.tb.Errorf("mismatch: %s of %+v under %q at %s\n  old: %+v\n  new: %+v%s",
			o.Operation, o.Payload, o.Flag, o.Stage, o.Old.Value, o.New.Value, explained(o))
	}
}

// explained tells where the results differ, a place a line.
func explained(o cutover.Observation) string {
	var lines strings.Builder
	for _, d := range o.Differences {
		if d.Path == "" || d.Redacted {
			return difference(o.Old.Value, o.New.Value)
		}
		fmt.Fprintf(&lines, "\n    %s: old %+v, new %+v", d.Path, d.Old, d.New)
	}
	if lines.Len() == 0 {
		return difference(o.Old.Value, o.New.Value)
	}
	return "\n  difference:" + lines.String()
}

// difference tells where two values differ, as testify does, or nothing if it finds no difference.
func difference(old, new any) string {
	var message caught
	assert.Equal(&message, old, new)
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
