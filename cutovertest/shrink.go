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

// shrinking looks for a shorter script that breaks the same promise. It tries only what is lawful:
// a script that leaves out what must come before one of its steps fails for a reason of its own.
type shrinking struct {
	broken *failure
	lawful func(script) bool
	play   func(script) *failure
	began  time.Time
	tried  map[string]bool
	hung   bool // whether a try never returned
}

// shrink leaves out ever smaller parts of a script as long as that helps.
func shrink(broken *failure, lawful func(script) bool, play func(script) *failure) *failure {
	s := &shrinking{broken: broken, lawful: lawful, play: play, began: time.Now(), tried: map[string]bool{}}
	for simpler := true; simpler; {
		for size := len(s.broken.script) / 2; size > 0; {
			if !s.leaveOut(size) {
				size /= 2
			}
		}
		simpler = s.simplify() || s.leaveOutAny() || s.leaveOutTwo()
	}
	return s.broken
}

// try plays a script that is lawful and was not tried before, and keeps it if it breaks the promise
// too.
func (s *shrinking) try(tried script) bool {
	text := tried.String()
	spent := s.hung || len(s.tried) >= shrinkPlays || time.Since(s.began) > shrinkTime
	if spent || s.tried[text] || !s.lawful(tried) {
		return false
	}
	s.tried[text] = true
	again := s.play(tried)
	s.hung = again != nil && again.left
	if again == nil || s.hung || again.promise != s.broken.promise {
		return false
	}
	s.broken = again
	return true
}

// leaveOut tries to do without size steps somewhere, and reports whether that succeeded.
func (s *shrinking) leaveOut(size int) bool {
	whole := s.broken.script
	for from := 0; from+size <= len(whole); from += size {
		if s.try(slices.Concat(whole[:from], whole[from+size:])) {
			return true
		}
	}
	return false
}

// leaveOutAny tries to do without any steps in a row, such as a way that leads back to the stage
// where it began.
func (s *shrinking) leaveOutAny() bool {
	whole := s.broken.script
	for size := len(whole) - 1; size > 0; size-- {
		for from := 0; from+size <= len(whole); from++ {
			if s.try(slices.Concat(whole[:from], whole[from+size:])) {
				return true
			}
		}
	}
	return false
}

// leaveOutTwo tries to do without two steps that go together, such as a move and what prepared it.
func (s *shrinking) leaveOutTwo() bool {
	whole := s.broken.script
	for first := range whole {
		for second := first + 2; second < len(whole); second++ {
			if s.try(slices.Concat(whole[:first], whole[first+1:second], whole[second+1:])) {
				return true
			}
		}
	}
	return false
}

// simplify tries to do without a fault, or to move outside of a write.
func (s *shrinking) simplify() bool {
	for i, one := range s.broken.script {
		simple := step{verb: one.verb, n: one.n}
		if one.verb == writes && one.stage != "" {
			simple = step{verb: moves, stage: one.stage}
		}
		if one.verb == moves || simple == one {
			continue
		}
		tried := slices.Clone(s.broken.script)
		tried[i] = simple
		if s.try(tried) {
			return true
		}
	}
	return false
}
