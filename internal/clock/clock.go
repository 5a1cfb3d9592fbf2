// Package clock reads the monotonic clock alone, which costs less than time.Now.
package clock

import "time"

var epoch = time.Now()

// Now returns the time since the process began. It is negative in a testing/synctest bubble, whose
// clock begins in the year 2000.
func Now() time.Duration { return time.Since(epoch) }
