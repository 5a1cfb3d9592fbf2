//go:build race

package cutover_test

const underRaceDetector = true
