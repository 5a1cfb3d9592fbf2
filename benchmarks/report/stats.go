package main

import (
	"cmp"
	"slices"
)

// series is what was measured of each contender by name, one entry a repetition.
type series[T any] map[string][]T

// of returns one figure of a contender for each repetition.
func (s series[T]) of(name string, figure func(T) float64) []float64 {
	values := make([]float64, 0, len(s[name]))
	for _, entry := range s[name] {
		values = append(values, figure(entry))
	}
	return values
}

// addMiddles adds the middle one of what was taken of each contender.
func addMiddles(to, taken series[sample]) {
	for name, samples := range taken {
		to[name] = append(to[name], middle(samples))
	}
}

// middle returns the sample whose time is the middle one, the slower of the two middle ones of an
// even number. There must be one at least.
func middle(samples []sample) sample {
	sorted := slices.SortedFunc(slices.Values(samples), func(a, b sample) int { return cmp.Compare(nsOf(a), nsOf(b)) })
	return sorted[len(sorted)/2]
}

// median returns the middle value, the mean of the two middle ones of an even number, and 0 of
// none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratios divides repetition by repetition, so that a slow moment of the machine, which falls on
// both, cancels out. Both are of the same length, or one of them was not measured: then there are
// none.
func ratios(over, under []float64) []float64 {
	quotients := make([]float64, min(len(over), len(under)))
	for i := range quotients {
		quotients[i] = over[i] / under[i]
	}
	return quotients
}

// spread returns how far apart the values are, as a part of their median.
func spread(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return (slices.Max(values) - slices.Min(values)) / median(values)
}
