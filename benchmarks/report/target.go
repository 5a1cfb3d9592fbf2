package main

import (
	"fmt"
	"math"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover/benchmarks"
)

// target is what a contender is held to in a case with events off; a zero is no target.
type target struct {
	faster float64 // at least so many times faster than the SDK's migrator
	floor  float64 // at most so many times as long as its floor
	allocs float64 // at most so many allocations an operation
}

// What is asked of all cases alike.
const (
	likeBare        = 1.25 // at most so many times as long as the bare floor, where that is its floor
	likeProtected   = 1.1  // the same of the protected floor
	scalesLikeFloor = 0.9  // at least this part of its floor's own gain from a second core
)

// targetOf returns what the typed or the dynamic API is held to in a case, inline or not. Reads in
// random order and writes to one origin are held to their floor alone.
func targetOf(c benchmarks.Case, contender string) target {
	want := target{floor: likeBare}
	if benchmarks.FloorOf(c, contender) == benchmarks.Protected {
		want.floor = likeProtected
	}
	switch {
	case c.Order == ldmigration.Random, c.Operation == ldmigration.Write && !c.WritesBoth():
		return want
	case contender == benchmarks.Dynamic || contender == benchmarks.DynamicInline:
		want.faster, want.allocs = 8, 5
	case c.Order == ldmigration.Concurrent:
		want.faster, want.allocs = 8, 6
	case c.AsksBoth():
		want.faster, want.allocs = 10, 3
	default:
		want.faster, want.allocs = 12, 2
	}
	return want
}

// tally counts the targets and how many of them were reached.
type tally struct{ reached, all int }

func (t *tally) atLeast(value, bound float64) string {
	return t.verdict(fmt.Sprintf("%.2f", value), "≥", bound, value >= bound)
}

func (t *tally) atMost(value, bound float64) string {
	return t.verdict(fmt.Sprintf("%.2f", value), "≤", bound, value <= bound)
}

// scales tells a part of the floor's gain, or nothing where it was not measured.
func (t *tally) scales(parts []float64) string {
	if len(parts) == 0 {
		return ""
	}
	return t.atLeast(median(parts), scalesLikeFloor)
}

// allocations rounds to hundredths first: the runtime's own few allocations fall into a measurement
// as well.
func (t *tally) allocations(value, bound float64) string {
	value = math.Round(value*100) / 100
	return t.verdict(fmt.Sprintf("%g", value), "≤", bound, value <= bound)
}

func (t *tally) verdict(figure, sign string, bound float64, reached bool) string {
	if bound == 0 {
		return figure
	}
	t.all++
	word := "not reached"
	if reached {
		t.reached++
		word = "reached"
	}
	return fmt.Sprintf("%s (%s %g %s)", figure, sign, bound, word)
}

func (t *tally) String() string { return fmt.Sprintf("Targets reached: %d of %d.", t.reached, t.all) }
