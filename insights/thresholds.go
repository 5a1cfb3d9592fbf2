package insights

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// NotJudged in a field of [Thresholds] means that a verdict does not ask for it, and says so. It is
// not the same as zero, which means that none is wanted, or none tolerated.
const NotJudged = -1

// Thresholds are what a [Verdict] asks for before it calls a move safe. Begin with
// [DefaultThresholds]: every field means what it says, so that zero is zero. Each field but Window
// may be [NotJudged].
type Thresholds struct {
	// Window is the stretch of time that is judged, of the stage that is in use. The default is
	// [LastHour]. Failed writes, records that differ, and what was written to one system only count
	// since the start, whatever the window.
	Window Window `json:"window"`
	// Operations is how many calls of the new system there must be before its errors and latency
	// are judged. The default is 1,000.
	Operations int `json:"operations"`
	// Checks is how many reads must have been compared. The default is 1,000.
	Checks int `json:"checks"`
	// Consistency is the least share of the compared reads that must agree, of 1. The default is
	// 0.999. Reads that a rule ignores are not compared ones. As many records as reads may differ:
	// of those that [Figures.Keys] lists by key when going forward, and of those that the old
	// system lacks when going back from live.
	Consistency float64 `json:"consistency"`
	// ErrorRate is by how much, of 1, the failure rate of one system may be above that of the
	// other, and how many of the comparisons may panic or give up. The default is 0.001.
	ErrorRate float64 `json:"errorRate"`
	// P99Ratio is by which factor the new system's 99th percentile of latency may be above the old
	// one's, on top of P99Slack. The default is 1.5. If either is NotJudged, latency is not judged.
	P99Ratio float64 `json:"p99Ratio"`
	// P99Slack is by how much more the new system may be slower, however fast the old one is. The
	// default is ten milliseconds. In JSON it is in nanoseconds.
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

// check joins everything that is wrong.
func (t *Thresholds) check() error {
	var wrong []error
	if t.Window != LastMinute && t.Window != LastHour && t.Window != SinceStart {
		wrong = append(wrong, fmt.Errorf("unknown window %q: want %q, %q or %q", t.Window, LastMinute, LastHour, SinceStart))
	}
	whole := func(name string, given int64) {
		if given < 0 && given != NotJudged {
			wrong = append(wrong, fmt.Errorf("%s is %d: must be at least zero, or NotJudged", name, given))
		}
	}
	whole("Operations", int64(t.Operations))
	whole("Checks", int64(t.Checks))
	whole("P99Slack", int64(t.P99Slack))
	number := func(name string, given, most float64) {
		if given != NotJudged && !(given >= 0 && given <= most) { // NaN is neither
			wrong = append(wrong, fmt.Errorf("%s is %v: must be from 0 to %v, or NotJudged", name, given, most))
		}
	}
	number("Consistency", t.Consistency, 1)
	number("ErrorRate", t.ErrorRate, 1)
	number("P99Ratio", t.P99Ratio, math.MaxFloat64)
	return errors.Join(wrong...)
}

// latencyLimit is how slow the new system may be where the old one's latency is given. A limit that
// no duration can hold is the longest one.
func (t *Thresholds) latencyLimit(old time.Duration) time.Duration {
	limit := float64(old)*t.P99Ratio + float64(t.P99Slack)
	if limit >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(limit)
}

func (t *Thresholds) judgesLatency() bool { return t.P99Ratio != NotJudged && t.P99Slack != NotJudged }
