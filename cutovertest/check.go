package cutovertest

import (
	"fmt"
)

// The promises that Exercise holds a migration to.
const (
	promiseRead        = "a read after a successful write returns what was written"
	promiseSecondary   = "a secondary's failure never reaches the caller"
	promiseRequireBoth = "a write that requires both systems fails if the secondary does"
	promiseFailure     = "a write that the authoritative system refused is an error"
	promiseSuccess     = "what neither system was made to refuse succeeds"
	promiseAlike       = "both systems take and find the same records"
	promisePlan        = "the stage says which systems are asked, and in which order they are written to"
	promiseEvent       = "every operation sends an op event"
	promiseConsistent  = "results that are equal compare as consistent"
	promiseBackfill    = "after a backfill both systems hold the same"
	promiseLoss        = "the authoritative system holds all that was written, and nothing else"
	promiseDual        = "while writes go to both systems, the secondary holds what was written too"
	promiseAlone       = "a system that a stage does not write to is left as it was"
	promiseReturn      = "an operation returns, and its calls end"
	promiseUnmodified  = "payloads are not modified, as the harness says"
	promiseJournal     = "the journal is told of a write to both systems before the second of its writes"
	promiseKinds       = "the service's Kinds are all kinds of record that its writers name"
	promiseUnharmed    = "a journal's failure never reaches the caller"
	promiseRecorded    = "a write that the journal cannot record is an error and is not made, as the harness says"
	promiseRestart     = "the service starts again after a crash"
	promiseDrained     = "a drain makes every dirty record equal, and ends"
	promiseEqual       = "after a drain both systems hold the same"
	promiseRepair      = "a repair loses no write: the system that was written first keeps what it holds"
	promisePayload     = "the secondary has a payload of its own: nobody sees what becomes of another's payload"
)

// checkAny checks what is promised of reads and writes alike.
func (p *player[K, P, R]) checkAny(s step, plan plan, key K, out operated[K, R]) *failure {
	kind := faultKinds[s.fault]
	_, there := p.model.holds[plan.first][key]
	there = there || s.verb == writes // an absent record may be an error
	switch {
	case out.panics != "":
		return &failure{promise: promiseReturn, got: out.panics, left: out.left, stacks: out.stacks}
	case kind.unrecorded && !p.RequireJournal && !p.RequireBoth && out.err != nil:
		return &failure{promise: promiseUnharmed, got: "the caller got the error " + quoted(out.err)}
	case kind.unrecorded && p.RequireJournal:
		return p.checkNotRun(out)
	case len(out.events) == 0:
		return &failure{promise: promiseEvent, got: "none came: does it go through the reader or writer, and its flag client?"}
	case out.err != nil && s.fault != "" && !kind.authoritative && there && (s.verb == reads || !p.RequireBoth):
		return &failure{promise: promiseSecondary, got: "the caller got the error " + quoted(out.err)}
	}
	var asked [2]bool
	cut := kind.authoritative && s.verb != reads // a write that failed goes no further
	for _, call := range out.calls {
		if call.verb == s.verb {
			asked[call.system] = true
			cut = cut || s.verb == deletes && !there && call.system == plan.first && call.err != nil
		}
	}
	for _, which := range []side{oldSide, newSide} {
		if want := which == plan.first || plan.both && !cut; want != asked[which] {
			return &failure{
				promise: promisePlan, want: "a " + string(s.verb) + " that asks " + plan.order(),
				got: fmt.Sprintf("old asked: %t, new asked: %t", asked[oldSide], asked[newSide]),
			}
		}
	}
	return nil
}

