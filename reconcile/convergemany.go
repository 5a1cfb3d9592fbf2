package reconcile

import (
	"context"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/internal/keytext"
)

// manyAtOnce reports whether both systems can get many records at once.
func (k *Kind[K, V]) manyAtOnce() bool {
	for _, s := range k.systems {
		if s.GetMany == nil || s.Apply != nil {
			return false
		}
	}
	return true
}

// one of many records that are copied together.
type member[K comparable, V any] struct {
	at     int // in the claims
	key    K
	source Versioned[V]
}

// convergeMany is convergeOne for all claims of one direction, with one call for many records where
// there is one. If such a call fails, it goes on record by record, so that one bad record does not
// hold up the others.
func (k *Kind[K, V]) convergeMany(ctx context.Context, from side, claims []Claim, results []converged, held func(Claim) error) {
	var members []member[K, V]
	for i, claim := range claims {
		if sideOf(claim.From) != from {
			continue
		}
		key, err := keytext.Decode[K](claim.Record.Key)
		if err != nil {
			results[i] = converged{err: err, final: true}
			continue
		}
		members = append(members, member[K, V]{at: i, key: key})
	}
	if len(members) == 0 {
		return
	}
	for _, m := range k.together(ctx, from, members, claims, results, held) {
		before := results[m.at]
		done := k.convergeOne(ctx, claims[m.at], held)
		done.wrote = done.wrote || before.wrote
		if before.late {
			done.late = true
			if done.err == nil { // it is equal now, until that write takes effect
				done.err, done.soon = before.err, true
			}
		}
		results[m.at] = done
	}
}

// together returns the records that are left to be copied one by one: all of them after a panic, so
// that the one that panics is found.
func (k *Kind[K, V]) together(
	ctx context.Context, from side, members []member[K, V], claims []Claim, results []converged, held func(Claim) error,
) (alone []member[K, V]) {
	defer func() {
		if recover() != nil {
			alone = members
		}
	}()
	c := k.copying(ctx, from, nil)
	differ, err := k.findDiffering(c, members)
	if err != nil {
		return members
	}
	var puts, single []member[K, V]
	for _, m := range differ {
		if m.source.Found && !claims[m.at].unclear() && c.target().PutMany != nil && held(claims[m.at]) == nil {
			puts = append(puts, m)
		} else {
			single = append(single, m)
		}
	}
	if len(puts) == 0 {
		return single
	}
	for _, m := range puts {
		results[m.at] = converged{wrote: true, late: true, err: cutover.ErrUnwound} // if it panics
	}
	err = k.putMany(c, puts)
	for _, m := range puts {
		results[m.at] = converged{wrote: true, late: err != nil, err: err}
	}
	if err != nil {
		return append(single, puts...)
	}
	left, err := k.findDiffering(c, puts)
	if err != nil {
		left = puts
	}
	return append(single, left...)
}

// findDiffering reads many records from both systems, and returns those that are not equal.
func (k *Kind[K, V]) findDiffering(c *copying[K, V], members []member[K, V]) (differ []member[K, V], err error) {
	keys := make([]K, len(members))
	for i, m := range members {
		keys[i] = m.key
	}
	var got [2]map[K]V
	for _, s := range [2]side{c.from, c.from.other()} {
		if got[s], err = k.systems[s].GetMany(c.ctxs[s], keys); err != nil {
			return nil, err
		}
	}
	for _, m := range members {
		var target Versioned[V]
		m.source.Value, m.source.Found = got[c.from][m.key]
		target.Value, target.Found = got[c.from.other()][m.key]
		if same, err := c.equal(m.source, target); !same || err != nil {
			differ = append(differ, m)
		}
	}
	return differ, nil
}

func (k *Kind[K, V]) putMany(c *copying[K, V], puts []member[K, V]) error {
	keys, values := make([]K, len(puts)), make([]V, len(puts))
	for i, m := range puts {
		keys[i], values[i] = m.key, m.source.Value
	}
	return c.target().PutMany(c.ctxs[c.from.other()], keys, values)
}
