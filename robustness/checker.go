//go:build unix

package main

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is what all children of a round have done, and what was left of it.
type history struct {
	ops    []*operation
	finals map[string]string // what the authoritative system holds in the end
	calm   []span
}

// checkTimeout is how long the history of one key may take.
const checkTimeout = 20 * time.Second

// keyOp is an operation on one key.
type keyOp struct {
	*operation
	ret     time.Duration
	unknown bool // whether it took effect
}

func (o keyOp) register() register { return register{o.value, o.absent} }

// register is what the model holds of a record.
type register struct {
	value  string
	absent bool
}

var none = register{absent: true}

// model is a register for each key. It is absent at first.
var model = porcupine.Model{
	Init: func() any { return none },
	Step: func(state, input, output any) (bool, any) {
		op := input.(keyOp) //nolint:forcetypeassert // the history holds nothing else
		if !op.read {
			return true, op.register()
		}
		return state == any(op.register()), state
	},
	DescribeOperation: func(input, _ any) string {
		op := input.(keyOp) //nolint:forcetypeassert // the history holds nothing else
		what := "write " + op.value
		switch {
		case op.read && op.absent:
			what = "read nothing"
		case op.read:
			what = "read " + op.value
		case op.absent:
			what = "delete"
		}
		return fmt.Sprintf("%s (%s %s, %s)", what, op.child, op.origin, op.outcome)
	},
	DescribeState: func(state any) string {
		if state == any(none) {
			return "nothing"
		}
		return state.(register).value //nolint:forcetypeassert // the model makes nothing else
	},
}

// check checks each key. A key whose history no order of its operations explains has lost an
// acknowledged write, or has shown a value that it must not.
func (h history) check(r *result, folder string) error {
	for _, op := range h.ops {
		if op.read && h.counts(op) {
			r.checked++
		}
	}
	for key, ops := range h.byKey() {
		verdict, info := porcupine.CheckOperationsVerbose(model, asPorcupine(ops), checkTimeout)
		switch verdict {
		case porcupine.Ok:
			continue
		case porcupine.Unknown:
			r.problem("history of key %s was not checked within %v", key, checkTimeout)
			continue
		case porcupine.Illegal:
			r.lost = append(r.lost, key)
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if err := porcupine.VisualizePath(model, info, filepath.Join(folder, key+".html")); err != nil {
			return fmt.Errorf("visualisation: %w", err)
		}
	}
	return nil
}

// byKey returns the operations of each key that count, with a read of what is left at the end.
func (h history) byKey() iter.Seq2[string, []keyOp] {
	keys := map[string][]keyOp{}
	for _, op := range h.ops {
		if !h.counts(op) {
			continue
		}
		for _, key := range op.keys {
			keys[key] = append(keys[key], keyOp{op, op.ret, !op.read && op.outcome == uncertain})
		}
	}
	for key := range h.finals {
		if _, ok := keys[key]; !ok {
			keys[key] = nil
		}
	}
	end := forever - 1
	return func(yield func(string, []keyOp) bool) {
		for key, ops := range keys {
			value, found := h.finals[key]
			last := &operation{read: true, value: value, absent: !found, call: end, ret: end, outcome: acknowledged, child: "at the end"}
			if !yield(key, explained(append(ops, keyOp{last, end, false}))) {
				return
			}
		}
	}
}

// counts reports whether an operation says anything about the records.
func (h history) counts(op *operation) bool {
	if !op.read {
		return op.outcome != notRun
	}
	return op.outcome == acknowledged && slices.ContainsFunc(h.calm, func(s span) bool { return s.covers(op) })
}

// explained makes the check cheap. A write whose outcome is unknown, and whose value nobody has
// read, can be left out: it may just as well have taken effect after everything else. If somebody
// has read its value, it took effect before that read was over. Deletions are not told apart.
func explained(ops []keyOp) []keyOp {
	seen := map[register]time.Duration{}
	for _, op := range ops {
		if first, ok := seen[op.register()]; op.read && (!ok || op.ret < first) {
			seen[op.register()] = op.ret
		}
	}
	var kept []keyOp
	for _, op := range ops {
		first, read := seen[op.register()]
		switch {
		case op.unknown && !read:
			continue
		case op.unknown && !op.absent:
			op.ret = max(op.call, first)
		}
		kept = append(kept, op)
	}
	return kept
}

func asPorcupine(ops []keyOp) []porcupine.Operation {
	all := make([]porcupine.Operation, len(ops))
	for i, op := range ops {
		all[i] = porcupine.Operation{ClientId: op.client, Input: op, Call: int64(op.call), Return: int64(op.ret)}
	}
	return all
}
