//go:build !race

package otelcutover_test

const raceEnabled = false
