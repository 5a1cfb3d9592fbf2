package insights

import (
	"fmt"

	"github.com/gocutover/cutover"
)

// enough asks for so many calls of the new system.
func enough(what string, b *bucket, wanted int) []Reason {
	if wanted == NotJudged {
		return notJudged("the number of new " + what)
	}
	is := b.calls[1].calls
	return []Reason{{
		safeIf(is >= uint64(wanted), NotYet), //nolint:gosec // New refuses less than zero
		fmt.Sprintf("%s new %s seen, %s wanted", number(is), what, orNone(number(uint64(wanted)))), //nolint:gosec // as above
	}}
}

// checksEnough asks for so many compared reads, and says why others were not compared if there are
// none.
func checksEnough(j *judged) []Reason {
	if j.Checks == NotJudged {
		return notJudged("the number of compared reads")
	}
	is, wanted := j.reads.checked(), uint64(j.Checks) //nolint:gosec // New refuses less than zero
	text := fmt.Sprintf("%s compared, %s wanted", plural(is, "read"), orNone(number(wanted)))
	if is == 0 && j.reads.operations > 0 {
		most := cutover.SingleOrigin
		for c := range cutover.Consistency(consistencies) {
			if j.reads.consistency[c] > j.reads.consistency[most] {
				most = c
			}
		}
		text += ", mostly because of: " + most.String()
	}
	return []Reason{{safeIf(is >= wanted, NotYet), text}}
}

// consistent asks for a share of the compared reads. Too many mismatches are too many before all
// checks are done.
func consistent(j *judged) []Reason {
	is, differ := j.reads.checked(), j.reads.consistency[cutover.Inconsistent]
	switch {
	case j.Consistency == NotJudged:
		return notJudged("the consistency of reads")
	case is == 0:
		return nil
	}
	return []Reason{{
		safeIf(differ <= j.mayDiffer(), Unsafe),
		fmt.Sprintf("%s consistent, %s wanted: %s of %s differ",
			percent(float64(is-differ)/float64(is)), percent(j.Consistency), number(differ), plural(is, "read")),
	}}
}

// mayDiffer is how many of the compared reads may differ.
func (j *judged) mayDiffer() uint64 {
	return uint64((1-j.Consistency)*float64(max(j.reads.checked(), uint64(max(j.Checks, 0)))) + 1e-9)
}

// answered asks that comparisons give an answer. They panic or give up for the records that are
// odd, so that what the others say is not the whole truth.
func answered(j *judged) []Reason {
	none := j.reads.unanswered()
	if none == 0 {
		return nil
	}
	all := none + j.reads.checked() + j.reads.consistency[cutover.Ignored]
	text := fmt.Sprintf("%s of %s gave no answer (%s panicked, %s undecided)", number(none), plural(all, "comparison"),
		number(j.reads.consistency[cutover.ComparisonPanicked]), number(j.reads.consistency[cutover.Undecided]))
	if j.ErrorRate == NotJudged {
		return []Reason{{Safe, text + ", which is not judged"}}
	}
	return []Reason{{safeIf(share(none, all) <= j.ErrorRate, NotYet), text + ", " + tolerated(j.ErrorRate)}}
}

// well asks that one origin does not fail more than the other, where the other was asked too.
func well(what string, b *bucket, origin int, rate float64) []Reason {
	is, other := b.calls[origin], b.calls[1-origin]
	switch {
	case rate == NotJudged:
		return notJudged(fmt.Sprintf("the failure rate of %s %s", origins[origin], what))
	case is.calls == 0:
		return nil
	}
	limit := rate + share(other.errors, other.calls)
	text := fmt.Sprintf("%s of %s %s %s failed, %s",
		number(is.errors), number(is.calls), origins[origin], what, tolerated(limit))
	if is.timeouts > 0 {
		text += fmt.Sprintf("; %s timed out", number(is.timeouts))
	}
	return []Reason{{safeIf(share(is.errors, is.calls) <= limit, Unsafe), text}}
}

// fast asks that the new system is not much slower than the old one.
func fast(what string, b *bucket, t *Thresholds) []Reason {
	switch {
	case !t.judgesLatency():
		return notJudged("the latency of new " + what)
	case b.calls[0].calls == 0 || b.calls[1].calls == 0:
		return nil
	}
	old, is := b.latency[0].quantile(0.99), b.latency[1].quantile(0.99)
	limit := t.latencyLimit(old)
	answer := safeIf(is <= limit, Unsafe)
	if answer == Unsafe && b.calls[1].calls < uint64(max(t.Operations, 0)) {
		answer = NotYet
	}
	return []Reason{{answer, fmt.Sprintf("p99 of new %s %s, at most %s tolerated; old %s",
		what, brief(is), brief(limit), brief(old))}}
}

func notJudged(what string) []Reason { return []Reason{{Safe, what + " is not judged"}} }

func tolerated(limit float64) string {
	if limit == 0 {
		return "none tolerated"
	}
	return "at most " + percent(min(limit, 1)) + " tolerated"
}

func share(part, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

func safeIf(met bool, otherwise Answer) Answer {
	if met {
		return Safe
	}
	return otherwise
}
