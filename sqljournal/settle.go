package sqljournal

import (
	"context"
	"errors"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

var errNoSettle = errors.New("the write has no Settle")

// settle makes a record equal that the other direction left dirty, if that is so. Nobody else can
// open it meanwhile.
func (in *intent) settle(ctx context.Context, b *begin) error {
	j := in.journal
	j.mu.Lock()
	due := b.settles
	j.mu.Unlock()
	if !due {
		return nil
	}
	permitted, done := false, false
	defer func() {
		if !done { // or Settle panicked
			j.mu.Lock()
			defer j.mu.Unlock()
			j.release(b, permitted)
		}
	}()
	permit := func() error {
		if !in.lease.held(j.now()) {
			return cutover.ErrLeaseLost
		}
		permitted = true
		return nil
	}
	err := errNoSettle
	if in.write.Settle != nil {
		err = in.write.Settle(ctx, b.hold.record, other(in.write.From), permit)
	}
	if err == nil && !in.lease.held(j.now()) {
		err = cutover.ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("settle %v: %w: %w", b.hold.record, cutover.ErrUnsettled, err)
	}
	equal, err := j.settled(b)
	if err != nil {
		return fmt.Errorf("note that %v is settled: %w: %w", b.hold.record, cutover.ErrJournal, err)
	}
	done = equal // otherwise it was marked meanwhile, and is begun again
	return nil
}

// settled makes the row clean and gives it the direction of the write.
func (j *Journal) settled(b *begin) (bool, error) {
	h := b.hold
	ctx, cancel := context.WithTimeout(j.stopped, j.config.BeginTimeout)
	defer cancel()
	changed, err := j.store.execute(ctx, j.store.texts.settled, args{
		"origin": string(h.from), "flag": h.row.flag, "kind": h.row.kind, "key": h.row.key,
		"me": h.token, "gen": b.gen,
	})
	if err != nil {
		j.health.fail(err)
		return false, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if changed == 0 || h.phase == over || !b.settles {
		return false, nil
	}
	h.phase = open
	b.finish(admitted, nil)
	return true, nil
}

// release gives up settling. The row stays dirty from the other direction.
func (j *Journal) release(b *begin, permitted bool) {
	h := b.hold
	if !b.settles {
		return
	}
	h.late = h.late || permitted // what was permitted may still take effect
	h.wanted = true
	if h.phase != over {
		h.phase = open
	}
	b.finish(busy, nil)
}

func other(from ldmigration.Origin) ldmigration.Origin {
	if from == ldmigration.Old {
		return ldmigration.New
	}
	return ldmigration.Old
}
