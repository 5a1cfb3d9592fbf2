package journaltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// world is a storage under test, and the test.
type world struct {
	tb testing.TB
	Storage
	flag string
}

func newWorld(tb testing.TB, s Storage) *world {
	tb.Helper()
	return &world{tb: tb, Storage: s, flag: "flag"}
}

func (w *world) ctx() context.Context { return w.tb.Context() }

// open starts a process.
func (w *world) open(name string) reconcile.Journal {
	w.tb.Helper()
	j := w.Open(w.tb, name)
	w.tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), w.Patience)
		defer cancel()
		_ = j.Close(ctx)
	})
	return j
}

func order(key string) cutover.RecordKey { return cutover.RecordKey{Kind: "order", Key: key} }

func orders(keys ...string) []cutover.RecordKey {
	records := make([]cutover.RecordKey, len(keys))
	for i, key := range keys {
		records[i] = order(key)
	}
	return records
}

var errSettled = errors.New("settled without a reason")

// write is a write of orders, which nothing is to settle.
func (w *world) write(from ldmigration.Origin, keys ...string) cutover.JournalWrite {
	settle := func(_ context.Context, record cutover.RecordKey, _ ldmigration.Origin, _ func() error) error {
		w.tb.Errorf("settled %v without a reason", record)
		return errSettled
	}
	return cutover.JournalWrite{Flag: w.flag, Records: orders(keys...), From: from, Settle: settle}
}

// begin begins a write that has nothing to wait for.
func (w *world) begin(j reconcile.Journal, from ldmigration.Origin, keys ...string) cutover.Intent {
	w.tb.Helper()
	return w.begins(j, w.write(from, keys...))
}

func (w *world) begins(j reconcile.Journal, write cutover.JournalWrite) cutover.Intent {
	w.tb.Helper()
	ctx, cancel := context.WithTimeout(w.ctx(), w.Patience)
	defer cancel()
	in, err := j.Begin(ctx, write)
	require.NoError(w.tb, err, "begin")
	require.NoError(w.tb, in.Check(), "check")
	return in
}

// stain leaves a record dirty by a write that failed.
func (w *world) stain(j reconcile.Journal, from ldmigration.Origin, keys ...string) {
	w.tb.Helper()
	w.begin(j, from, keys...).End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
	for _, key := range keys {
		w.dirty(j, key, cutover.SecondaryFailed)
	}
}

// mark marks records, and waits until that is seen.
func (w *world) mark(j reconcile.Journal, m cutover.JournalMark) {
	w.tb.Helper()
	m.Flag = w.flag
	if m.From == "" {
		m.From = ldmigration.Old
	}
	j.Mark(w.ctx(), m)
	for _, record := range m.Records {
		w.eventually("the mark is seen", func() bool {
			e, ok := w.entry(j, record)
			return ok && e.Dirty == m.Dirty
		})
	}
}

// claim claims all records that are due, and expects that they are as many as told.
func (w *world) claim(j reconcile.Journal, count int) []reconcile.Claim {
	w.tb.Helper()
	var claims []reconcile.Claim
	w.eventually("enough records are claimed", func() bool {
		claims = append(claims, w.due(j)...)
		return len(claims) >= count
	})
	require.Len(w.tb, claims, count, "claims")
	return claims
}

// due claims what is due now.
func (w *world) due(j reconcile.Journal) []reconcile.Claim {
	w.tb.Helper()
	claims, err := j.Claim(w.ctx(), reconcile.ClaimRequest{Flag: w.flag, Kinds: []string{"order"}, Limit: 100})
	require.NoError(w.tb, err, "claim")
	return claims
}

// release releases a claim, and returns whether its record left the journal.
func (w *world) release(j reconcile.Journal, rel reconcile.Release) bool {
	w.tb.Helper()
	gone, err := j.Release(w.ctx(), []reconcile.Release{rel})
	require.NoError(w.tb, err, "release")
	require.Len(w.tb, gone, 1, "results of one release")
	return gone[0]
}

func equal(c reconcile.Claim) reconcile.Release {
	return reconcile.Release{Claim: c, Outcome: reconcile.Equal}
}

// pass moves the clock beyond some time.
func (w *world) pass(d time.Duration) { w.Advance(d + time.Second) }
