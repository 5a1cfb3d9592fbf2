package cutover

import (
	"context"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Purpose is what one of the user's functions is called for.
type Purpose uint8

const (
	// Serving is a call for the caller's result: the authoritative one.
	Serving Purpose = iota
	// Following is the secondary call of an operation.
	Following
	// Rereading is a call of [ReaderBuilder.Recheck].
	Rereading
	// Copying is a call of a secondary write that is a copy; see [WriterBuilder.SecondaryCopies].
	Copying
	// Settling is a call that makes a record equal before a write of the other direction.
	Settling
	// Repairing is a call of the repair in package reconcile.
	Repairing
)

var purposeNames = [...]string{"serving", "following", "rereading", "copying", "settling", "repairing"}

// String returns the purpose in one word, such as "serving" or "repairing".
func (p Purpose) String() string {
	if int(p) < len(purposeNames) {
		return purposeNames[p]
	}
	return "unknown purpose"
}

// Call is what one of the user's functions is called for.
type Call struct {
	// Flag is the migration flag's key.
	Flag string
	// Operation is [ldmigration.Read] or [ldmigration.Write].
	Operation ldmigration.Operation
	// Stage is the stage of the operation. It is empty for a repair, which follows the journal.
	Stage ldmigration.Stage
	// Origin is the system that the function is for.
	Origin ldmigration.Origin
	// Authoritative is true if that system is authoritative.
	Authoritative bool
	// Purpose is what the call is for.
	Purpose Purpose
}

// CallFrom returns what the function that got this context is called for. It reports false for an
// operation of a [Cutover] without [Builder.DescribeCalls] and without [Builder.Journal].
func CallFrom(ctx context.Context) (Call, bool) {
	call, ok := ctx.Value(callKey{}).(*callContext)
	if !ok {
		return Call{}, false
	}
	return call.call, true
}

// IntentFrom returns the intent of the write that is under way, or nil, so that a [Journal] can
// offer a function by which the authoritative write joins it to its transaction.
func IntentFrom(ctx context.Context) Intent {
	call, ok := ctx.Value(callKey{}).(*callContext)
	if !ok {
		return nil
	}
	return call.intent
}

// WithCall returns a context whose CallFrom returns a call. Package reconcile uses it; it is of use
// in tests of functions that ask.
func WithCall(ctx context.Context, call Call) context.Context {
	return &callContext{Context: ctx, call: call}
}

// described returns a context that says what a function is called for.
func (o *operation[P, R]) described(ctx context.Context, rec *record, which side, purpose Purpose) context.Context {
	var c *callContext
	if rec.protection != nil && o.kind == ldmigration.Write {
		c = &rec.protection.calls[which]
	} else {
		c = &callContext{}
	}
	*c = callContext{Context: ctx, intent: rec.intents[0], call: Call{
		Flag: rec.flag, Operation: o.kind, Stage: rec.stage, Origin: which.origin(),
		Authoritative: which == rec.plan.authoritative, Purpose: purpose,
	}}
	return c
}

type callKey struct{}

// callContext tells a function what it is called for.
type callContext struct {
	context.Context //nolint:containedctx // this is a context
	call            Call
	intent          Intent
}

// Value returns the callContext itself for its key.
func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}
