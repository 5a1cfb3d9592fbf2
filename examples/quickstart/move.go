package main

import (
	"fmt"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// answer says whether a move may be made, in the words of the insights page.
type answer string

const (
	safe   answer = "safe"
	notYet answer = "not yet"
	unsafe answer = "unsafe"
)

// Class and Mark are what the page needs to paint an answer.
func (a answer) Class() string { return strings.ReplaceAll(string(a), " ", "") }

func (a answer) Mark() string { return map[answer]string{safe: "✓", notYet: "…", unsafe: "✕"}[a] }

// reason is one thing that speaks for or against a move.
type reason struct {
	Answer answer
	Text   string
}

// move is a move from one stage to another, with what is known before it is made.
type move struct {
	From, To stop
	Reasons  []reason
	// Gap is what the database that would answer has not got of the other one, and Missing says it
	// in words. Both are empty if nobody has looked into the databases.
	Gap     gap
	Missing string
}

// Answer is the worst of the reasons' answers. A gap is a reason too.
func (m move) Answer() answer {
	if m.Gap != (gap{}) {
		return unsafe
	}
	worst := safe
	for _, r := range m.Reasons {
		if r.Answer == unsafe || worst == safe {
			worst = r.Answer
		}
	}
	return worst
}

// Key names the move. A confirmation is good for one move only.
func (m move) Key() string { return string(m.From.stage) + ">" + string(m.To.stage) }

// skips says what is wrong with a move that leaves out stages, from one place on the route to
// another.
func skips(from, to int) []reason {
	if to <= from+1 {
		return nil
	}
	var names []string
	for _, between := range route[from+1 : to] {
		names = append(names, string(between.stage))
	}
	listed := names[len(names)-1]
	if before := names[:len(names)-1]; len(before) > 0 {
		listed = strings.Join(before, ", ") + " and " + listed
	}
	skipped := reason{notYet, listed + " would be skipped, with all that can be learned there"}
	if route[from].serves != route[to].serves {
		skipped.Answer = unsafe
	}
	return []reason{skipped}
}

// bothWritten reports whether writes go to both databases at a stage.
func bothWritten(stage ldmigration.Stage) bool {
	return stage != ldmigration.Off && stage != ldmigration.Complete
}

// gap is what one database has not of what the other one has.
type gap struct {
	missing int // orders that are not there
	stale   int // orders that are there as they were before their last change
	differ  int // orders at the same revision with another content
}

// gapOf compares both databases, each sorted by number.
func gapOf(in, other []Order) gap {
	var g gap
	for _, want := range other {
		for len(in) > 0 && in[0].ID < want.ID {
			in = in[1:]
		}
		switch {
		case len(in) == 0 || in[0].ID != want.ID:
			g.missing++
		case in[0].Revision < want.Revision:
			g.stale++
		case in[0].Revision == want.Revision && !sameOrder(in[0], want):
			g.differ++
		}
	}
	return g
}

// String says what is wrong, and is empty if there is no gap.
func (g gap) String() string {
	var parts []string
	for _, part := range []struct {
		count     int
		one, many string
	}{
		{g.missing, "order is missing", "orders are missing"},
		{g.stale, "order lacks its last change", "orders lack their last change"},
		{g.differ, "order differs in a field", "orders differ in a field"},
	} {
		switch part.count {
		case 0:
		case 1:
			parts = append(parts, "1 "+part.one)
		default:
			parts = append(parts, thousands(part.count)+" "+part.many)
		}
	}
	return strings.Join(parts, ", ")
}

// look says what callers would miss after the move, given the gap in each database before it.
func (m *move) look(inOld, inNew gap) {
	answering := map[ldmigration.Origin]gap{ldmigration.Old: inOld, ldmigration.New: inNew}[m.To.serves]
	if m.From.serves != m.To.serves {
		m.Gap = answering
	}
	m.Missing = m.consequence(answering, inOld)
}

func (m *move) consequence(answering, inOld gap) string {
	switch {
	case m.From.stage == ldmigration.Complete && m.To.serves == ldmigration.New && inOld != gap{}:
		return fmt.Sprintf("Nothing, because the new database goes on answering. "+
			"But do not go back further: in the old database %s.", inOld)
	case m.From.serves == m.To.serves:
		return fmt.Sprintf("Nothing, because the %s database goes on answering.", m.To.serves)
	case answering == gap{}:
		return fmt.Sprintf("Nothing, because the %s database has every order as it was last saved.", m.To.serves)
	case m.From.stage == ldmigration.Off && bothWritten(m.To.stage):
		return fmt.Sprintf("In the %s database, which would answer, %s. Copying begins with the move.", m.To.serves, answering)
	default:
		return fmt.Sprintf("In the %s database, which would answer, %s.", m.To.serves, answering)
	}
}
