package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func small() config {
	return config{seed: 1, orders: 60, duration: 2 * time.Second, workers: 2, fix: true, repair: true}
}

func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), small(), &out))
	report := out.String()
	assert.Regexp(t, `order \d+ line \d unit price: old (19\.99, new 19\.98|4\.35, new 4\.34)`, report)
	assert.Regexp(t, `a second instance crashed between its two writes of order \d+`, report)
	assert.Regexp(t, `the new database is back; the journal knows [\d,]+ orders? that may differ`, report)
	assert.Equal(t, 2, strings.Count(report, " after the crash"))
	assert.Regexp(t, `fixed the price column and repaired \d+ orders`, report)
	assert.Regexp(t, `the journal is empty, and both databases hold the same \d+ orders, row by row`, report)
	assert.Regexp(t, `all \d+ orders are in the new database as last saved`, report)
	assert.Contains(t, report, "everything is as it should be")
	assert.NotContains(t, report, "\x1b")

	rows := stageRows(report)
	require.Len(t, rows, len(route))
	operations := 0
	for i, row := range rows {
		assert.Equal(t, number(t, row.events), number(t, row.reads)+number(t, row.writes))
		operations += number(t, row.events)
		assert.Equal(t, string(route[i].stage), row.stage)
		assert.Equal(t, string(route[i].serves), row.served)
		if row.stage != "dualwrite" {
			assert.Equal(t, "0", row.errors)
		}
		assert.NotEqual(t, "0", row.events)
	}
	total := thousands(operations)
	assert.Regexp(t, total+" operations, "+total+" events, [1-9][\\d,]* missed writes, 0 other errors", report)
	journal := journalRows(report)
	require.Len(t, journal, 4)
	for i, row := range journal {
		assert.Equal(t, number(t, row[1]), number(t, row[2])+number(t, row[3])+number(t, row[5]), row)
		if i > 0 {
			assert.Equal(t, "0", row[5], row)
		}
	}
	assert.GreaterOrEqual(t, number(t, journal[0][1]), fewestMissed)
	assert.Equal(t, "rampdown", journal[3][0])
	assert.NotEqual(t, "0", journal[3][2], "the write of the crash")
	assert.True(t, strings.HasPrefix(report, "cutover quickstart: a running order service moves to a new database, "+
		"in six stages and about 2s\n"), "it says at once what happens and how long it takes")
	consistency := []string{nothing, nothing, "", "100.0%", nothing, nothing}
	for i, want := range consistency {
		if want == "" {
			assert.Regexp(t, `^\d\d\.\d% → 100\.0%$`, rows[i].consistency)
		} else {
			assert.Equal(t, want, rows[i].consistency)
		}
	}
}

func TestTheProgramFailsIfThePlantedBugIsNotFixed(t *testing.T) {
	t.Parallel()
	cfg := small()
	cfg.fix = false
	var out bytes.Buffer
	err := run(t.Context(), cfg, &out)
	require.ErrorIs(t, err, errMismatch)
	require.ErrorContains(t, err, "stage shadow")
	assert.Contains(t, out.String(), "rolled back")
	assert.Len(t, stageRows(out.String()), 3, "it does not go on to live")
	assert.NotContains(t, out.String(), "as it should be")
}

func TestTheProgramFailsIfNobodyRepairsWhatIsDirty(t *testing.T) {
	t.Parallel()
	cfg := small()
	cfg.repair = false
	var out bytes.Buffer
	err := run(t.Context(), cfg, &out)
	require.ErrorIs(t, err, errDirty)
	require.ErrorContains(t, err, "stage dualwrite")
	require.ErrorContains(t, err, "1 writing process was lost")
	assert.Contains(t, out.String(), "rolled back")
	journal := journalRows(out.String())
	require.Len(t, journal, 1)
	assert.Equal(t, "0", journal[0][2])
	assert.Equal(t, journal[0][1], journal[0][5])
	assert.GreaterOrEqual(t, number(t, journal[0][5]), fewestMissed+1)
	assert.NotContains(t, out.String(), "as it should be")
}

func TestTheProgramCanBeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	cfg := small()
	cfg.duration = time.Hour
	out := &interrupter{after: "off ", interrupt: interrupt}
	require.ErrorIs(t, run(ctx, cfg, out), context.Canceled)
}

// interrupter is an output that interrupts the program when it has read a word.
type interrupter struct {
	after     string
	interrupt func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), i.after) {
		i.interrupt()
	}
	return len(p), nil
}

type stageRow struct{ stage, served, reads, writes, consistency, errors, events string }

var rowPattern = regexp.MustCompile(
	`(?m)^(\w+) +(old|new) +([\d,]+) +([\d,]+) +(–|[\d.]+%(?: → [\d.]+%)?) +(\d+) +([\d,]+)$`)

// number reads what thousands has written.
func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	require.NoError(t, err)
	return n
}

// journalRows are the rows of the journal's table: stage, dirty, mended, equal, wait and left.
func journalRows(report string) [][]string {
	_, after, _ := strings.Cut(report, "\njournal ")
	table, _, _ := strings.Cut(after, "\n\n")
	return words(table)[1:]
}

func stageRows(report string) []stageRow {
	var rows []stageRow
	for _, m := range rowPattern.FindAllStringSubmatch(report, -1) {
		rows = append(rows, stageRow{m[1], m[2], m[3], m[4], m[5], m[6], m[7]})
	}
	return rows
}
