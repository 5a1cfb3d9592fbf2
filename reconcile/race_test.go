//go:build race

package reconcile_test

const underRaceDetector = true
