//go:build !race

package reconcile_test

const underRaceDetector = false
