package reconcile

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// pauses waits, a little longer or shorter each time.
type pauses struct{ random *rand.Rand }

func (r *Repair) pause() pauses { return pauses{rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))} }

// wait reports false if ctx ended.
func (p pauses) wait(ctx context.Context, d time.Duration) bool {
	d += time.Duration((p.random.Float64() - 0.5) * 0.4 * float64(d))
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// pass claims one batch and repairs it. It returns how many records were claimed.
func (r *Repair) pass(ctx context.Context) int {
	if reason := r.throttled(ctx); reason != "" {
		r.figures.throttled(reason)
		return 0
	}
	r.figures.throttled("")
	claims, err := r.journal.Claim(ctx, ClaimRequest{Flag: r.flag, Kinds: r.names, Limit: r.limit()})
	if err != nil {
		if ctx.Err() == nil {
			r.tellJournal(ctx, err)
		}
		return 0
	}
	r.figures.journalWorks()
	if len(claims) > 0 {
		r.repair(context.WithoutCancel(ctx), claims)
	}
	return len(claims)
}

// limit keeps a batch within a second of PerSecond.
func (r *Repair) limit() int {
	if r.PerSecond > 0 {
		return min(r.Batch, max(1, int(r.PerSecond)/r.Workers))
	}
	return r.Batch
}

func (r *Repair) throttled(ctx context.Context) (reason string) {
	if r.Throttle == nil {
		return ""
	}
	r.contain(ctx, "Throttle", func() { reason = r.Throttle(ctx) })
	return reason
}

// repair makes claimed records equal, and gives the claims back however that ends.
func (r *Repair) repair(ctx context.Context, claims []Claim) {
	releases := make([]Release, len(claims))
	for i, claim := range claims {
		releases[i] = Release{Claim: claim, Outcome: Retry, Late: true, After: r.Backoff, Reason: cutover.ErrUnwound.Error()}
	}
	began := time.Now()
	results := make([]converged, len(claims))
	defer func() { r.release(ctx, releases, results, time.Since(began)) }()
	within, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	within = cutover.WithCall(within, cutover.Call{Flag: r.flag, Operation: ldmigration.Write, Purpose: cutover.Repairing})

	byKind := make(map[string][]int)
	for i, claim := range claims {
		byKind[claim.Record.Kind] = append(byKind[claim.Record.Kind], i)
	}
	for name, at := range byKind {
		some := make([]Claim, len(at))
		for j, i := range at {
			some[j] = claims[i]
		}
		for j, done := range r.kinds[name].converge(within, some, r.journal.Held) {
			results[at[j]] = done
			releases[at[j]] = r.releaseOf(some[j], done)
		}
	}
}

// releaseOf decides what becomes of a claim.
func (r *Repair) releaseOf(c Claim, done converged) Release {
	release := Release{Claim: c, Outcome: Equal, Late: done.late}
	switch {
	case done.err == nil:
	case done.final || c.Attempts+1 >= r.Attempts:
		release.Outcome, release.Reason = Park, done.err.Error()
	case done.soon:
		release.Outcome, release.Reason = Retry, done.err.Error()
	default:
		release.Outcome, release.Reason, release.After = Retry, done.err.Error(), r.backoff(c.Attempts)
	}
	return release
}

func (r *Repair) backoff(attempts int) time.Duration {
	wait := r.Backoff
	for range attempts {
		if wait *= 2; wait >= r.MaxBackoff {
			return r.MaxBackoff
		}
	}
	return min(wait, r.MaxBackoff)
}

// release gives claims back, and tells what became of them. If the journal cannot be reached, the
// claims run out with the lease; it is tried a few times before.
func (r *Repair) release(ctx context.Context, releases []Release, results []converged, took time.Duration) {
	pause := r.pause()
	var gone []bool
	var err error
	for attempt := range 5 {
		if gone, err = r.journal.Release(ctx, releases); err == nil {
			break
		}
		r.tellJournal(ctx, err)
		pause.wait(ctx, r.Poll<<attempt)
	}
	each := took / time.Duration(len(releases))
	for i, release := range releases {
		repaired := Repaired{
			Flag: r.flag, Record: release.Claim.Record, From: release.Claim.From, Dirty: release.Claim.Dirty,
			Outcome: release.Outcome, Left: err == nil && i < len(gone) && gone[i],
			Wrote: results[i].wrote, Deleted: results[i].deleted,
			Attempts: release.Claim.Attempts + 1, Since: release.Claim.Since, Latency: each, Err: results[i].err,
		}
		r.figures.count(repaired)
		if release.Outcome == Park {
			r.log.WarnContext(ctx, "cutover: record parked", slog.String("flag", r.flag), slog.String("kind", repaired.Record.Kind),
				slog.String("key", repaired.Record.Key), slog.Int("attempts", repaired.Attempts), slog.Any("error", repaired.Err))
		}
		if r.Observe != nil {
			r.contain(ctx, "observer", func() { r.Observe(ctx, repaired) })
		}
	}
}

// tellJournal logs a failure of the journal, once until it works again.
func (r *Repair) tellJournal(ctx context.Context, err error) {
	if r.figures.journalFails(err) {
		r.log.ErrorContext(ctx, "cutover: repair cannot reach the journal", slog.String("flag", r.flag), slog.Any("error", err))
	}
}

// contain logs the panic of one of the user's functions.
func (r *Repair) contain(ctx context.Context, what string, do func()) {
	defer func() {
		if value := recover(); value != nil {
			r.log.ErrorContext(ctx, "cutover: repair: "+what+" panicked", slog.String("flag", r.flag), slog.Any("panic", value))
		}
	}()
	do()
}