// checkChange checks a write or a delete, before the model knows of it.
func (p *player[K, P, R]) checkChange(s step, key K, out operated[K, R]) *failure {
	plan, kind := p.model.writes(), faultKinds[s.fault]
	if broken := p.checkAny(s, plan, key, out); broken != nil {
		return broken
	}
	_, there := p.model.holds[plan.first][key]
	absent := s.verb == deletes && !there // whether that is an error is up to the system
	switch {
	case kind.authoritative && out.err == nil:
		return &failure{promise: promiseFailure, got: "the caller got no error"}
	case out.err != nil && s.fault == "" && !absent:
		return &failure{promise: promiseSuccess, got: "the caller got the error " + quoted(out.err)}
	case p.RequireBoth && plan.both && s.fault != "" && !kind.answers && out.err == nil:
		return &failure{promise: promiseRequireBoth, got: "the caller got no error"}
	}
	if broken := p.checkJournal(plan, kind); broken != nil {
		return broken
	}
	for i, call := range out.calls {
		if i == 0 && call.verb == s.verb && call.system != plan.first {
			return &failure{promise: promisePlan, want: plan.order(), got: call.system.String() + " first"}
		}
		_, there := p.model.holds[call.system][key]
		promise := promiseAlike
		if kind.scribbler != nobody {
			promise = promisePayload
		}
		unharmed := s.fault == "" || kind.scribbler != nobody
		switch refusable := unharmed && (s.verb == writes || there); {
		case refusable && !call.ended:
			return &failure{promise: promise, got: fmt.Sprintf("the %s system panicked or ended its goroutine", call.system)}
		case refusable && call.err != nil:
			return &failure{promise: promise, got: fmt.Sprintf("the %s system refused it: %s", call.system, quoted(call.err))}
		}
	}
	return p.checkPayload(s)
}

// checkRead checks a read's result, and what each system's function returned for it.
func (p *player[K, P, R]) checkRead(s step, key K, out operated[K, R]) *failure {
	plan := p.model.reads()
	broken := p.checkAny(s, plan, key, out)
	if broken == nil && !faultKinds[s.fault].authoritative && !p.found(plan.first, key, out.value, out.err) {
		broken = p.wrongRead(plan.first, key, answered(out.value, out.err), "")
	}
	if broken == nil {
		broken = p.checkEach(s, out)
	}
	if broken != nil && !broken.left {
		broken.contents = p.contents()
	}
	return broken
}

// wrongRead tells a wrong answer to a read, and where it came from.
func (p *player[K, P, R]) wrongRead(which side, key K, got, from string) *failure {
	want := p.wanted(which, key)
	if got == want {
		from += writtenAlike
	}
	return &failure{promise: promiseRead, want: want, got: got + from}
}

// checkEach checks what each system answered to a read: a secondary's wrong answer comes out only
// when it is too late.
func (p *player[K, P, R]) checkEach(s step, out operated[K, R]) *failure {
	for _, call := range out.calls {
		if call.verb != reads || s.fault != "" && call.system == p.faulty(s) {
			continue
		}
		if !call.ended {
			return &failure{promise: promiseAlike, got: fmt.Sprintf("the %s system panicked or ended its goroutine", call.system)}
		}
		if !p.found(call.system, call.key, call.result, call.err) {
			answer := answered(call.result, call.err)
			return p.wrongRead(call.system, call.key, answer, fmt.Sprintf(", from the %s system", call.system))
		}
	}
	if check := out.events[len(out.events)-1].ConsistencyCheck; check == nil || check.Consistent() || len(out.calls) != 2 {
		return nil
	}
	first, second := out.calls[0], out.calls[1]
	if p.NotFound(first.result, first.err) != p.NotFound(second.result, second.err) || !p.Equal(first.result, second.result) {
		return nil
	}
	return &failure{
		promise: promiseConsistent,
		got:     fmt.Sprintf("the comparison finds that %s and %s differ", shown(first.result), shown(second.result)),
	}
}

// found reports whether an answer is what a system holds by the model.
func (p *player[K, P, R]) found(which side, key K, result R, err error) bool {
	n, there := p.model.holds[which][key]
	if !there {
		return p.NotFound(result, err)
	}
	return err == nil && p.Equal(p.ResultOf(p.Payload(n)), result)
}

// wanted tells what a system holds by the model.
func (p *player[K, P, R]) wanted(which side, key K) string {
	n, there := p.model.holds[which][key]
	if !there {
		return noRecord
	}
	return shown(p.ResultOf(p.Payload(n)))
}

func answered[R any](result R, err error) string {
	if err != nil {
		return "the error " + quoted(err)
	}
	return shown(result)
}

// promiseOf names what is broken where a system does not hold what it should.
func (p *player[K, P, R]) promiseOf(s step, which side) string {
	plan := p.model.table[p.ranAt].writes
	switch {
	case s.verb == backfills:
		return promiseBackfill
	case faultKinds[s.fault].scribbler != nobody:
		return promisePayload
	case which == plan.first:
		return promiseLoss
	case plan.both:
		return promiseDual
	default:
		return promiseAlone
	}
}

const noRecord = "no record"

func quoted(err error) string { return fmt.Sprintf("%q", err.Error()) }
