package sqljournal

import (
	"sync/atomic"
	"time"
)

// clock is a monotonic clock, which tests may move together with the database's.
type clock struct{ moved atomic.Int64 }

var epoch = time.Now()

// now returns the time since the process began.
func (c *clock) now() time.Duration { return time.Since(epoch) + c.offset() }

func (c *clock) offset() time.Duration { return time.Duration(c.moved.Load()) }

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
