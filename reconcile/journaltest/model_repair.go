package journaltest

import (
	"time"

	"github.com/gocutover/cutover/reconcile"
)

// repairUntil repairs while others write.
func (m *model) repairUntil(j reconcile.Journal, done <-chan struct{}) {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-done:
			return
		case <-again.C:
			m.repair(j)
		}
	}
}

// repair repairs what is due. A journal that was crashed repairs nothing.
func (m *model) repair(j reconcile.Journal) {
	want := reconcile.ClaimRequest{Flag: m.w.flag, Kinds: []string{"order"}, Limit: 2}
	claims, err := j.Claim(m.w.ctx(), want)
	if err != nil {
		return
	}
	releases := make([]reconcile.Release, len(claims))
	for i, c := range claims {
		releases[i] = equal(c)
		if m.copy(m.w.ctx(), c.Record, c.From, func() error { return j.Held(c) }) != nil {
			releases[i].Outcome = reconcile.Retry
		}
	}
	gone, err := j.Release(m.w.ctx(), releases)
	if err != nil {
		return
	}
	for _, repaired := range gone {
		if repaired {
			m.count("repaired")
		}
	}
}
