// Package tabular writes the tables of the benchmarks' programs.
package tabular

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is a heading and rows of cells; the first cell of a row is its name.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
}

// Printer writes lines and tables until a write fails; then Err is why.
type Printer struct {
	W        io.Writer
	Markdown bool
	Err      error
}

// Line writes a formatted line.
func (p *Printer) Line(format string, args ...any) {
	if p.Err == nil {
		_, p.Err = fmt.Fprintf(p.W, format+"\n", args...)
	}
}

// Table writes an empty line, the title, and then Markdown or columns that are aligned where all
// characters are of one width. Names stand on the left, figures on the right.
func (p *Printer) Table(t *Table) {
	if p.Markdown {
		p.Line("\n### %s\n", t.Title)
		p.Line("| %s |", strings.Join(t.Head, " | "))
		p.Line("| --- |%s", strings.Repeat(" ---: |", len(t.Head)-1))
		for _, row := range t.Rows {
			p.Line("| %s |", strings.Join(row, " | "))
		}
		return
	}
	widths := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	p.Line("\n%s", t.Title)
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			cells[i] = pad + cell
			if i == 0 {
				cells[i] = cell + pad
			}
		}
		p.Line("%s", strings.Join(cells, "  "))
	}
}
