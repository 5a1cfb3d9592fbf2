package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// copying is how records are copied from one system to the other.
type copying[K comparable, V any] struct {
	kind   *Kind[K, V]
	from   side
	permit func() error
	sent   bool               // the target was called to write
	ctxs   [2]context.Context // of the calls to each system
}

// copying tells the functions of each system what they are called for.
func (k *Kind[K, V]) copying(ctx context.Context, from side, permit func() error) *copying[K, V] {
	call, described := cutover.CallFrom(ctx)
	if !described {
		call.Purpose = cutover.Copying
	}
	c := &copying[K, V]{kind: k, from: from, permit: permit}
	for s := range c.ctxs {
		call.Origin, call.Authoritative = side(s).origin(), side(s) == from
		c.ctxs[s] = cutover.WithCall(ctx, call)
	}
	return c
}

func (c *copying[K, V]) source() *System[K, V] { return &c.kind.systems[c.from] }
func (c *copying[K, V]) target() *System[K, V] { return &c.kind.systems[c.from.other()] }

// conditional reports whether the target can tell old writes from new ones.
func (c *copying[K, V]) conditional() bool {
	return c.source().Version != nil && c.target().Apply != nil
}

// read returns the record as the source has it now.
func (c *copying[K, V]) read(key K) (got Versioned[V], err error) {
	if c.conditional() {
		got, err = c.source().Version(c.ctxs[c.from], key)
	} else {
		got.Value, got.Found, err = c.source().Get(c.ctxs[c.from], key)
	}
	if err != nil {
		return got, fmt.Errorf("reading from the %s system: %w", c.from.origin(), err)
	}
	return got, nil
}

// readBack returns the record as the target has it now.
func (c *copying[K, V]) readBack(key K) (got Versioned[V], err error) {
	to := c.from.other()
	got.Value, got.Found, err = c.target().Get(c.ctxs[to], key)
	if err != nil {
		return got, fmt.Errorf("reading from the %s system: %w", to.origin(), err)
	}
	return got, nil
}

// write makes the target's record what was read.
func (c *copying[K, V]) write(key K, got Versioned[V]) (err error) {
	if err = c.permit(); err != nil {
		return err
	}
	c.sent = true
	to := c.from.other()
	switch ctx := c.ctxs[to]; {
	case c.conditional():
		_, err = c.target().Apply(ctx, key, got)
	case got.Found:
		err = c.target().Put(ctx, key, got.Value)
	default:
		err = c.target().Delete(ctx, key)
	}
	if err != nil {
		return fmt.Errorf("writing to the %s system: %w", to.origin(), err)
	}
	return nil
}

// ErrUndecided is the error of a record that the comparison gave up.
var ErrUndecided = errors.New("comparison is undecided")

// ErrNotTaken is the error of a record that differed still after it was written.
var ErrNotTaken = errors.New("record differs after it was written")

// ErrNotDeleted is the error of a record that only a read saw to differ, and that the authoritative
// system does not have; see [Pair.DeleteUnwritten].
var ErrNotDeleted = errors.New("not deleted, because no journaled write deleted it from the authoritative system")

// ErrUnclear is the error of a record that differs, and of which nobody knows which system is right:
// writes of both directions left it dirty, or a read saw it differ while the journal had the other
// direction.
var ErrUnclear = errors.New("differs, and it is not clear which system is right")

func (c Claim) unclear() bool {
	return c.Unclear || !c.Written && c.Epoch.Number != 0 && c.From != c.Epoch.From
}

// equal reports whether what source and target hold is the same.
func (c *copying[K, V]) equal(source, target Versioned[V]) (bool, error) {
	if !source.Found || !target.Found {
		return source.Found == target.Found, nil
	}
	before, after := source.Value, target.Value
	if c.from == 1 {
		before, after = after, before
	}
	switch c.kind.pair.Compare.Compare(before, after) {
	case compare.Same:
		return true, nil
	case compare.Different:
		return false, nil
	default:
		return false, ErrUndecided
	}
}
