package cutovertest_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/stretchr/testify/require"
)

// onTheWire is the JSON that the SDK's event processor would send of an op event, without its time
// stamp; nothing if it would send none.
func onTheWire(t *testing.T, event ldevents.MigrationOpEventData) string {
	t.Helper()
	var out sender
	processor := ldevents.NewDefaultEventProcessor(ldevents.EventsConfiguration{
		Capacity: 10, EventSender: &out, FlushInterval: time.Hour, UserKeysCapacity: 10, UserKeysFlushInterval: time.Hour,
	})
	processor.RecordMigrationOpEvent(event)
	processor.FlushBlocking(time.Minute)
	require.NoError(t, processor.Close())
	out.mu.Lock()
	defer out.mu.Unlock()
	if len(out.events) == 0 {
		return ""
	}
	require.Len(t, out.events, 1)
	delete(out.events[0], "creationDate")
	line, err := json.Marshal(out.events[0])
	require.NoError(t, err)
	return string(line)
}

// sender keeps what it is to send.
type sender struct {
	mu     sync.Mutex
	events []map[string]any
}

func (s *sender) SendEventData(_ ldevents.EventDataKind, data []byte, _ int) ldevents.EventSenderResult {
	var events []map[string]any
	if err := json.Unmarshal(data, &events); err != nil {
		return ldevents.EventSenderResult{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
	return ldevents.EventSenderResult{Success: true}
}
