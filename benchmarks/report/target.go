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
	floor  float64 // at most so many times as long as the hand-written switch
	allocs float64 // at most so many allocations an operation
}

// What is asked of all cases alike.
const (
	scalesLikeFloor = 0.9 // at least this part of the floor's own gain from a second core
	cheaperEvents   = 4.0 // at least so many times less CPU than the SDK's migrator, events delivered
)

// targetOf returns what the typed or the dynamic API is held to in a case, inline or not. Reads in random order and writes to one
// origin have no target of their own.
func targetOf(c benchmarks.Case, contender string) target {
	var typed target
	switch {
	case c.Operation == ldmigration.Write && c.WritesBoth():
		typed = target{faster: 10, floor: 1.4, allocs: 3}
	case c.Operation == ldmigration.Write:
		return target{}
	case c.Order == ldmigration.Serial:
		typed = target{faster: 10, floor: 1.4, allocs: 3}
	case c.Order == ldmigration.Concurrent:
		typed = target{faster: 8, floor: 1.4, allocs: 6}
	case c.Order == ldmigration.Random:
		return target{}
	default:
		typed = target{faster: 12, floor: 1.25, allocs: 2}
	}
	if contender == benchmarks.Dynamic || contender == benchmarks.DynamicInline {
		return target{faster: 8, floor: 1.7, allocs: 5}
	}
	return typed
}

// tally counts the targets and how many of them were reached.
type tally struct{ reached, all int }

func (t *tally) atLeast(value, bound float64) string {
	return t.verdict(fmt.Sprintf("%.2f", value), "≥", bound, value >= bound)
}

func (t *tally) atMost(value, bound float64) string {
	return t.verdict(fmt.Sprintf("%.2f", value), "≤", bound, value <= bound)
}

// allocations rounds to hundredths first: the runtime's own few allocations fall into a measurement as well.
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
