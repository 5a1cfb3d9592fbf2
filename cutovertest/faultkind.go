package cutovertest

import (
	"context"
	"errors"
	"time"
)

// errInjected is the error of every call that [Exercise] makes fail.
var errInjected = errors.New("a fault that cutovertest made")

// party is who changes a payload that was used.
type party uint8

const (
	nobody party = iota
	authoritativeFunction
	secondaryFunction
	caller
)

// moment is where in an operation the process is killed.
type moment uint8

const (
	never moment = iota
	beforeFirst
	betweenBoth
	afterSecond
)

// faultKind is a fault that a script can name.
type faultKind struct {
	tells         string // what it does, in a failure
	applied       bool   // whether the write is made all the same
	answers       bool   // whether the call returns without an error
	authoritative bool   // whether it happens to the authoritative system instead of the secondary
	scribbler     party  // who changes its payload once it is done with it
	journaled     bool   // whether it needs a journal, as nothing else repairs what it leaves
	dies          moment // where the process is killed
	overtaken     bool   // whether another process writes the record between the two writes
	unrecorded    bool   // whether the journal cannot be reached
	faults        func(release <-chan struct{}) []Fault
}

// endsGoroutine is the fault that a [Harness] with SecondaryInline does without.
const endsGoroutine = "exits"

var faultKinds = map[string]faultKind{
	"fails": {tells: "the secondary fails", faults: always(Fail(errInjected))},
	"loses-answer": {
		tells: "the secondary does it and returns an error", applied: true, faults: always(LoseAnswer(errInjected)),
	},
	"panics":      {tells: "the secondary panics", faults: always(Panic(errInjected))},
	endsGoroutine: {tells: "the secondary ends its goroutine", faults: always(Exit())},
	"hangs":       {tells: "the secondary hangs until its context ends", faults: hangs},
	"sticks": {
		tells:  "the secondary hangs and ignores its context",
		faults: func(release <-chan struct{}) []Fault { return []Fault{HangUntil(release), Fail(errInjected)} },
	},
	"slows": {
		tells: "the secondary is slow", applied: true, answers: true, faults: always(IgnoreContext(), Slow(time.Millisecond)),
	},
	"refuses": {tells: "the authoritative system fails", authoritative: true, faults: always(Fail(errInjected))},
	"authoritative-scribbles": {
		tells: "the authoritative function changes its payload after it wrote it", applied: true, answers: true,
		scribbler: authoritativeFunction, faults: always(),
	},
	"secondary-scribbles": {
		tells: "the secondary changes its payload after it wrote it", applied: true, answers: true,
		scribbler: secondaryFunction, faults: always(),
	},
	"caller-scribbles": {
		tells: "the secondary is late, and the caller changes its payload meanwhile", applied: true, answers: true,
		scribbler: caller,
		faults:    func(release <-chan struct{}) []Fault { return []Fault{IgnoreContext(), HangUntil(release)} },
	},
	"dies-before": {
		tells: "the process is killed before the first write", journaled: true, dies: beforeFirst, faults: always(),
	},
	"dies-between": {
		tells: "the process is killed between the two writes", journaled: true, dies: betweenBoth, faults: always(),
	},
	"dies-after": {
		tells: "the process is killed after both writes, before it can say so", journaled: true, dies: afterSecond, faults: always(),
	},
	"overtaken": {
		tells: "the secondary is late, and another process writes the record meanwhile", answers: true, journaled: true,
		overtaken: true, faults: always(),
	},
	"unrecorded": {
		tells: "the journal cannot be reached, and the secondary fails", journaled: true, unrecorded: true,
		faults: always(Fail(errInjected)),
	},
	"refuses-after-all": {
		tells: "the authoritative system does it and returns an error", applied: true, authoritative: true, journaled: true,
		faults: always(LoseAnswer(errInjected)),
	},
}

// journalFaultNames are the kinds that need a journal, in the order in which walks try them.
var journalFaultNames = []string{"dies-between", "dies-before", "dies-after", "overtaken", "refuses-after-all", "unrecorded"}

// faultNames are the kinds in the order in which walks try them.
var faultNames = []string{
	"fails", "refuses", "panics", "loses-answer", "hangs", "sticks", endsGoroutine, "slows",
	"authoritative-scribbles", "secondary-scribbles", "caller-scribbles",
}

func always(faults ...Fault) func(<-chan struct{}) []Fault {
	return func(<-chan struct{}) []Fault { return faults }
}

// hangs is Hang for where no context ends.
func hangs(release <-chan struct{}) []Fault {
	return []Fault{{func(c *call, _ func(context.Context) error) error {
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-release:
			return errInjected
		}
	}}}
}
