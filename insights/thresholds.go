package insights

import (
	"cmp"
	"time"
)

// Thresholds are what a [Verdict] asks for before it calls a move safe. A field that is zero or negative has its default.
type Thresholds struct {
	// Window is the stretch of time that is judged, of the stage that is in use. The default is [LastHour]: a mismatch
	// that was repaired is forgotten after an hour.
	Window Window `json:"window"`
	// Operations is how many calls of the new system there must be before its errors and latency are judged. The default
	// is 1,000.
	Operations uint64 `json:"operations"`
	// Checks is how many reads must have been compared. The default is 1,000.
	Checks uint64 `json:"checks"`
	// Consistency is the least share of the compared reads that must agree, of 1. The default is 0.999. Reads that a rule
	// ignores are not compared ones.
	Consistency float64 `json:"consistency"`
	// ErrorRate is by how much, of 1, the error rate of one system may be above that of the other. The default is 0.001.
	ErrorRate float64 `json:"errorRate"`
	// P99Ratio is by which factor the new system's 99th percentile of latency may be above the old one's, on top of
	// P99Slack. The default is 1.5.
	P99Ratio float64 `json:"p99Ratio"`
	// P99Slack is by how much more the new system may be slower, however fast the old one is. The default is ten
	// milliseconds.
	P99Slack time.Duration `json:"p99Slack"`
}

// DefaultThresholds returns what is asked for if nothing else is said.
func DefaultThresholds() Thresholds {
	return Thresholds{
		Window:      LastHour,
		Operations:  1000,
		Checks:      1000,
		Consistency: 0.999,
		ErrorRate:   0.001,
		P99Ratio:    1.5,
		P99Slack:    10 * time.Millisecond,
	}
}

func (t Thresholds) orDefaults() Thresholds {
	d := DefaultThresholds()
	if t.Window != LastMinute && t.Window != SinceStart {
		t.Window = d.Window
	}
	t.Operations = cmp.Or(t.Operations, d.Operations)
	t.Checks = cmp.Or(t.Checks, d.Checks)
	t.Consistency = positiveOr(t.Consistency, d.Consistency)
	t.ErrorRate = positiveOr(t.ErrorRate, d.ErrorRate)
	t.P99Ratio = positiveOr(t.P99Ratio, d.P99Ratio)
	t.P99Slack = positiveOr(t.P99Slack, d.P99Slack)
	return t
}

func positiveOr[T float64 | time.Duration](given, otherwise T) T {
	if given > 0 {
		return given
	}
	return otherwise
}
