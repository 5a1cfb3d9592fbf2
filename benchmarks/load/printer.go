package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is a heading and rows of cells; the first cell of a row is its name.
type table struct {
	title string
	head  []string
	rows  [][]string
}

// printer writes lines and tables until a write fails.
type printer struct {
	w        io.Writer
	markdown bool
	err      error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// table writes an empty line, the title, and then Markdown or columns that are aligned where all characters are of one
// width. Names stand on the left, figures on the right.
func (p *printer) table(t *table) {
	if p.markdown {
		p.line("\n### %s\n", t.title)
		p.line("| %s |", strings.Join(t.head, " | "))
		p.line("| --- |%s", strings.Repeat(" ---: |", len(t.head)-1))
		for _, row := range t.rows {
			p.line("| %s |", strings.Join(row, " | "))
		}
		return
	}
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	p.line("\n%s", t.title)
	for _, row := range append([][]string{t.head}, t.rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			cells[i] = pad + cell
			if i == 0 {
				cells[i] = cell + pad
			}
		}
		p.line("%s", strings.Join(cells, "  "))
	}
}
