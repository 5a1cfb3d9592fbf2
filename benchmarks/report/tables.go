package main

import (
	"fmt"

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
	if len(s.scalings) > 0 {
		tables = append(tables, s.scalingTable(t))
	}
	if len(s.delivered) > 0 {
		tables = append(tables, s.deliveryTable(t))
	}
	return tables, t
}

func (s *suite) timeTable(t *tally, ours, title string) tabular.Table {
	out := tabular.Table{Title: title, Head: []string{
		"case", "floor ns/op", ours + " ns/op", "sdk ns/op", "sdk / " + ours, ours + " / floor", "allocs/op", "B/op",
	}}
	for _, measured := range s.times {
		want := targetOf(measured.Case, ours)
		floor := measured.samples.of(benchmarks.Floor, nsOf)
		mine := measured.samples.of(ours, nsOf)
		sdk := measured.samples.of(benchmarks.SDK, nsOf)
		out.Rows = append(out.Rows, []string{
			measured.String(), whole(median(floor)), whole(median(mine)), whole(median(sdk)),
			t.atLeast(median(ratios(sdk, mine)), want.faster),
			t.atMost(median(ratios(mine, floor)), want.floor),
			t.allocations(median(measured.samples.of(ours, allocsOf)), want.allocs),
			whole(median(measured.samples.of(ours, bytesOf))),
		})
	}
	return out
}

func (s *suite) scalingTable(t *tally) tabular.Table {
	out := tabular.Table{
		Title: "Throughput on two cores over that on one, events off",
		Head:  []string{"case", bareLoop, "floor", "typed", "dynamic", "sdk", "typed / floor", "dynamic / floor"},
	}
	for _, measured := range s.scalings {
		gain := func(name string) []float64 {
			return ratios(measured.two.of(name, throughputOf), measured.one.of(name, throughputOf))
		}
		row := []string{measured.String()}
		for _, contender := range measured.contenders {
			row = append(row, fmt.Sprintf("%.2f", median(gain(contender.Name))))
		}
		for _, ours := range []string{benchmarks.Typed, benchmarks.Dynamic} {
			row = append(row, t.atLeast(median(ratios(gain(ours), gain(benchmarks.Floor))), scalesLikeFloor))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (s *suite) deliveryTable(t *tally) tabular.Table {
	out := tabular.Table{
		Title: "CPU time of the whole process in ns/op, events delivered by the SDK's processor",
		Head: []string{
			"case", "floor", "typed", "dynamic", "sdk", "sdk / floor", "sdk / typed", "sdk / dynamic", "received/op",
		},
	}
	for _, measured := range s.delivered {
		row := []string{measured.String()}
		var received, operations int
		for _, contender := range benchmarks.Contenders() {
			row = append(row, whole(median(measured.measured.of(contender.Name, benchmarks.Delivery.PerOperation))))
			for _, d := range measured.measured[contender.Name] {
				received, operations = received+d.Received, operations+d.Operations
			}
		}
		over := func(name string) float64 {
			cpu := benchmarks.Delivery.PerOperation
			return median(ratios(measured.measured.of(benchmarks.SDK, cpu), measured.measured.of(name, cpu)))
		}
		out.Rows = append(out.Rows, append(row,
			fmt.Sprintf("%.2f", over(benchmarks.Floor)),
			t.atLeast(over(benchmarks.Typed), cheaperEvents),
			fmt.Sprintf("%.2f", over(benchmarks.Dynamic)),
			fmt.Sprintf("%.4g", float64(received)/float64(operations)),
		))
	}
	return out
}

func whole(value float64) string { return fmt.Sprintf("%.0f", value) }
