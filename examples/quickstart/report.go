package main

import (
	"fmt"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const nothing = "–"

// report is what is printed at the end: what happened at each stage, and how long it took.
func (m *migration) report() string {
	happened := table{head: []string{"stage", "served by", "reads", "writes", "consistency", "errors", "events"}}
	took := table{head: []string{"p50 / p99", "old reads", "new reads", "old writes", "new writes"}}
	dirty := table{head: []string{"journal", "dirty", "mended", "equal already", "longest wait", "left"}}
	for _, stage := range m.visited {
		if bothWritten(stage) {
			dirty.rows = append(dirty.rows, m.journalRow(stage))
		}
		happened.rows = append(happened.rows, m.stageRow(stage))
		took.rows = append(took.rows, m.latencyRow(stage))
	}
	return "\n" + happened.Render(m.screen.Paint) + "\n" + dirty.Render(m.screen.Paint) + "\n" + took.Render(m.screen.Paint)
}

func (m *migration) summary() string {
	errs, missed := 0, 0
	for _, stage := range m.visited {
		left, failed := m.figures.Missed(stage)
		missed += left
		errs += m.figures.Tally(stage).Errors - failed
	}
	return fmt.Sprintf("%s operations, %s events, %s missed writes, %s other errors",
		thousands(m.figures.Operations()), thousands(m.sink.Arrived()), thousands(missed), thousands(errs))
}

// journalRow says how many orders may have differed, and what became of them.
func (m *migration) journalRow(stage ldmigration.Stage) []cell {
	done := m.repairs.At(stage)
	left := m.left[stage]
	still := left.Dirty + left.Parked
	waited := nothing
	if longest := max(done.longest, left.OldestDirty); longest > 0 {
		waited = brief(longest)
	}
	return []cell{
		{string(stage), cyan},
		{thousands(done.mended + done.equal + still), plain},
		{thousands(done.mended), plain},
		{thousands(done.equal), plain},
		{waited, plain},
		good(still == 0, thousands(still)),
	}
}

func (m *migration) stageRow(stage ldmigration.Stage) []cell {
	seen := m.figures.Tally(stage)
	_, known := m.figures.Missed(stage)
	return []cell{
		{string(stage), cyan},
		{m.servers(stage), plain},
		{thousands(seen.Reads), plain},
		{thousands(seen.Writes), plain},
		m.consistencyCell(stage, seen),
		good(seen.Errors == known, thousands(seen.Errors)),
		good(m.sink.Tally(stage) == seen, thousands(m.sink.Tally(stage).Operations())),
	}
}

// servers names whoever was authoritative at the stage.
func (m *migration) servers(stage ldmigration.Stage) string {
	var names []string
	for _, origin := range []ldmigration.Origin{ldmigration.Old, ldmigration.New} {
		if m.figures.Served(stage, origin) > 0 {
			names = append(names, string(origin))
		}
	}
	return strings.Join(names, ", ")
}

// consistencyCell shows how the rate came back if it did: before the fix, and after.
func (m *migration) consistencyCell(stage ldmigration.Stage, seen tally) cell {
	switch {
	case seen.Checked == 0:
		return cell{nothing, faint}
	case m.fixed != nil && m.fixed.stage == stage:
		after := seen.Since(m.fixed.before)
		return good(after.Inconsistent == 0, percent(m.fixed.found.Consistency())+" → "+percent(after.Consistency()))
	default:
		return good(seen.Inconsistent == 0, percent(seen.Consistency()))
	}
}

func (m *migration) latencyRow(stage ldmigration.Stage) []cell {
	row := []cell{{string(stage), cyan}}
	for _, operation := range []ldmigration.Operation{ldmigration.Read, ldmigration.Write} {
		for _, origin := range []ldmigration.Origin{ldmigration.Old, ldmigration.New} {
			row = append(row, latencyCell(m.figures.Latency(stage, call{operation, origin})))
		}
	}
	return row
}

func latencyCell(l latency) cell {
	if l.Samples == 0 {
		return cell{nothing, faint}
	}
	return cell{brief(l.P50) + " / " + brief(l.P99), plain}
}

func good(ok bool, text string) cell {
	if ok {
		return cell{text, green}
	}
	return cell{text, red}
}
