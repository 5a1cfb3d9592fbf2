package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gocutover/cutover/benchmarks/internal/tabular"

	"github.com/gocutover/cutover/benchmarks"
)

// tables returns all that was measured, and how many targets were reached.
func (s *suite) tables() ([]tabular.Table, *tally) {
	t := &tally{}
	tables := []tabular.Table{
		s.timeTable(t, benchmarks.Typed, "Typed API, events off"),
		s.timeTable(t, benchmarks.Dynamic, "Dynamic API, events off"),
	}
	if s.inTurn() {
		tables = append(tables,
			s.timeTable(t, benchmarks.TypedInline, "Typed API with SecondaryInline, events off"),
			s.timeTable(t, benchmarks.DynamicInline, "Dynamic API with SecondaryInline, events off"))
	}
	if len(s.scalings) > 0 {
		tables = append(tables, s.scalingTable(t),
			s.coreTable("One core, which is busy: ns/op, events off", 1, func(sc *scaling) series[sample] { return sc.one }),
			s.coreTable("Two cores, both busy: ns/op of one core, events off", 2, func(sc *scaling) series[sample] { return sc.two }))
	}
	if len(s.delivered) > 0 {
		tables = append(tables, s.deliveryTable())
	}
	return tables, t
}

func (s *suite) timeTable(t *tally, ours, title string) tabular.Table {
	out := tabular.Table{Title: title, Head: []string{
		"case", "its floor", "floor ns/op", ours + " ns/op", "sdk ns/op",
		"sdk / " + ours, ours + " / floor", "allocs/op", "B/op",
	}}
	for _, measured := range s.times {
		if len(measured.samples[ours]) == 0 {
			continue
		}
		want := targetOf(measured.Case, ours)
		floor := measured.samples.of(benchmarks.FloorOf(measured.Case, ours), nsOf)
		mine := measured.samples.of(ours, nsOf)
		sdk := measured.samples.of(benchmarks.SDK, nsOf)
		out.Rows = append(out.Rows, []string{
			measured.String(), floorOf(measured.Case, ours),
			whole(median(floor)), whole(median(mine)), whole(median(sdk)),
			t.atLeast(median(ratios(sdk, mine)), want.faster),
			t.atMost(median(ratios(mine, floor)), want.floor),
			t.allocations(median(measured.samples.of(ours, allocsOf)), want.allocs),
			whole(median(measured.samples.of(ours, bytesOf))),
		})
	}
	return out
}

// inTurn reports whether a case was measured in which SecondaryInline makes a difference.
func (s *suite) inTurn() bool {
	return slices.ContainsFunc(s.times, func(measured *timing) bool { return measured.InTurn() })
}

func (s *suite) scalingTable(t *tally) tabular.Table {
	shown := append([]string{bareLoop}, names()...)
	out := tabular.Table{
		Title: "Throughput on two cores over that on one, events off",
		Head: slices.Concat([]string{"case"}, shown, []string{
			"its floor", "typed / floor", "dynamic / floor", "typed inline / bare", "dynamic inline / bare",
		}),
	}
	for _, measured := range s.scalings {
		gain := func(name string) []float64 {
			return ratios(measured.two.of(name, throughputOf), measured.one.of(name, throughputOf))
		}
		row := []string{measured.String()}
		for _, name := range shown {
			row = append(row, cell("%.2f", gain(name)))
		}
		row = append(row, floorOf(measured.Case, benchmarks.Typed))
		for _, ours := range []string{
			benchmarks.Typed, benchmarks.Dynamic, benchmarks.TypedInline, benchmarks.DynamicInline,
		} {
			row = append(row, t.scales(ratios(gain(ours), gain(benchmarks.FloorOf(measured.Case, ours)))))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// coreTable tells what an operation takes of a core while so many are busy with nothing else.
func (s *suite) coreTable(title string, cores float64, of func(*scaling) series[sample]) tabular.Table {
	out := tabular.Table{
		Title: title,
		Head: slices.Concat([]string{"case"}, names(), []string{
			"its floor", "typed / floor", "typed inline / bare", "sdk / typed", "sdk / typed inline",
		}),
	}
	for _, measured := range s.scalings {
		samples := of(measured)
		ns := func(name string) []float64 {
			return samples.of(name, func(one sample) float64 { return cores * nsOf(one) })
		}
		row := []string{measured.String()}
		for _, name := range names() {
			row = append(row, cell("%.0f", ns(name)))
		}
		floor := ns(benchmarks.FloorOf(measured.Case, benchmarks.Typed))
		out.Rows = append(out.Rows, append(row,
			floorOf(measured.Case, benchmarks.Typed),
			cell("%.2f", ratios(ns(benchmarks.Typed), floor)),
			cell("%.2f", ratios(ns(benchmarks.TypedInline), ns(benchmarks.Floor))),
			cell("%.2f", ratios(ns(benchmarks.SDK), ns(benchmarks.Typed))),
			cell("%.2f", ratios(ns(benchmarks.SDK), ns(benchmarks.TypedInline))),
		))
	}
	return out
}

// deliveryTable has no targets: most of this time is the event processor's, whoever calls it.
func (s *suite) deliveryTable() tabular.Table {
	out := tabular.Table{
		Title: "CPU time of the whole process in ns/op, events delivered by the SDK's processor",
		Head: slices.Concat([]string{"case"}, names(),
			[]string{"sdk / bare floor", "sdk / typed", "sdk / typed inline", "sdk / dynamic", "received/op"}),
	}
	for _, measured := range s.delivered {
		row := []string{measured.String()}
		cpu := func(name string) []float64 { return measured.measured.of(name, benchmarks.Delivery.PerOperation) }
		var received, operations int
		for _, name := range names() {
			row = append(row, cell("%.0f", cpu(name)))
			for _, d := range measured.measured[name] {
				received, operations = received+d.Received, operations+d.Operations
			}
		}
		over := func(name string) []float64 { return ratios(cpu(benchmarks.SDK), cpu(name)) }
		out.Rows = append(out.Rows, append(row,
			cell("%.2f", over(benchmarks.Floor)),
			cell("%.2f", over(benchmarks.Typed)),
			cell("%.2f", over(benchmarks.TypedInline)),
			cell("%.2f", over(benchmarks.Dynamic)),
			fmt.Sprintf("%.4g", float64(received)/float64(operations)),
		))
	}
	return out
}

// floorOf is short for the floor that a contender is compared with.
func floorOf(c benchmarks.Case, contender string) string {
	name, _, _ := strings.Cut(benchmarks.FloorOf(c, contender), " ")
	return name
}

// names are the contenders' names, as heads of columns.
func names() (all []string) {
	for _, contender := range benchmarks.Contenders() {
		all = append(all, contender.Name)
	}
	return all
}

// cell is the median of the repetitions, and empty where nothing was measured.
func cell(format string, values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf(format, median(values))
}

func whole(value float64) string { return fmt.Sprintf("%.0f", value) }
