package main

import (
	"slices"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

func TestAMoveIsAsGoodAsItsWorstReason(t *testing.T) {
	t.Parallel()
	yes, wait, no := reason{Answer: safe}, reason{Answer: notYet}, reason{Answer: unsafe}
	for name, c := range map[string]struct {
		move move
		want answer
	}{
		"no reason":                  {move{}, safe},
		"all is well":                {move{Reasons: []reason{yes, yes}}, safe},
		"too early":                  {move{Reasons: []reason{yes, wait, yes}}, notYet},
		"something against it":       {move{Reasons: []reason{no, wait, yes}}, unsafe},
		"the last one is against it": {move{Reasons: []reason{yes, no}}, unsafe},
		"orders would go missing":    {move{Reasons: []reason{yes}, Gap: gap{missing: 1}}, unsafe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, c.move.Answer())
		})
	}
}

func TestTheGapOfADatabase(t *testing.T) {
	t.Parallel()
	one, two, three, four := testOrder(1), testOrder(2), testOrder(3), testOrder(4)
	older, newer := testOrder(2), testOrder(2)
	newer.Revision++
	other := testOrder(3)
	other.Status = "lost"
	for name, c := range map[string]struct {
		in, other []Order
		want      gap
		text      string
	}{
		"nothing anywhere":     {nil, nil, gap{}, ""},
		"all is there":         {[]Order{one, two}, []Order{one, two}, gap{}, ""},
		"more than the other":  {[]Order{one, two, three}, []Order{two}, gap{}, ""},
		"newer than the other": {[]Order{newer}, []Order{older}, gap{}, ""},
		"nothing is there":     {nil, []Order{one, two}, gap{missing: 2}, "2 orders are missing"},
		"an earlier revision":  {[]Order{older}, []Order{newer}, gap{stale: 1}, "1 order lacks its last change"},
		"another content":      {[]Order{one, other}, []Order{one, three}, gap{differ: 1}, "1 order differs in a field"},
		"all of it": {
			[]Order{older, other},
			[]Order{one, newer, three, four},
			gap{missing: 2, stale: 1, differ: 1},
			"2 orders are missing, 1 order lacks its last change, 1 order differs in a field",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, gapOf(c.in, c.other))
			assert.Equal(t, c.text, c.want.String())
		})
	}
}

func TestWhatAMoveWouldMiss(t *testing.T) {
	t.Parallel()
	lacks := gap{missing: 3}
	for name, c := range map[string]struct {
		from, to     ldmigration.Stage
		inOld, inNew gap
		want         string
		answer       answer
	}{
		"the same database goes on": {
			ldmigration.DualWrite, ldmigration.Shadow,
			gap{},
			lacks,
			"Nothing, because the old database goes on answering.", safe,
		},
		"the other one has everything": {
			ldmigration.Shadow, ldmigration.Live, lacks,
			gap{},
			"Nothing, because the new database has every order as it was last saved.", safe,
		},
		"the other one has not": {
			ldmigration.Shadow, ldmigration.Live,
			gap{},
			lacks,
			"In the new database, which would answer, 3 orders are missing.", unsafe,
		},
		"it is filled by the move": {
			ldmigration.Off, ldmigration.Live,
			gap{},
			lacks,
			"In the new database, which would answer, 3 orders are missing. Copying begins with the move.", unsafe,
		},
		"a step back from complete": {
			ldmigration.Complete, ldmigration.RampDown, lacks,
			gap{},
			"Nothing, because the new database goes on answering. " +
				"But do not go back further: in the old database 3 orders are missing.", safe,
		},
		"all the way back from complete": {
			ldmigration.Complete, ldmigration.Off, lacks,
			gap{},
			"In the old database, which would answer, 3 orders are missing.", unsafe,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := move{From: route[at(c.from)], To: route[at(c.to)]}
			m.look(c.inOld, c.inNew)
			assert.Equal(t, c.want, m.Missing)
			assert.Equal(t, c.answer, m.Answer())
		})
	}
}

func TestAJumpThatChangesWhoAnswersIsUnsafe(t *testing.T) {
	t.Parallel()
	for from := range route {
		for to := range route {
			found := skips(from, to)
			switch {
			case to <= from+1:
				assert.Empty(t, found)
			case route[from].serves != route[to].serves:
				assert.Equal(t, unsafe, found[0].Answer)
			default:
				assert.Equal(t, notYet, found[0].Answer)
			}
		}
	}
	assert.Equal(t, "live and rampdown would be skipped, with all that can be learned there",
		skips(at(ldmigration.Shadow), at(ldmigration.Complete))[0].Text)
}

func at(stage ldmigration.Stage) int {
	return slices.IndexFunc(route, func(s stop) bool { return s.stage == stage })
}
