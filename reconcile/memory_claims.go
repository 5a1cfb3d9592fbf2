package reconcile

import (
	"cmp"
	"context"
	"slices"

	"github.com/gocutover/cutover"
)

// Claim implements [Claims]. Its cost grows with the rows of the flag.
func (m *Memory) Claim(_ context.Context, want ClaimRequest) ([]Claim, error) {
	s := m.store
	defer s.locked()()
	now, lease, err := m.use()
	if err != nil {
		return nil, err
	}
	f := s.flag(want.Flag)
	f.turns.advance(now, s.config.TurnAfter, s.off)
	var due []cutover.RecordKey
	for key, r := range f.rows {
		if slices.Contains(want.Kinds, key.Kind) && r.due(now, s.off) {
			due = append(due, key)
		}
	}
	slices.SortFunc(due, func(a, b cutover.RecordKey) int {
		order := f.rows[a].since.Compare(f.rows[b].since)
		if s.off.has(claimNewest) {
			order = -order
		}
		return cmp.Or(order, compareKeys(a, b))
	})
	var claims []Claim
	for _, key := range due[:min(len(due), max(want.Limit, 0))] {
		r, me := f.rows[key], owner{id: s.nextID(), in: lease.id, claim: true}
		r.claim(me, now, s.off)
		r.wake()
		claims = append(claims, Claim{
			Flag: want.Flag, Record: key, Generation: r.gen, From: r.from, Epoch: f.turns.epoch,
			Written: r.written, Unclear: r.unclear, Dirty: r.reason, Since: r.since, Attempts: r.attempts, Owner: me.id,
		})
	}
	return claims, nil
}

func compareKeys(a, b cutover.RecordKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
}

// Held implements [Claims].
func (m *Memory) Held(c Claim) error {
	s := m.store
	defer s.locked()()
	s.reap(s.config.Now())
	r := s.flag(c.Flag).rows[c.Record]
	if !s.off.has(ignoreLease) && (m.ended != nil || r == nil || !r.has(c.Owner)) {
		return ErrClaimLost
	}
	return nil
}

// Release implements [Claims].
func (m *Memory) Release(_ context.Context, releases []Release) ([]bool, error) {
	s := m.store
	defer s.locked()()
	now, _, err := m.use()
	if err != nil {
		return nil, err
	}
	gone := make([]bool, len(releases))
	for i, rel := range releases {
		f := s.flag(rel.Claim.Flag)
		if r := f.rows[rel.Claim.Record]; r != nil {
			gone[i] = r.release(rel, now, s.config.LateBound, s.off)
			f.changed(rel.Claim.Record, r, s.off)
		}
	}
	return gone, nil
}
