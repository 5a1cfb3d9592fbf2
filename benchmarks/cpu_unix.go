//go:build unix

package benchmarks

import (
	"syscall"
	"time"
)

// processCPU returns the user and system time that this process has used, if the platform tells.
func processCPU() (time.Duration, bool) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, false
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), true
}
