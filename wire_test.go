package cutover_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/ldhooks"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/require"
)

// wire is the SDK's real event processor with a sender that keeps the JSON.
type wire struct {
	mu     sync.Mutex
	events []map[string]any
}

func (w *wire) Build(subsystems.ClientContext) (ldevents.EventProcessor, error) {
	return ldevents.NewDefaultEventProcessor(ldevents.EventsConfiguration{
		Capacity: 100_000, EventSender: w, FlushInterval: time.Hour,
		UserKeysCapacity: 1000, UserKeysFlushInterval: time.Hour,
	}), nil
}

func (w *wire) SendEventData(_ ldevents.EventDataKind, data []byte, _ int) ldevents.EventSenderResult {
	var events []map[string]any
	if err := json.Unmarshal(data, &events); err != nil {
		return ldevents.EventSenderResult{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, events...)
	return ldevents.EventSenderResult{Success: true}
}

// sentEvents is the JSON that was sent, sorted and without time stamps: op events, evaluation
// events and their summaries.
type sentEvents struct{ ops, evaluations []string }

// take flushes the client and returns what was sent since the last take. It removes the reason from
// evaluation events, which fast evaluation adds; see Builder.FastEvaluation.
func (w *wire) take(t *testing.T, client *ld.LDClient) (taken sentEvents) {
	t.Helper()
	client.FlushAndWait(time.Minute) // false also where there was nothing to flush
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, event := range w.events {
		for _, stamp := range []string{"creationDate", "startDate", "endDate"} {
			delete(event, stamp)
		}
		to := &taken.ops
		switch event["kind"] {
		case "migration_op":
		case "feature", "debug":
			delete(event, "reason")
			to = &taken.evaluations
		case "summary":
			sortContextKinds(event)
			to = &taken.evaluations
		default:
			continue
		}
		line, err := json.Marshal(event) // map keys are sorted
		require.NoError(t, err)
		*to = append(*to, string(line))
	}
	w.events = nil
	slices.Sort(taken.ops)
	slices.Sort(taken.evaluations)
	return taken
}

// sortContextKinds sorts what the SDK writes in the order of a map.
func sortContextKinds(summary map[string]any) {
	for _, feature := range summary["features"].(map[string]any) {
		kinds := feature.(map[string]any)["contextKinds"].([]any)
		slices.SortFunc(kinds, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
}

// realClient is the SDK's client with the test's own flags, and its events on a wire. The test's
// cleanup closes it.
func realClient(t *testing.T, flags []ldmodel.FeatureFlag, hooks ...ldhooks.Hook) (*ld.LDClient, *wire, *ldtestdata.TestDataSource) {
	t.Helper()
	data := ldtestdata.DataSource()
	for _, flag := range flags {
		data.UsePreconfiguredFlag(flag)
	}
	out := &wire{}
	client := customClient(t, ld.Config{DataSource: data, Events: out, Hooks: hooks})
	return client, out, data
}

func customClient(t *testing.T, config ld.Config) *ld.LDClient {
	t.Helper()
	config.DiagnosticOptOut = true
	if config.Logging == nil {
		config.Logging = ldcomponents.NoLogging()
	}
	client, err := ld.MakeCustomClient("sdk-key", config, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// neverReady is a data source that gets no data until it is closed.
type neverReady struct{ ready chan<- struct{} }

func (n *neverReady) Build(subsystems.ClientContext) (subsystems.DataSource, error) { return n, nil }
func (n *neverReady) IsInitialized() bool                                           { return false }
func (n *neverReady) Start(ready chan<- struct{})                                   { n.ready = ready }

func (n *neverReady) Close() error {
	close(n.ready)
	return nil
}

// opEvents is an event processor that keeps only the op events.
type opEvents struct {
	mu     sync.Mutex
	events []ldevents.MigrationOpEventData
}

func (o *opEvents) Build(subsystems.ClientContext) (ldevents.EventProcessor, error) { return o, nil }

func (o *opEvents) RecordMigrationOpEvent(event ldevents.MigrationOpEventData) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, event)
}

func (*opEvents) RecordEvaluation(ldevents.EvaluationData)       {}
func (*opEvents) RecordIdentifyEvent(ldevents.IdentifyEventData) {}
func (*opEvents) RecordCustomEvent(ldevents.CustomEventData)     {}
func (*opEvents) RecordRawEvent(json.RawMessage)                 {}
func (*opEvents) Flush()                                         {}
func (*opEvents) FlushBlocking(time.Duration) bool               { return true }
func (*opEvents) Close() error                                   { return nil }
