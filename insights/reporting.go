package insights

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Report returns the figures of a flag over a window; an unknown window is [LastMinute]. It reports false for a flag that
// was not seen.
func (f *Figures) Report(flag string, w Window) (Report, bool) {
	known := (*f.flags.Load())[flag]
	if known == nil {
		return Report{}, false
	}
	if w != LastHour && w != SinceStart {
		w = LastMinute
	}
	since := time.Since(f.start)
	r := Report{
		Flag: flag, Window: w, At: f.start.Add(since), Since: f.start,
		Verdict: f.verdict(known), Thresholds: f.cfg.Thresholds, Changes: known.history.all(),
	}
	for _, stage := range known.inUse(f.start) {
		r.InUse = append(r.InUse, stages[stage])
	}
	known.records.report(&r)
	release := known.gather()
	defer release()
	now := int64(since / tickLength)
	for stage := range known.series {
		if figures, seen := known.stageFigures(stage, now, w, since); seen {
			r.Stages = append(r.Stages, figures)
		}
	}
	r.Points = known.points(f.start, now, w)
	return r, true
}

func (r *records) report(to *Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to.Mismatches = r.last.all()
	to.Fields = r.seen.all()
	slices.SortStableFunc(to.Fields, func(a, b Field) int { return cmp.Compare(b.Count, a.Count) })
	to.MismatchedKeys = len(r.keys.entries)
	to.IgnoredBy = maps.Clone(r.rules)
}

func (f *flagFigures) stageFigures(stage int, now int64, w Window, since time.Duration) (figures StageFigures, seen bool) {
	figures = StageFigures{Stage: stages[stage], Checks: checksOf(&counts{})}
	for operation, s := range f.series[stage] {
		if s == nil {
			continue
		}
		seen = true
		var sum bucket
		s.sum(now, w, &sum)
		seconds := secondsOf(w, since)
		figures.Operations = append(figures.Operations, OperationFigures{
			Operation: operations[operation],
			Count:     sum.operations,
			Rate:      float64(sum.operations) / seconds,
			FellBack:  sum.fellBack,
			Old:       callsOf(&sum, 0, seconds),
			New:       callsOf(&sum, 1, seconds),
		})
		if operations[operation] == ldmigration.Read {
			figures.Checks = checksOf(&sum.counts)
		}
	}
	return figures, seen
}

// secondsOf is how long a window is by now.
func secondsOf(w Window, since time.Duration) float64 {
	switch w {
	case LastMinute:
		since = min(since, time.Minute)
	case LastHour:
		since = min(since, time.Hour)
	case SinceStart:
	}
	return max(since.Seconds(), 1)
}

func callsOf(sum *bucket, origin int, seconds float64) CallsFigures {
	c, latency := &sum.calls[origin], &sum.latency[origin]
	return CallsFigures{
		Calls: c.calls, Rate: float64(c.calls) / seconds,
		Errors: c.errors, Timeouts: c.timeouts, Panics: c.panics, Skipped: c.skipped, ErrorRate: share(c.errors, c.calls),
		P50: latency.quantile(0.5), P90: latency.quantile(0.9), P99: latency.quantile(0.99),
	}
}

func checksOf(c *counts) Checks {
	checks := Checks{
		Checked: c.checked(), Inconsistent: c.consistency[cutover.Inconsistent], Ignored: c.consistency[cutover.Ignored],
		NotChecked: map[string]uint64{}, Consistency: 1,
	}
	if checks.Checked > 0 {
		checks.Consistency = 1 - share(checks.Inconsistent, checks.Checked)
	}
	for i, n := range c.consistency {
		if why := cutover.Consistency(i); n > 0 && !why.Checked() && why != cutover.Ignored {
			checks.NotChecked[why.String()] = n
		}
	}
	return checks
}

// points draws a window, all stages together.
func (f *flagFigures) points(start time.Time, now int64, w Window) []Point {
	size, ticks := minuteBuckets, int64(1)
	if w != LastMinute {
		size, ticks = hourBuckets, minuteBuckets
	}
	points := make([]Point, size)
	var sums [len(operations)]bucket
	for position := range size {
		tick := now/ticks - size + 1 + position
		p := &points[position]
		p.At = start.Add(time.Duration(tick*ticks) * tickLength)
		for operation := range sums {
			sums[operation].reset(0)
			for stage := range f.series {
				if s := f.series[stage][operation]; s != nil {
					if b := s.ringOf(w).at(now, position); b != nil {
						sums[operation].merge(b)
					}
				}
			}
		}
		p.Checked, p.Inconsistent = sums[0].checked(), sums[0].consistency[cutover.Inconsistent]
		p.Reads, p.Writes = pointOf(&sums[0]), pointOf(&sums[1])
	}
	return points
}

func pointOf(sum *bucket) (p PointCalls) {
	for origin := range origins {
		p.Calls[origin], p.Errors[origin] = sum.calls[origin].calls, sum.calls[origin].errors
		p.P50[origin], p.P99[origin] = sum.latency[origin].quantile(0.5), sum.latency[origin].quantile(0.99)
	}
	return p
}
