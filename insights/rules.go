package insights

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gocutover/cutover"
)

func say(answer Answer, text string) rule {
	return func(*judged) []Reason { return []Reason{{answer, text}} }
}

func newWritesEnough(j *judged) []Reason { return enough("writes", &j.writes, j.Operations) }
func newReadsEnough(j *judged) []Reason  { return enough("reads", &j.reads, j.Operations) }

func newReadsWell(j *judged) []Reason  { return well("reads", &j.reads, 1, j.ErrorRate) }
func newWritesWell(j *judged) []Reason { return well("writes", &j.writes, 1, j.ErrorRate) }
func oldWritesWell(j *judged) []Reason { return well("writes", &j.writes, 0, j.ErrorRate) }

func newReadsFast(j *judged) []Reason  { return fast("reads", &j.reads, &j.Thresholds) }
func newWritesFast(j *judged) []Reason { return fast("writes", &j.writes, &j.Thresholds) }

// enough asks for so many calls of the new system.
func enough(what string, b *bucket, wanted uint64) []Reason {
	is := b.calls[1].calls
	return []Reason{{
		safeIf(is >= wanted, NotYet),
		fmt.Sprintf("%s new %s seen, %s wanted", number(is), what, number(wanted)),
	}}
}

// checksEnough asks for so many compared reads, and says why others were not compared if there are none.
func checksEnough(j *judged) []Reason {
	is := j.reads.checked()
	text := fmt.Sprintf("%s reads compared, %s wanted", number(is), number(j.Checks))
	if is == 0 && j.reads.operations > 0 {
		most := cutover.NotBothRead
		for c := range cutover.Consistency(consistencies) {
			if j.reads.consistency[c] > j.reads.consistency[most] {
				most = c
			}
		}
		text += ", mostly because of: " + most.String()
	}
	return []Reason{{safeIf(is >= j.Checks, NotYet), text}}
}

// consistent asks for a share of the compared reads. Too many mismatches are too many before all checks are done.
func consistent(j *judged) []Reason {
	is, differ := j.reads.checked(), j.reads.consistency[cutover.Inconsistent]
	if is == 0 {
		return nil
	}
	allowed := (1 - j.Consistency) * float64(max(is, j.Checks))
	return []Reason{{
		safeIf(float64(differ) <= allowed+1e-9, Unsafe),
		fmt.Sprintf("%s consistent, %s wanted: %s of %s reads differ",
			percent(float64(is-differ)/float64(is)), percent(j.Consistency), number(differ), number(is)),
	}}
}

// well asks that one origin does not fail more than the other, where the other was asked too.
func well(what string, b *bucket, origin int, tolerated float64) []Reason {
	is, other := b.calls[origin], b.calls[1-origin]
	if is.calls == 0 {
		return nil
	}
	rate, limit := share(is.errors, is.calls), tolerated+share(other.errors, other.calls)
	text := fmt.Sprintf("%s of %s %s %s failed, at most %s tolerated",
		number(is.errors), number(is.calls), origins[origin], what, percent(limit))
	if is.timeouts > 0 {
		text += fmt.Sprintf("; %s timed out", number(is.timeouts))
	}
	return []Reason{{safeIf(rate <= limit, Unsafe), text}}
}

// fast asks that the new system is not much slower than the old one.
func fast(what string, b *bucket, t *Thresholds) []Reason {
	if b.calls[0].calls == 0 || b.calls[1].calls == 0 {
		return nil
	}
	old, is := b.latency[0].quantile(0.99), b.latency[1].quantile(0.99)
	limit := time.Duration(float64(old)*t.P99Ratio) + t.P99Slack
	answer := safeIf(is <= limit, Unsafe)
	if answer == Unsafe && b.calls[1].calls < t.Operations {
		answer = NotYet
	}
	return []Reason{{answer, fmt.Sprintf("p99 of new %s %s, at most %s tolerated; old %s",
		what, brief(is), brief(limit), brief(old))}}
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

// percent writes a share of 1 with as many decimals as it needs to differ from none and from all.
func percent(share float64) string {
	for decimals := 1; decimals < 4; decimals++ {
		text := strconv.FormatFloat(100*share, 'f', decimals, 64)
		rounded, err := strconv.ParseFloat(text, 64)
		if err == nil && (rounded > 0 || share == 0) && (rounded < 100 || share >= 1) {
			return text + "%"
		}
	}
	return strconv.FormatFloat(100*share, 'g', 6, 64) + "%"
}

// brief writes a duration with about three digits.
func brief(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d < unit {
			continue
		}
		is, decimals := float64(d)/float64(unit), 2
		for bound := 10.0; is >= bound && decimals > 0; bound *= 10 {
			decimals--
		}
		return strconv.FormatFloat(is, 'f', decimals, 64) + " " + strings.TrimLeft(unit.String(), "1")
	}
	return strconv.FormatInt(d.Nanoseconds(), 10) + " ns"
}

// number writes a number with commas.
func number(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var out strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	return out.String()
}
