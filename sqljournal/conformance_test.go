package sqljournal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/reconcile/journaltest"
	"github.com/gocutover/cutover/sqljournal"
)

//nolint:tparallel // a random check gives a write a limited time to begin, and so runs alone
func TestTheRulesOfJournals(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *world{"PostgreSQL": postgres, "SQLite": sqlite} {
		for _, check := range journaltest.Checks() {
			t.Run(name+"/"+check.Name, func(t *testing.T) {
				if !strings.HasPrefix(check.Name, "random") {
					t.Parallel()
				}
				check.Run(t, storage(t, open(t)))
			})
		}
	}
}

// storage is a database under the suite of all journals.
func storage(tb testing.TB, w *world) journaltest.Storage {
	tb.Helper()
	return journaltest.Storage{
		Open:      func(_ testing.TB, name string) reconcile.Journal { return w.journal(name) },
		Crash:     func(j reconcile.Journal) { j.(*sqljournal.Journal).Crash() },
		Pause:     func(j reconcile.Journal) { j.(*sqljournal.Journal).Pause() },
		Resume:    func(j reconcile.Journal) { j.(*sqljournal.Journal).Resume() },
		Advance:   w.advance,
		Lease:     w.config.Lease,
		LateBound: w.config.LateBound,
		TurnAfter: w.config.TurnAfter,
		Patience:  20 * time.Second,
	}
}
