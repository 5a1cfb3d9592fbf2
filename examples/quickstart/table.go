package main

import (
	"strings"
	"unicode/utf8"
)

// table lays out cells in columns. The first column is aligned left and the others right.
type table struct {
	head []string
	rows [][]cell
}

// cell is a text, and how to paint it: the width of a column does not count escape sequences.
type cell struct {
	text string
	with style
}

const columnGap = "  "

// Render returns the table, a line a row.
func (t *table) Render(paint func(style, string) string) string {
	widths := make([]int, len(t.head))
	lines := [][]cell{nil}
	for _, name := range t.head {
		lines[0] = append(lines[0], cell{name, bold})
	}
	lines = append(lines, t.rows...)
	for _, line := range lines {
		for i, c := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		for i, c := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			if i == 0 {
				b.WriteString(paint(c.with, c.text) + pad)
			} else {
				b.WriteString(columnGap + pad + paint(c.with, c.text))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
