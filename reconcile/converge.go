package reconcile

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/internal/keytext"
)

// RecordKind is a kind of record that can be repaired: a [Kind].
type RecordKind interface {
	cutover.RecordKind
	// converge makes claimed records equal in both systems, each in the direction of its claim.
	converge(ctx context.Context, claims []Claim, held func(Claim) error) []converged
}

// converged is what became of a claimed record.
type converged struct {
	wrote   bool // the target was written to
	deleted bool // by deleting
	final   bool // to try again is of no use
	soon    bool // to be tried again at once: it is half done
	late    bool // a write failed, and may still take effect
	err     error
}

// converge copies record by record, or many at once where both systems can.
func (k *Kind[K, V]) converge(ctx context.Context, claims []Claim, held func(Claim) error) []converged {
	results := make([]converged, len(claims))
	if k.manyAtOnce() && len(claims) > 1 {
		for _, from := range [2]side{0, 1} {
			k.convergeMany(ctx, from, claims, results, held)
		}
		return results
	}
	for i, claim := range claims {
		results[i] = k.convergeOne(ctx, claim, held)
	}
	return results
}

// convergeOne is the primitive: it reads both, writes what the authoritative one has to the other
// one if they differ, and reads that back. A function that panics fails.
func (k *Kind[K, V]) convergeOne(ctx context.Context, claim Claim, held func(Claim) error) (done converged) {
	returned := false
	defer func() {
		if value := recover(); value != nil || !returned {
			done.err, done.late = &cutover.PanicError{Value: value, Stack: debug.Stack()}, true
		}
	}()
	done = k.one(ctx, claim, held)
	returned = true
	return done
}

func (k *Kind[K, V]) one(ctx context.Context, claim Claim, held func(Claim) error) (done converged) {
	key, err := keytext.Decode[K](claim.Record.Key)
	if err != nil {
		return converged{err: err, final: true}
	}
	c := k.copying(ctx, sideOf(claim.From), func() error { return held(claim) })
	source, err := c.read(key)
	if err != nil {
		return converged{err: err}
	}
	target, err := c.readBack(key)
	if err != nil {
		return converged{err: err}
	}
	if same, err := c.equal(source, target); same && err == nil {
		return converged{}
	}
	if err := k.mayWrite(claim, source); err != nil {
		return converged{err: err, final: true}
	}
	done = converged{wrote: true, deleted: !source.Found}
	if err = c.write(key, source); err != nil {
		return k.afterConflict(c, key, err)
	}
	if target, err = c.readBack(key); err == nil {
		err = c.taken(source, target)
	}
	done.err = err
	return done
}

// mayWrite returns why a record that differs is left to a person, or nil.
func (k *Kind[K, V]) mayWrite(claim Claim, source Versioned[V]) error {
	switch {
	case claim.unclear():
		return ErrUnclear
	case !source.Found && !claim.Written && !k.pair.DeleteUnwritten:
		return ErrNotDeleted
	default:
		return nil
	}
}

// taken returns an error if the target does not hold what was written to it.
func (c *copying[K, V]) taken(source, target Versioned[V]) error {
	same, err := c.equal(source, target)
	switch {
	case err != nil:
		return err
	case !same:
		return ErrNotTaken
	default:
		return nil
	}
}

// afterConflict makes room for another record: two that have exchanged a unique value cannot be put
// one after the other.
func (k *Kind[K, V]) afterConflict(c *copying[K, V], key K, err error) converged {
	if k.pair.Conflict == nil || !k.pair.Conflict(err) {
		return converged{wrote: true, late: c.sent && !c.conditional(), err: err}
	}
	if permitErr := c.permit(); permitErr != nil {
		return converged{err: permitErr}
	}
	to := c.from.other()
	if deleteErr := c.target().Delete(c.ctxs[to], key); deleteErr != nil {
		return converged{wrote: true, late: true, err: fmt.Errorf("%w; making room for it: %w", err, deleteErr)}
	}
	return converged{wrote: true, soon: true, err: err}
}
