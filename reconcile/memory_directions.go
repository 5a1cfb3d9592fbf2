package reconcile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// Epoch implements [Directions].
func (m *Memory) Epoch(_ context.Context, flag string) (cutover.Epoch, error) {
	s := m.store
	defer s.locked()()
	now, _, err := m.use()
	if err != nil {
		return cutover.Epoch{}, err
	}
	f := s.flag(flag)
	f.turns.advance(now, s.config.TurnAfter, s.off)
	return f.turns.epoch, nil
}

// Turn implements [Directions]. Before the first write it makes the first epoch, if zero is
// expected.
func (m *Memory) Turn(
	_ context.Context, flag string, expected int64, from ldmigration.Origin,
) (cutover.Epoch, error) {
	s := m.store
	defer s.locked()()
	now, _, err := m.use()
	if err != nil {
		return cutover.Epoch{}, err
	}
	f := s.flag(flag)
	f.turns.advance(now, s.config.TurnAfter, s.off)
	epoch := f.turns.epoch
	switch {
	case from != ldmigration.Old && from != ldmigration.New:
		return epoch, fmt.Errorf("turn flag %q to %q: %w: unknown origin", flag, from, ErrNotTurned)
	case from == epoch.From:
		return epoch, nil
	case expected != epoch.Number:
		return epoch, fmt.Errorf("turn flag %q: %w: the epoch is %d, not %d", flag, ErrNotTurned, epoch.Number, expected)
	}
	open, dirty := f.held(epoch.From)
	if open+dirty > 0 && !s.off.has(turnAnyway) {
		return epoch, fmt.Errorf("turn flag %q: %w: %d records are open and %d are dirty", flag, ErrNotTurned, open, dirty)
	}
	f.turns.turn(from, now)
	return f.turns.epoch, nil
}

// held counts the rows of a direction.
func (f *memoryFlag) held(from ldmigration.Origin) (open, dirty int) {
	for _, r := range f.rows {
		switch {
		case r.from != from:
		case len(r.open) > 0:
			open++
		case r.dirty:
			dirty++
		}
	}
	return open, dirty
}

// CloseGaps implements [Directions].
func (m *Memory) CloseGaps(_ context.Context, flag string, before time.Time) error {
	s := m.store
	defer s.locked()()
	if _, _, err := m.use(); err != nil {
		return err
	}
	f := s.flag(flag)
	f.gaps = slices.DeleteFunc(f.gaps, func(g Gap) bool { return g.Until.Before(before) })
	return nil
}
