package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/insights"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// step is one operation of a script: how long each database takes for it, and what is wrong.
type step struct {
	operation ldmigration.Operation
	old, new  time.Duration
	wrong     string // "", "differs", "neither" for an order that is nowhere, or the database that fails
}

// reading and writing take milliseconds.
func reading(old, new int, wrong ...string) step {
	return step{ldmigration.Read, millis(old), millis(new), strings.Join(wrong, "")}
}

func writing(old, new int, wrong ...string) step {
	return step{ldmigration.Write, millis(old), millis(new), strings.Join(wrong, "")}
}

func millis(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// script is a whole migration. What the report says of it is counted by hand below.
var script = map[ldmigration.Stage][]step{
	ldmigration.Off: {reading(20, 0), reading(10, 0), reading(30, 0), writing(50, 0), writing(40, 0)},
	ldmigration.DualWrite: {
		reading(12, 0), reading(11, 0),
		writing(5, 60), writing(6, 1500, "new"), writing(7, 50),
	},
	ldmigration.Shadow: { // until the fix, and after it
		reading(1, 2), reading(3, 4, "differs"), reading(5, 6), reading(7, 8), reading(9, 1100, "new"), writing(21, 22),
		reading(2, 1), reading(4, 3),
	},
	ldmigration.Live: {
		reading(31, 32), reading(33, 34, "old"), reading(35, 36), writing(41, 42, "old"), writing(43, 44),
		reading(37, 38, "neither"),
	},
	ldmigration.RampDown: {reading(0, 71), writing(72, 73)},
	ldmigration.Complete: {reading(0, 81), reading(0, 82), writing(0, 83)},
}

// fixedAfter is how many operations of shadow ran until the fix.
const fixedAfter = 6

const reported = `
stage      served by  reads  writes     consistency  errors  events
off              old      3       2               –       0       5
dualwrite        old      2       3               –       1       5
shadow           old      7       1  75.0% → 100.0%       1       8
live             new      4       2          100.0%       2       6
rampdown         new      1       1               –       0       2
complete         new      2       1               –       0       3

journal    dirty  mended  equal already  longest wait  left
dualwrite      1       0              0             –     1
shadow         1       1              0          5.0s     0
live           0       0              0             –     0
rampdown       0       0              0             –     0

p50 / p99    old reads     new reads   old writes   new writes
off        20ms / 30ms             –  40ms / 50ms            –
dualwrite  11ms / 12ms             –  6.0ms / 7.0ms  60ms / 1.5s
shadow     4.0ms / 9.0ms  4.0ms / 1.1s  21ms / 21ms  22ms / 22ms
live       33ms / 37ms   34ms / 38ms  41ms / 43ms  42ms / 44ms
rampdown             –   71ms / 71ms  72ms / 72ms  73ms / 73ms
complete             –   81ms / 82ms            –  83ms / 83ms
`

// The report says what was counted by hand, of operations and of the events that the SDK would
// send.
func TestTheReportCountsRight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := played(t, &figuresOfBoth{newFigures(), nil})
		assert.Equal(t, words(reported), words(m.report()))
		assert.Equal(t, "29 operations, 29 events, 2 missed writes, 2 other errors", m.summary())
	})
}

// The page of the figures counts the same.
func TestTheInsightsPageCountsTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		page, err := newInsights()
		require.NoError(t, err)
		played(t, &figuresOfBoth{newFigures(), page})
		report, known := page.Report(flagKey, insights.SinceStart)
		require.True(t, known)
		type row struct {
			reads, writes, oldReads, newReads, oldWrites, newWrites, oldErrors, newErrors, checked, differ uint64
		}
		want := map[ldmigration.Stage]row{
			ldmigration.Off:       {reads: 3, writes: 2, oldReads: 3, oldWrites: 2},
			ldmigration.DualWrite: {reads: 2, writes: 3, oldReads: 2, oldWrites: 3, newWrites: 3, newErrors: 1},
			ldmigration.Shadow: {
				reads: 7, writes: 1, oldReads: 7, newReads: 7, oldWrites: 1, newWrites: 1, newErrors: 1, checked: 6, differ: 1,
			},
			ldmigration.Live: {
				reads: 4, writes: 2, oldReads: 4, newReads: 4, oldWrites: 2, newWrites: 2, oldErrors: 2, checked: 3,
			},
			ldmigration.RampDown: {reads: 1, writes: 1, newReads: 1, oldWrites: 1, newWrites: 1},
			ldmigration.Complete: {reads: 2, writes: 1, newReads: 2, newWrites: 1},
		}
		got := map[ldmigration.Stage]row{}
		for _, stage := range report.Stages {
			r := row{checked: stage.Checks.Checked, differ: stage.Checks.Inconsistent}
			for _, o := range stage.Operations {
				r.oldErrors += o.Old.Errors
				r.newErrors += o.New.Errors
				if o.Operation == ldmigration.Read {
					r.reads, r.oldReads, r.newReads = o.Count, o.Old.Calls, o.New.Calls
				} else {
					r.writes, r.oldWrites, r.newWrites = o.Count, o.Old.Calls, o.New.Calls
				}
			}
			got[stage.Stage] = r
		}
		assert.Equal(t, want, got)
	})
}

