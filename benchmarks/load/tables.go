package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gocutover/cutover/benchmarks/internal/tabular"

	ld "github.com/launchdarkly/go-server-sdk/v7"
)

// write prints all that was measured.
func write(w io.Writer, o options, r *report) error {
	p := &tabular.Printer{W: w, Markdown: o.markdown}
	p.Line("%s %s/%s, %d CPUs, go-server-sdk %s; %d callers, each reading every %s; the old system answers in %s.",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), ld.Version, callers, pace, oldAnswer)
	p.Line("Detached reads with SecondaryTimeout %s and at most %d in the background. Callers read at off and at shadow by turns;",
		timeout, backgroundLimit)
	p.Line("a figure is the median of the turns, and the ratio pooled that of all reads together. Spread is the highest p99 of a turn")
	p.Line("at off over the lowest: on a machine that is left alone it is below 2.")
	p.Table(r.readsTable())
	p.Table(r.processTable())
	p.Line("")
	for _, note := range append(r.notes, r.broken...) {
		p.Line("%s", note)
	}
	p.Line("Close waited %s for the reads under way; goroutines: %d before the run, %d after it.",
		millis(r.closing), r.goroutines.start, r.goroutines.end)
	if len(r.broken) == 0 {
		p.Line("All promises kept.")
	}
	return p.Err
}

func (r *report) readsTable() *tabular.Table {
	t := &tabular.Table{
		Title: "The callers' reads",
		Head:  []string{"the new system", "off p50", "off p99", "spread", "shadow p50", "shadow p99", "p99 ratio", "pooled", "ld.Migration at shadow"},
	}
	for _, p := range r.phases {
		t.Rows = append(t.Rows, []string{
			string(p.behaviour),
			millis(p.off.typical(0.5)), millis(p.off.typical(0.99)), fmt.Sprintf("%.1f", p.off.spread(0.99)),
			millis(p.shadow.typical(0.5)), millis(p.shadow.typical(0.99)),
			fmt.Sprintf("%.2f", p.ratio()), fmt.Sprintf("%.2f", p.pooledRatio()), p.sdk.String(),
		})
	}
	return t
}

func (r *report) processTable() *tabular.Table {
	t := &tabular.Table{
		Title: "Detached reads in the process",
		Head: []string{
			"the new system", "reads", "at shadow", "asked new", "skipped", "op events", "lost", "twice",
			"goroutines before", "max", "end", "MiB before", "max", "end",
		},
	}
	for _, p := range r.phases {
		row := []string{string(p.behaviour)}
		for _, n := range []int{p.reads, p.tally.shadow, p.tally.both, p.skipped, p.tally.events, p.lost, p.twice} {
			row = append(row, strconv.Itoa(n))
		}
		for _, n := range []int{p.goroutines.start, p.goroutines.most, p.goroutines.end} {
			row = append(row, strconv.Itoa(n))
		}
		for _, kib := range []int{p.memory.start, p.memory.most, p.memory.end} {
			row = append(row, fmt.Sprintf("%.2f", float64(kib)/1024))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func millis(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)), ".00") + " ms"
}
