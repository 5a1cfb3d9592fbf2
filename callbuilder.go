package cutover

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// callBuilder has the settings that readers and writers share.
type callBuilder[P, R any] struct {
	cutover       *Cutover
	old, new      func(context.Context, P) (R, error)
	timeout       time.Duration
	timed         bool
	max           int
	bounded       bool
	reveal        revealing[P, R]
	reveals       bool
	shownKey      KeyFunc[P]
	showsKey      bool
	cloneResult   func(R) R
	clonesResult  bool
	resultsKept   bool
	clonePayload  func(P) P
	clonesPayload bool
	payloadsKept  bool
}

func newCallBuilder[P, R any](c *Cutover, old, new func(context.Context, P) (R, error)) callBuilder[P, R] {
	return callBuilder[P, R]{cutover: c, old: old, new: new}
}

func (b *callBuilder[P, R]) validate(what string) error {
	payload := reflect.TypeFor[P]()
	return errors.Join(
		refuse(b.cutover == nil, "", ErrNilCutover),
		refuse(b.old == nil, "old "+what+": ", ErrNilFunction),
		refuse(b.new == nil, "new "+what+": ", ErrNilFunction),
		refuse(b.timed && b.timeout < 0, fmt.Sprintf("secondary timeout %v: ", b.timeout), ErrTooSmall),
		refuse(b.bounded && b.max < 1, fmt.Sprintf("max background %d: ", b.max), ErrTooSmall),
		refuse(b.reveals && (b.reveal.payload == nil || b.reveal.result == nil), "reveal: ", ErrNilFunction),
		refuseKey(b.showsKey, "revealed key: ", b.shownKey),
		refuse(b.clonesPayload && b.clonePayload == nil, "clone of payloads: ", ErrNilFunction),
		refuse(!b.clonesPayload && !b.payloadsKept && !sharable(payload),
			fmt.Sprintf("payloads of type %v can be modified: ", payload), ErrCloneRequired),
	)
}

// refuseKey returns the error of a key that was set, or nil.
func refuseKey[P any](given bool, which string, key KeyFunc[P]) error {
	err := key.Err()
	return refuse(given && err != nil, which, err)
}

// validateResults returns an error for results that could be modified while the library uses them.
func (b *callBuilder[P, R]) validateResults(outlive bool) error {
	result := reflect.TypeFor[R]()
	return errors.Join(
		refuse(b.clonesResult && b.cloneResult == nil, "clone of results: ", ErrNilFunction),
		refuse((outlive || b.reveals) && !b.clonesResult && !b.resultsKept && !sharable(result),
			fmt.Sprintf("results of type %v can be modified: ", result), ErrCloneRequired),
	)
}

// operation returns the operation that readers and writers share.
func (b *callBuilder[P, R]) operation(kind ldmigration.Operation) operation[P, R] {
	op := operation[P, R]{
		settings:     b.cutover.settings,
		kind:         kind,
		calls:        [2]func(context.Context, P) (R, error){oldSide: b.old, newSide: b.new},
		reveal:       b.reveal,
		shownKey:     b.shownKey,
		cloneResult:  b.cloneResult,
		clonePayload: b.clonePayload,
	}
	op.lane = op.reads
	if kind == ldmigration.Write {
		op.lane = op.writes
	}
	if b.timed || b.bounded {
		op.lane = b.ownLane(op.lane)
	}
	return op
}

// ownLane returns the lane of a reader or writer with a timeout or a limit of its own. A lane has
// one timeout, so either setting makes the count separate too.
func (b *callBuilder[P, R]) ownLane(shared *lane) *lane {
	limit, patience := int(shared.limit), shared.calls.Limit()
	if b.bounded {
		limit = b.max
	}
	if b.timed {
		patience = b.timeout
	}
	return newLane(shared.background, limit, patience)
}
