package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const barWidth = 24

// status is the line that keeps changing while the program runs.
func (m *migration) status() string {
	done := min(1, float64(time.Since(m.began))/float64(m.cfg.duration))
	filled := int(done * barWidth)
	bar := m.screen.Paint(cyan, strings.Repeat("━", filled)) + m.screen.Paint(faint, strings.Repeat("━", barWidth-filled))
	return fmt.Sprintf("%5.1fs  %s  %s operations, %s events arrived",
		time.Since(m.began).Seconds(), bar, thousands(m.figures.Operations()), thousands(m.sink.Arrived()))
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// percent writes a share of 1. Only all of it is 100.0%.
func percent(share float64) string {
	const nearlyAll = 0.999
	if share < 1 {
		share = min(share, nearlyAll)
	}
	return fmt.Sprintf("%.1f%%", 100*share)
}
