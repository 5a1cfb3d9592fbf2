package cutovertest

import (
	"slices"
	"time"
)

// What shrinking may cost.
const (
	shrinkPlays = 200
	shrinkTime  = 5 * time.Second
)

// shrink looks for a shorter script that breaks the same promise. It leaves out ever smaller parts as long as that
// helps: the model knows what is promised in any order of steps.
func shrink(broken *failure, play func(script) *failure) *failure {
	began, plays := time.Now(), 0
	try := func(s script) bool {
		if plays++; plays > shrinkPlays || time.Since(began) > shrinkTime {
			return false
		}
		if again := play(s); again != nil && again.promise == broken.promise {
			broken = again
			return true
		}
		return false
	}
	for simpler := true; simpler; {
		for size := len(broken.script) / 2; size > 0; {
			if !leaveOut(broken.script, size, try) {
				size /= 2
			}
		}
		simpler = simplify(broken.script, try)
	}
	return broken
}

// simplify tries to do without a fault, or to move outside of a write, and reports whether that succeeded.
func simplify(s script, try func(script) bool) bool {
	for i, one := range s {
		simple := step{verb: one.verb, n: one.n}
		if one.verb == writes && one.stage != "" {
			simple = step{verb: moves, stage: one.stage}
		}
		if one.verb == moves || simple == one {
			continue
		}
		tried := slices.Clone(s)
		tried[i] = simple
		if try(tried) {
			return true
		}
	}
	return false
}

// leaveOut tries to do without size steps somewhere, and reports whether that succeeded.
func leaveOut(s script, size int, try func(script) bool) bool {
	for from := 0; from+size <= len(s); from += size {
		if try(slices.Concat(s[:from], s[from+size:])) {
			return true
		}
	}
	return false
}
