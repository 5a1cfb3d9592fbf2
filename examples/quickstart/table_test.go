package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestATableIsAligned(t *testing.T) {
	t.Parallel()
	stages := table{
		head: []string{"stage", "reads", "p50"},
		rows: [][]cell{
			{{"off", cyan}, {"1,204", plain}, {"84µs", plain}},
			{{"dualwrite", cyan}, {"7", plain}, {nothing, faint}},
		},
	}
	want := strings.Join([]string{
		"stage      reads   p50",
		"off        1,204  84µs",
		"dualwrite      7     –",
		"",
	}, "\n")
	assert.Equal(t, want, stages.Render(newScreen(&strings.Builder{}).Paint))

	coloured := &screen{colour: true}
	stripped := stages.Render(coloured.Paint)
	assert.Contains(t, stripped, string(cyan)+"off"+string(reset))
	for _, s := range []style{bold, faint, cyan, reset} {
		stripped = strings.ReplaceAll(stripped, string(s), "")
	}
	assert.Equal(t, want, stripped, "colour does not move a column")
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]int{"0": 0, "999": 999, "1,000": 1000, "12,345": 12345, "1,234,567": 1234567} {
		assert.Equal(t, want, thousands(n))
	}
	for want, share := range map[string]float64{"100.0%": 1, "99.9%": 0.99999, "85.2%": 0.852, "0.0%": 0} {
		assert.Equal(t, want, percent(share))
	}
}
