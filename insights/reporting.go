package insights

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const maxFailedWrites = 100

// Report returns the figures of a flag over a window; an unknown window is [LastMinute]. It reports
// false for a flag that was not seen.
func (f *Figures) Report(flag string, w Window) (Report, bool) {
	known := f.known(flag)
	if known == nil {
		return Report{}, false
	}
	if w != LastHour && w != SinceStart {
		w = LastMinute
	}
	since := time.Since(f.start)
	j := f.facts(known, since)
	r := Report{
		Flag: known.key, Window: w, At: f.start.Add(since), Since: f.start,
		Order: stagesOf(known.order), InUse: stagesOf(j.inUse), Thresholds: f.cfg.thresholds,
		Stages: []StageFigures{}, Changes: known.history.all(), WrittenAtOff: j.atOff,
	}
	known.records.report(&r)
	j.missed = [2]Missed{r.MissedByOld, r.MissedByNew}
	release := known.gather()
	defer release()
	known.count(j, since)
	r.WrittenAtComplete, r.Verdict = j.atComplete, verdictOf(known, j)
	r.Headline = headlineOf(&r.Verdict, j)
	now := int64(since / tickLength)
	for stage := range known.series {
		spent := known.presence.spent(stage, slices.Contains(j.inUse, stage), beginOf(w, now), since)
		if figures, seen := known.stageFigures(stage, now, w, spent); seen {
			r.Stages = append(r.Stages, figures)
		}
	}
	r.Points = known.points(f.start, now, w)
	return r, true
}

func stagesOf(indices []int) []ldmigration.Stage {
	list := make([]ldmigration.Stage, 0, len(indices))
	for _, stage := range indices {
		list = append(list, stages[stage])
	}
	return list
}

func (r *records) report(to *Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to.Mismatches, to.FailedWrites = []Mismatch{}, []Key{}
	for name, d := range r.last.all {
		m := Mismatch{Stage: (*d).stage, Differences: (*d).differences, More: (*d).more, Old: (*d).old, New: (*d).new}
		if m.Differences == nil {
			m.Differences = []Difference{}
		}
		if rec := r.list.get(name); rec != nil {
			m.Key = rec.mismatch(name, r.start)
			to.Mismatches = append(to.Mismatches, m)
		}
	}
	for name, rec := range r.list.all {
		if rec.mismatches > 0 {
			to.Differing++
		}
		if rec.failed == [2]uint32{} {
			continue
		}
		to.FailedRecords++
		if len(to.FailedWrites) < maxFailedWrites {
			to.FailedWrites = append(to.FailedWrites, rec.key(name, r.start))
		}
	}
	to.Fields = []Field{}
	for _, field := range r.fields.all {
		to.Fields = append(to.Fields, *field)
	}
	slices.SortStableFunc(to.Fields, func(a, b Field) int { return cmp.Compare(b.Count, a.Count) })
	to.MissedByOld, to.MissedByNew = r.missed[0], r.missed[1]
	to.Healed = r.healed
	to.ReadAgain, to.Vanished = r.vanish.again, r.vanish.gone
	to.IgnoredBy = maps.Clone(r.rules)
}

// differing is how many records with a known key differ, and how many of them the old system lacks.
func (r *records) differing() (all, absent uint64) {
	if r.open.Load() == 0 {
		return 0, 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, rec := range r.list.all {
		if rec.mismatches == 0 || name == "" {
			continue
		}
		all++
		if rec.what == MissingInOld {
			absent++
		}
	}
	return all, absent
}

// missedWrites are those of the old system and those of the new one.
func (r *records) missedWrites() [2]Missed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed
}

func (f *flagFigures) stageFigures(stage int, now int64, w Window, spent time.Duration) (figures StageFigures, seen bool) {
	seconds := max(spent.Seconds(), 1)
	figures = StageFigures{
		Stage: stages[stage], Seconds: seconds, Operations: []OperationFigures{}, Checks: checksOf(&counts{}),
	}
	for operation, s := range f.series[stage] {
		if s == nil {
			continue
		}
		seen = true
		var sum bucket
		s.sum(now, w, &sum)
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

func callsOf(sum *bucket, origin int, seconds float64) CallsFigures {
	c, latency := &sum.calls[origin], &sum.latency[origin]
	return CallsFigures{
		Calls: c.calls, Rate: float64(c.calls) / seconds,
		Errors: c.errors, NotFound: c.notFound, Timeouts: c.timeouts, Panics: c.panics, Skipped: c.skipped, ErrorRate: share(c.errors, c.calls),
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
