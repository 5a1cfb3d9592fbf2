package cutover

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Cutover is one migration: a flag, and how reads and writes run under it. Its readers and writers share it, and it is
// safe for concurrent use. Make one with [New] when the service starts.
type Cutover struct {
	settings     *settings
	flag         string
	defaultStage ldmigration.Stage
	memory       flagMemory
}

// FlagKey returns the key of the migration flag.
func (c *Cutover) FlagKey() string { return c.flag }

// Background tells what runs beside the callers now, and what was skipped.
func (c *Cutover) Background() BackgroundStats {
	return BackgroundStats{
		Running: int(max(c.settings.owner.running.Load(), 0)), Skipped: c.settings.owner.skipped.Load(),
	}
}

// Close waits until nothing runs in the background any more, or until ctx ends: then it returns an [ErrStillRunning],
// with the context's error and cause, and says in the log how much ran. Operations may go on after Close, as a service that shuts
// down needs; detached reads then do without their secondary, and no difference is read again. It may be called more than
// once.
func (c *Cutover) Close(ctx context.Context) error {
	running := c.settings.owner.close(ctx)
	if running == 0 {
		return nil
	}
	c.settings.log.warn(ctx, "closed while secondaries still run", flagAttr(c.flag), slog.Int("running", running))
	return fmt.Errorf("closing the cutover of flag %q: %d %w: %w", c.flag, running, ErrStillRunning, endOf(ctx))
}

// BackgroundStats is what a [Cutover] does beside its callers.
type BackgroundStats struct {
	// Running is how many detached reads, and secondaries that outlived their timeout, run now.
	Running int
	// Skipped is how many secondary reads, and second reads of [ReaderBuilder.Recheck], were not made since the Cutover was
	// built, because no place was left or it was closed.
	Skipped uint64
}

// ask fills in whose stage an operation asks for.
func (c *Cutover) ask(rec *record, user *ldcontext.Context) {
	rec.flag, rec.user, rec.defaultStage, rec.memory = c.flag, *user, c.defaultStage, &c.memory
}
