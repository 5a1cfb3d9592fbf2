package cutovertest

import (
	"context"
	"sync"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"

	"github.com/gocutover/cutover"
)

// Event is the op event of one operation, as a flag client gets it. It is shared: read only.
type Event = ldevents.MigrationOpEventData

// Client is a flag client without LaunchDarkly: it answers the stages that a test gives it and keeps
// the op events it gets. It answers as the SDK's client does, also for flags that are missing or
// wrong.
//
// The zero value is ready for use and knows no flag, so that every operation runs at its default
// stage. A Client is safe for concurrent use, and must not be copied.
type Client struct {
	events inbox[Event]

	mu       sync.Mutex
	every    Flag // what flags without settings of their own answer
	flags    map[string]*Flag
	state    clientState
	trackErr error
}

var _ cutover.FlagClient = (*Client)(nil)

// clientState is whether a client can evaluate flags at all.
type clientState uint8

const (
	ready clientState = iota
	notReady
	offline
	broken
)

// NewClient returns a client all of whose flags are at the same stage for everybody.
func NewClient(stage ldmigration.Stage) *Client {
	c := &Client{}
	c.SetStage(stage)
	return c
}

// SetStage moves every flag to a stage, also those that [Client.Flag] was called for; see
// [Flag.Stage].
func (c *Client) SetStage(stage ldmigration.Stage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every.Stage(stage).Version(1)
	for _, flag := range c.flags {
		flag.Stage(stage)
	}
}

// Flag returns the flag with that key, for settings of its own. At first it answers what every
// other flag does: the stage of [NewClient] or [Client.SetStage], or, without one, that it is
// missing.
func (c *Client) Flag(key string) *Flag {
	c.mu.Lock()
	defer c.mu.Unlock()
	if flag, ok := c.flags[key]; ok {
		return flag
	}
	if c.flags == nil {
		c.flags = map[string]*Flag{}
	}
	flag := c.every.like().Version(1)
	c.flags[key] = flag
	return flag
}

// NotReady makes the client answer as one that has no flags yet: operations run at the default
// stage.
func (c *Client) NotReady() { c.become(notReady) }

// Offline makes the client answer as one that is configured to be offline: operations run at the
// default stage.
func (c *Client) Offline() { c.become(offline) }

// Broken makes the client answer as one whose store of flags fails: operations run at the default
// stage.
func (c *Client) Broken() { c.become(broken) }

// Ready undoes NotReady, Offline and Broken.
func (c *Client) Ready() { c.become(ready) }

func (c *Client) become(state clientState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
}

// RefuseEvents makes TrackMigrationOp return err, which the SDK's client never does. The events are
// kept all the same. Nil undoes it.
func (c *Client) RefuseEvents(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trackErr = err
}

// MigrationVariation evaluates a flag as the SDK's client does. If the flag has no stage it returns
// the default one, or off if the default is unknown. It returns an error for a flag with an unknown
// stage, and for an unknown default stage if the flag is of the wrong type or the client is offline.
func (c *Client) MigrationVariation(
	key string, user ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	a := c.answer(key, user, defaultStage)
	params := cutover.OpTrackerParams{
		FlagKey: key, Context: user, Default: defaultStage, Detail: a.detail, CheckRatio: a.check, SamplingRatio: a.sample,
	}
	if a.found {
		params.Version = ldvalue.NewOptionalInt(a.version)
	}
	stage, _ := ldmigration.ParseStage(a.detail.Value.StringValue()) // off where it is none, as the SDK's client has it
	return stage, cutover.NewOpTracker(params), a.err
}

func (c *Client) answer(key string, user ldcontext.Context, defaultStage ldmigration.Stage) answer {
	c.mu.Lock()
	state, flag := c.state, c.flags[key]
	if flag == nil {
		flag = &c.every
	}
	c.mu.Unlock()
	switch {
	case user.Err() != nil:
		return answer{detail: errorDetail(ldreason.EvalErrorUserNotSpecified, defaultStage)}
	case state == notReady:
		return answer{detail: errorDetail(ldreason.EvalErrorClientNotReady, defaultStage)}
	case state == broken:
		return answer{detail: errorDetail(ldreason.EvalErrorException, defaultStage)}
	case state == offline:
		detail, err := parsed(errorDetail(ldreason.EvalErrorClientNotReady, defaultStage), defaultStage)
		return answer{detail: detail, err: err}
	default:
		return flag.evaluate(user, defaultStage)
	}
}

// TrackMigrationOp keeps an op event, whatever its sampling ratio.
func (c *Client) TrackMigrationOp(event Event) error {
	c.events.add(event)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trackErr
}

// Events returns the op events so far, in the order in which they came.
func (c *Client) Events() []Event { return c.events.all() }

// TakeEvents returns the op events so far and forgets them.
func (c *Client) TakeEvents() []Event { return c.events.take() }

// OnlyEvent returns the one op event there is. If there is none or more than one it ends the test
// and tells them.
func (c *Client) OnlyEvent(tb TB) Event {
	tb.Helper()
	events := c.events.all()
	if len(events) != 1 {
		tb.Errorf("want one op event, got %d%s", len(events), listed(events, DescribeEvent))
		tb.FailNow()
		return Event{}
	}
	return events[0]
}

// WaitEvents returns the op events as soon as there are at least n, or those there are when ctx
// ends, with its cause. It does not poll: what waits in a synctest bubble is durably blocked.
func (c *Client) WaitEvents(ctx context.Context, n int) ([]Event, error) {
	return c.events.wait(ctx, n)
}

// AwaitEvents is WaitEvents for a test: after 10 seconds it ends the test and tells the events that
// came. Use it where an operation returns before its event is sent, as one with a detached read
// does.
func (c *Client) AwaitEvents(tb TB, n int) []Event {
	tb.Helper()
	return c.events.await(tb, n, "op events", DescribeEvent)
}
