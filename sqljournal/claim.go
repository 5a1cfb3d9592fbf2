package sqljournal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// claimed are the claims of this process.
type claimed struct {
	turn   sync.Mutex // held from a statement on claims until the books are right
	mu     sync.Mutex
	held   map[row]claim
	unsure atomic.Bool // the database may have claims that are not in the books
}

// claim is a claim of this process.
type claim struct {
	lease       *lease
	number, gen int64
}

func (c claim) token() string { return c.lease.token(claims, c.number) }

func (c *claimed) has(r row) (claim, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, ok := c.held[r]
	return one, ok
}

func (c *claimed) add(r row, one claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[row]claim{}
	}
	c.held[r] = one
}

func (c *claimed) remove(r row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, r)
}

func (c *claimed) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.held)
}

// Claim implements [reconcile.Claims].
func (j *Journal) Claim(ctx context.Context, want reconcile.ClaimRequest) ([]reconcile.Claim, error) {
	claims, err := j.claim(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("claim records of flag %q: %w", want.Flag, err)
	}
	return claims, nil
}

func (j *Journal) claim(ctx context.Context, want reconcile.ClaimRequest) ([]reconcile.Claim, error) {
	if err := j.usable(); err != nil {
		return nil, err
	}
	l, err := j.protected()
	if err != nil || want.Limit <= 0 || len(want.Kinds) == 0 {
		return nil, err
	}
	kinds := make([]string, len(want.Kinds))
	for i, kind := range want.Kinds {
		kinds[i] = escape(kind)
	}
	a := args{"flag": escape(want.Flag), "kinds": encode(kinds), "most": want.Limit}
	// Most of the time nothing is due, and to read costs less than to lock.
	var epoch cutover.Epoch
	due := false
	err = j.store.query(ctx, j.store.texts.due, a, nil, func(r *sql.Rows) error {
		return r.Scan(&epoch.Number, (*string)(&epoch.From), &due)
	})
	if err != nil || !due {
		return nil, err
	}
	j.claims.turn.Lock()
	defer j.claims.turn.Unlock()
	number := j.tokens.Add(1)
	a["me"] = l.token(claims, number)
	var got []reconcile.Claim
	err = j.store.query(ctx, j.store.texts.claim, a, func() { got = nil }, func(r *sql.Rows) error {
		c := reconcile.Claim{Flag: want.Flag, Epoch: epoch, Owner: number}
		var at row
		var since int64
		err := r.Scan(&at.flag, &at.kind, &at.key, &c.Generation, (*string)(&c.From), &c.Written, &c.Unclear,
			(*string)(&c.Dirty), &since, &c.Attempts)
		c.Record, c.Since = at.record(), fromMillis(since)
		got = append(got, c)
		return err
	})
	if err != nil {
		j.claims.unsure.Store(true)
		return nil, err
	}
	for _, c := range got {
		r, _ := rowOf(c.Flag, c.Record) // it is in the table, so it is not too long
		j.claims.add(r, claim{l, number, c.Generation})
	}
	slices.SortFunc(got, func(a, b reconcile.Claim) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Record.Kind, b.Record.Kind), cmp.Compare(a.Record.Key, b.Record.Key))
	})
	return got, nil
}

// Held implements [reconcile.Claims].
func (j *Journal) Held(c reconcile.Claim) error {
	r, err := rowOf(c.Flag, c.Record)
	one, ok := j.claims.has(r)
	if err != nil || !ok || one.number != c.Owner || !one.lease.held(j.now()) {
		return reconcile.ErrClaimLost
	}
	return nil
}

// Release implements [reconcile.Claims]. If it returns an error, the claims are given up as soon as
// the database answers again.
func (j *Journal) Release(ctx context.Context, releases []reconcile.Release) ([]bool, error) {
	if err := j.usable(); err != nil {
		return nil, fmt.Errorf("release claims: %w", err)
	}
	j.claims.turn.Lock()
	defer j.claims.turn.Unlock()
	gone := make([]bool, len(releases))
	pending := map[row]releasing{}
	for i, rel := range releases {
		r, err := rowOf(rel.Claim.Flag, rel.Claim.Record)
		if one, ok := j.claims.has(r); err == nil && ok && one.number == rel.Claim.Owner {
			pending[r] = releasing{rel, one, &gone[i]}
			j.claims.remove(r)
		}
	}
	if err := j.releaseRows(ctx, pending); err != nil {
		j.claims.unsure.Store(true)
		return nil, fmt.Errorf("release claims: %w", err)
	}
	return gone, nil
}

// leaveAll gives up all claims. Their records stay dirty.
func (c *claimed) leaveAll(ctx context.Context, j *Journal) error {
	c.mu.Lock()
	var items []item
	for r, one := range c.held {
		it := r.item()
		it.Token = one.token()
		items = append(items, it)
	}
	clear(c.held)
	c.mu.Unlock()
	if len(items) == 0 {
		return nil
	}
	_, err := j.store.execute(ctx, j.store.texts.unclaim, args{"items": encode(items)})
	if err != nil {
		return errors.Join(errors.New("give up claims"), err)
	}
	return nil
}
