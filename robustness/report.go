//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// lines prints lines. What cannot be printed is lost: the exit status counts.
type lines struct{ out io.Writer }

func (l lines) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(l.out, format+"\n", args...)
}

// again is how to run a round again.
func (o options) again(round int) string {
	text := fmt.Sprintf("go run ./robustness -rounds 1 -first %d -seed %d", round, o.seed)
	if o.without != "" {
		text += " -without " + o.without
	}
	return text
}

// tell prints what a round found, and how to run it again.
func (o options) tell(to lines, r *result, dir string) {
	if least := o.least / 10; r.writes < least {
		r.problem("only %d acknowledged writes: less than %d are no test", r.writes, least)
	}
	to.printf("%v", r)
	if o.verbose {
		for text, n := range r.errors {
			to.printf("  %d × %s", n, text)
		}
	}
	for _, p := range r.problems {
		to.printf("  problem: %s", p)
	}
	if r.failed() && o.without == "" {
		to.printf("  lost: %s", strings.Join(r.lost, " "))
		to.printf("  diverged: %s", strings.Join(r.diverged, " "))
		to.printf("  histories: %s", dir)
		to.printf("  again: %s", o.again(r.plan.Round))
	}
}

// conclude prints the figures of the run, and decides whether it failed.
func (o options) conclude(to lines, rounds int, r *result) error {
	to.printf("kills by where they hit: %s", r.byPoint())
	to.printf("pauses %d, server crashes %d, connections cut %d, late deliveries %d, moves %d (%d turns), "+
		"reads %d (%d checked), dirty %d, uncertain %d, refused %d, parked %d",
		r.pauses, r.crashes, r.cuts, r.late, r.moves, r.turns, r.reads, r.checked, r.dirty, r.uncertain, r.refused, r.parked)
	var err error
	found := len(r.lost) + len(r.diverged)
	switch {
	case o.without == withoutJournal && found == 0:
		err = fmt.Errorf("%w: without the journal nothing was lost and nothing diverged, so this test finds nothing", errFound)
	case len(r.problems) > 0, o.without == "" && found > 0:
		err = fmt.Errorf("%w: see %s", errFound, o.out)
	}
	if r.writes < o.least*rounds {
		err = errors.Join(err, fmt.Errorf("%w: %d acknowledged writes in %d rounds are too few", errFound, r.writes, rounds))
	}
	to.printf("rounds %d, kills %d, writes %d, lost %d, diverged %d", rounds, r.killed(), r.writes, len(r.lost), len(r.diverged))
	return err
}
