package cutover_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

var user = ldcontext.New("user-key")

// stagedClient returns one stage for every flag and keeps the op events.
type stagedClient struct {
	stage      ldmigration.Stage
	err        error
	params     cutover.OpTrackerParams
	refuse     error
	onEvent    func()
	onEvaluate func()

	mu     sync.Mutex
	events []ldevents.MigrationOpEventData
}

func (c *stagedClient) MigrationVariation(
	key string, context ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	if c.onEvaluate != nil {
		c.onEvaluate()
	}
	params := c.params
	params.FlagKey, params.Context, params.Default, params.Stage = key, context, defaultStage, c.stage
	return c.stage, cutover.NewOpTracker(params), c.err
}

func (c *stagedClient) TrackMigrationOp(event ldevents.MigrationOpEventData) error {
	if c.onEvent != nil {
		c.onEvent()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, event)
	return c.refuse
}

// only returns the client's only event.
func (c *stagedClient) only(t *testing.T) ldevents.MigrationOpEventData {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Len(t, c.events, 1, "exactly one op event an operation")
	return c.events[0]
}

func (c *stagedClient) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.events)
}

// logBook is a slog logger whose lines can be read.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

func optional(n int) ldvalue.OptionalInt { return ldvalue.NewOptionalInt(n) }

// equal is a comparison by ==.
func equal[T comparable](old, new T) bool { return old == new }

// quiet waits, in a bubble, until nothing runs in the background of c.
func quiet(c *cutover.Cutover) {
	for {
		synctest.Wait()
		if stats := c.Background(); stats.Running+stats.Waiting == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
