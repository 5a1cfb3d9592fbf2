package cutover

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Cutover is one migration: a flag, and the settings for reads and writes under it. Build it with
// [New] when the service starts; its readers and writers share it. It is safe for concurrent use.
type Cutover struct {
	settings     *settings
	flag         string
	defaultStage ldmigration.Stage
	memory       flagMemory
}

// FlagKey returns the key of the migration flag.
func (c *Cutover) FlagKey() string { return c.flag }

// Background returns how many calls run in the background now, and how many were skipped.
func (c *Cutover) Background() BackgroundStats {
	b := c.settings.background
	waiting := b.waiting.Load()
	return BackgroundStats{
		Running: int(max(b.running.Load()-waiting, 0)), Waiting: int(waiting), Skipped: b.skipped.Load(),
	}
}

// Close waits until no secondary is under way and nothing runs in the background, or until ctx
// ends. In the second case the error is an [ErrStillRunning], with the context's error and cause,
// and the number of calls is logged. A nil ctx is [context.Background].
//
// Operations may go on after Close, for a service that shuts down. Detached reads then skip their
// secondary, and differences are not read again. One that waits for [ReaderBuilder.Recheck] ends
// its wait and sends its op event. Close may be called more than once.
func (c *Cutover) Close(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	running, ended := c.settings.background.close(ctx)
	if ended {
		return nil
	}
	c.settings.log.warn(ctx, "closed while secondaries still run", flagAttr(c.flag), slog.Int("running", running))
	return fmt.Errorf("closing the cutover of flag %q: %d %w: %w", c.flag, running, ErrStillRunning, endOf(ctx))
}

// BackgroundStats counts the calls that a [Cutover] makes beside its callers.
type BackgroundStats struct {
	// Running is the number of calls that run now after their operation returned: detached reads,
	// and secondaries after their timeout or their caller's deadline.
	Running int
	// Waiting is the number of differences that are to be read again; see [ReaderBuilder.Recheck].
	Waiting int
	// Skipped is the number of secondaries, and of reads by [ReaderBuilder.Recheck], that were
	// skipped since Build: the limit was reached, an earlier write of the record had timed out, or
	// the Cutover was closed.
	Skipped uint64
}

// JournalStats is how the journal of a [Cutover] does, as its operations see it.
type JournalStats struct {
	// Lost is true while the journal fails: the last write that asked it got an error.
	Lost bool
	// Left are the systems whose secondary writes are left to repair, because they failed too often
	// in a row; see [Builder.Breaker].
	Left []ldmigration.Origin
}

// JournalStats returns how the journal does. It is zero without [Builder.Journal].
func (c *Cutover) JournalStats() (stats JournalStats) {
	j := c.settings.journal
	if j == nil {
		return stats
	}
	stats.Lost = j.lost.Load()
	for s, b := range j.breakers {
		if b != nil && b.Open() {
			stats.Left = append(stats.Left, origins[s])
		}
	}
	return stats
}

// ask fills in the request of an operation.
func (c *Cutover) ask(rec *record, evalContext *ldcontext.Context) {
	rec.flag, rec.user, rec.defaultStage, rec.memory = c.flag, *evalContext, c.defaultStage, &c.memory
}

// Stage returns the stage at which an operation for evalContext would run now. It evaluates the
// flag as an operation does: within a context of [Pin] it uses the decision, or makes it. It calls
// no function, sends no op event and tells no [StageObserver]. If the flag gives no stage, the
// result is the default stage. The error is a [StageError] if the flag client returns an unknown
// stage, and otherwise nil. A nil ctx is [context.Background].
//
// The stage may change right afterwards. To choose between two functions, use a [Reader] or a
// [Writer].
func (c *Cutover) Stage(ctx context.Context, evalContext ldcontext.Context) (ldmigration.Stage, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	var rec record
	c.ask(&rec, &evalContext)
	c.settings.stageOf(ctx, &rec.request, false, &rec.evaluation)
	if !isStage(rec.stage) {
		return "", &StageError{Flag: c.flag, Stage: rec.stage}
	}
	return rec.stage, nil
}
