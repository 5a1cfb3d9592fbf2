package cutover

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldtime"
)

// WatchedKinds returns the number of kinds of evaluation contexts whose stages c watches; all
// beyond the limit count as one.
func WatchedKinds(c *Cutover) int {
	kinds := c.settings.watch.kinds.Load()
	n := len(kinds.byKind)
	if kinds.rest != nil {
		n++
	}
	return n
}

// RememberedFlags returns the number of flags that a migrator remembers.
func RememberedFlags(m Migrator) (n int) {
	memories := m.(*migrator).memories
	if memories == nil {
		return 0
	}
	if memories.first.Load() != nil {
		n++
	}
	for i := range memories.shards {
		n += len(memories.shards[i].flags)
	}
	return n
}

// PinsLimit is the number of decisions that a pinned context keeps.
const PinsLimit = pinsLimit

// WallClock converts a time by facts that were learnt at the given wall clock, in milliseconds.
// Times are relative to now.
func WallClock(wall int64, learnt, at time.Duration) ldtime.UnixMillisecondTime {
	facts := &flagFacts{wall: wall * int64(time.Millisecond), learnt: now() + learnt}
	return facts.wallAt(now() + at)
}
