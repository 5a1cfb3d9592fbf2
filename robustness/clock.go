//go:build unix

package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// ticks returns the time since the machine started. All processes of the machine agree on it, and
// nobody sets it.
func ticks() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}