// played runs the script through the order service and sends its events to the sink as the SDK
// would.
func played(t *testing.T, observer *figuresOfBoth) *migration {
	t.Helper()
	client := cutovertest.NewClient(ldmigration.Off)
	old, modern := &scriptedStore{name: "old"}, &scriptedStore{name: "new"}
	service, err := newOrderService(client, reconcile.NewMemory(reconcile.MemoryConfig{}), old, modern, observer)
	require.NoError(t, err)
	m := &migration{screen: newScreen(t.Output()), figures: observer.figures, repairs: newRepairs(), sink: newSink()}
	events := ldevents.NewDefaultEventProcessor(ldevents.EventsConfiguration{
		Capacity: 100, FlushInterval: time.Hour, UserKeysCapacity: 100, UserKeysFlushInterval: time.Hour,
		EventSender: toSink{m.sink}, Loggers: ldlog.NewDisabledLoggers(),
	})
	order := int64(firstOrder)
	for _, stop := range route {
		client.SetStage(stop.stage)
		m.visited = append(m.visited, stop.stage)
		for i, s := range script[stop.stage] {
			if stop.stage == ldmigration.Shadow && i == fixedAfter {
				seen := m.figures.Tally(stop.stage)
				m.fixed = &fix{stage: stop.stage, found: seen, before: seen}
			}
			old.next, modern.next = s, s
			order++ // so that nothing has to be settled first
			if s.operation == ldmigration.Read {
				_, err = service.Order(t.Context(), 1, order)
			} else {
				err = service.Save(t.Context(), testOrder(order))
			}
			if s.wrong == "neither" {
				require.ErrorIs(t, err, errNoOrder)
			} else {
				require.NoError(t, err)
			}
		}
	}
	m.left = map[ldmigration.Stage]reconcile.Backlog{ldmigration.DualWrite: {Parked: 1}}
	m.repairs.Enter(ldmigration.Shadow)
	m.repairs.Observe(t.Context(), reconcile.Repaired{Wrote: true, Left: true, Since: time.Now().Add(-5 * time.Second)})
	require.NoError(t, service.Close(t.Context()))
	for _, event := range client.Events() {
		events.RecordMigrationOpEvent(event)
	}
	require.NoError(t, events.Close())
	require.NoError(t, m.sink.Err())
	return m
}

// words takes a table apart, so that the widths of its columns do not matter.
func words(table string) [][]string {
	var lines [][]string
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines = append(lines, fields)
		}
	}
	return lines
}

// figuresOfBoth observes for the terminal and, if there is one, for the page.
type figuresOfBoth struct {
	figures *figures
	page    *insights.Figures
}

func (f *figuresOfBoth) Observe(ctx context.Context, o cutover.Observation) {
	f.figures.Observe(ctx, o)
	if f.page != nil {
		f.page.Observe(ctx, o)
	}
}

// scriptedStore does what the next step says.
type scriptedStore struct {
	name string
	next step
}

func (s *scriptedStore) Order(_ context.Context, id int64) (Order, error) {
	order := testOrder(id)
	if s.next.wrong == "differs" {
		order.Status = s.name
	}
	return order, s.pass()
}

func (s *scriptedStore) Save(context.Context, Order) error { return s.pass() }

func (s *scriptedStore) Delete(context.Context, int64) error { return s.pass() }

func (s *scriptedStore) pass() error {
	if s.name == "old" {
		time.Sleep(s.next.old)
	} else {
		time.Sleep(s.next.new)
	}
	switch s.next.wrong {
	case s.name:
		return errors.New("disk full")
	case "neither":
		return errNoOrder
	default:
		return nil
	}
}

// toSink is how the SDK's event processor reaches the sink without a network.
type toSink struct{ sink *sink }

func (s toSink) SendEventData(_ ldevents.EventDataKind, data []byte, count int) ldevents.EventSenderResult {
	post(s.sink, strconv.Itoa(count)+string(data), string(data))
	return ldevents.EventSenderResult{Success: true}
}
