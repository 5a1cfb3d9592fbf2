package cutover

import (
	"math/rand/v2"

	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// drawn remembers what was drawn for one operation.
type drawn uint8

const (
	notDrawn drawn = iota
	drawnIn
	drawnOut
)

// toCompare reports whether this operation's results are to be compared, and draws if it is the first to ask.
func (rec *record) toCompare() bool {
	if rec.drawn == notDrawn {
		rec.drawn = drawnOut
		if rec.sampled() {
			rec.drawn = drawnIn
		}
	}
	return rec.drawn == drawnIn
}

// sampled decides by the flag's check ratio whether this operation's consistency is checked.
func (ev *evaluation) sampled() bool {
	if ev.tracker != nil {
		return drawnBy(ev.tracker)
	}
	return draw(ev.facts.checkRatio)
}

// drawnBy has a tracker draw. It is never handed the user's comparison, which would run under the tracker's lock.
func drawnBy(tracker interfaces.LDMigrationOpTracker) (drawn bool) {
	tracker.TrackConsistency(func() bool {
		drawn = true
		return true
	})
	return drawn
}

// draw is true once in ratio times on average, always for 1 and never for zero or less.
func draw(ratio int) bool {
	if ratio <= 1 {
		return ratio == 1
	}
	return rand.IntN(ratio) == 0
}

// coin is fair, cheap and safe for concurrent use.
func coin() bool { return rand.Uint64()&1 == 0 }
