package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems"
)

// ledger counts op events by the key of their evaluation context, which is an operation's number.
// It stands where the SDK's real event processor posts its JSON to.
type ledger struct {
	mu    sync.Mutex
	times []uint8 // how often each operation was reported
	tally
	err error
}

// tally is what a ledger counted.
type tally struct {
	events int // all
	shadow int // of reads at stage shadow
	both   int // of those that asked the new system too
}

func (t tally) since(before tally) tally {
	return tally{events: t.events - before.events, shadow: t.shadow - before.shadow, both: t.both - before.both}
}

// ledgerCapacity is how many operations have their place from the start, so that the ledger does
// not look like a leak.
const ledgerCapacity = 1 << 20

func newLedger() *ledger { return &ledger{times: make([]uint8, 0, ledgerCapacity)} }

// Build makes the SDK's event processor, which keeps events until it is flushed.
func (l *ledger) Build(subsystems.ClientContext) (ldevents.EventProcessor, error) {
	return ldevents.NewDefaultEventProcessor(ldevents.EventsConfiguration{
		Capacity: 100_000, EventSender: l, FlushInterval: 24 * time.Hour,
		UserKeysCapacity: 100, UserKeysFlushInterval: 24 * time.Hour,
	}), nil
}

// opEvent is what the ledger reads of an event.
type opEvent struct {
	Kind       string `json:"kind"`
	Context    struct{ Key string }
	Evaluation struct{ Value ldmigration.Stage }

	Measurements []struct {
		Key    string
		Values json.RawMessage
	}
}

// SendEventData counts the op events of one delivery.
func (l *ledger) SendEventData(_ ldevents.EventDataKind, data []byte, _ int) ldevents.EventSenderResult {
	var events []opEvent
	err := json.Unmarshal(data, &events)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = errors.Join(l.err, err)
	for i := range events {
		if events[i].Kind == "migration_op" {
			l.err = errors.Join(l.err, l.count(&events[i]))
		}
	}
	return ldevents.EventSenderResult{Success: true}
}

func (l *ledger) count(event *opEvent) error {
	id, err := strconv.Atoi(event.Context.Key)
	if err != nil {
		return fmt.Errorf("an op event's evaluation context: %w", err)
	}
	for len(l.times) <= id {
		l.times = append(l.times, 0)
	}
	l.times[id]++
	l.events++
	if event.Evaluation.Value == ldmigration.Shadow {
		l.shadow++
	}
	for _, m := range event.Measurements {
		if m.Key != "invoked" {
			continue
		}
		var invoked map[ldmigration.Origin]bool
		if err := json.Unmarshal(m.Values, &invoked); err != nil {
			return fmt.Errorf("an op event's invoked origins: %w", err)
		}
		if invoked[ldmigration.New] {
			l.both++
		}
	}
	return nil
}

func (l *ledger) counted() (tally, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tally, l.err
}

// check returns how many of the operations from one number up to another were never reported, and
// how many more than once.
func (l *ledger) check(from, to int) (lost, twice int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := from; id < to; id++ {
		switch {
		case id >= len(l.times) || l.times[id] == 0:
			lost++
		case l.times[id] > 1:
			twice++
		}
	}
	return lost, twice
}
