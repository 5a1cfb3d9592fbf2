package insights

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// seenEvery is how exactly it is known when a stage was in use last.
	seenEvery = 50 * time.Millisecond
	// overlap is how long operations that began at the stage before may still end after a change.
	overlap = 2 * time.Second
	// sideBySide is how long a stage is in use beside another one after its last operation.
	sideBySide = time.Minute
	// maxStints is of how many times that a stage was in use it is known exactly when.
	maxStints = 64
)

// presence knows when each stage was in use: from its first operation, or the change to it, until
// the change away from it. Times are since the figures began.
type presence struct {
	next [len(stages)]atomic.Int64 // before that time, one more operation at this stage tells nothing new

	mu    sync.Mutex
	stays [len(stages)]stay
	turns int
}

// stay is the times that one stage was in use.
type stay struct {
	ever, open bool
	turn       int // the order in which stages were opened
	current    stint
	past       []stint
	before     time.Duration // how long the stints took that are no longer in past
}

type stint struct{ from, last time.Duration }

// saw tells of an operation that began and ended at a stage. It reports false if that one was under
// way while the stage was left, so that the stage is not in use by it.
func (p *presence) saw(stage int, began, at time.Duration) bool {
	if int64(at) < p.next[stage].Load() {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.stays[stage]
	if s.ever && !s.open && began <= s.current.last+overlap {
		return false
	}
	if s.open && at-s.current.last >= sideBySide && p.lastOther(stage) > s.current.last {
		s.open = false // a rollout that ended without a change of it
	}
	p.use(stage, at)
	p.next[stage].Store(int64(at + seenEvery))
	return true
}

// changed tells of a change of the stage. A stage that stays in use beside the other one is not
// left.
func (p *presence) changed(from, to int, beside bool, at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !beside {
		if !p.stays[from].open {
			if p.stays[from].ever {
				p.use(to, at)
				return
			}
			p.use(from, at)
		}
		p.stays[from].current.last = at
		p.stays[from].open = false
		p.next[from].Store(0)
	}
	p.use(to, at)
}

// use extends the stint of a stage, or begins one.
func (p *presence) use(stage int, at time.Duration) {
	s := &p.stays[stage]
	if s.open {
		s.current.last = max(s.current.last, at)
		return
	}
	if s.ever {
		if len(s.past) == maxStints {
			s.before += s.past[0].last - s.past[0].from
			s.past = append(s.past[:0], s.past[1:]...)
		}
		s.past = append(s.past, s.current)
	}
	p.turns++
	s.ever, s.open, s.turn, s.current = true, true, p.turns, stint{at, at}
}

func (p *presence) lastOther(stage int) (last time.Duration) {
	for other := range p.stays {
		if other != stage {
			last = max(last, p.stays[other].current.last)
		}
	}
	return last
}

// inUse returns the stages that are in use, in their order: the latest one, and others beside it
// that were seen a short while ago and not left.
func (p *presence) inUse(now time.Duration) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	latest, found := 0, []int{}
	for stage := range p.stays {
		if p.stays[stage].later(&p.stays[latest]) {
			latest = stage
		}
	}
	for stage := range p.stays {
		s := &p.stays[stage]
		if stage == latest || s.open && now-s.current.last < sideBySide {
			found = append(found, stage)
		}
	}
	return found
}

func (s *stay) later(than *stay) bool {
	if s.open != than.open {
		return s.open
	}
	if s.current.last != than.current.last {
		return s.current.last > than.current.last
	}
	return s.turn > than.turn
}

// spent is how long a stage was in use since a time. A stage that is in use now is so until now.
func (p *presence) spent(stage int, inUse bool, since, now time.Duration) (sum time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.stays[stage]
	if since <= 0 {
		sum = s.before
	}
	current := s.current
	if inUse && s.open {
		current.last = now
	}
	for _, one := range append(s.past[:len(s.past):len(s.past)], current) {
		sum += max(one.last-max(one.from, since), 0)
	}
	return sum
}

// recently reports whether the stages of a change were in use side by side within a window.
func (p *presence) recently(change *Change, w Window, now time.Duration) bool {
	length := time.Minute
	switch w {
	case LastHour:
		length = time.Hour
	case SinceStart:
		return true
	case LastMinute:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	from, to := &p.stays[stageIndex(change.From)], &p.stays[stageIndex(change.To)]
	return now-min(from.current.last, to.current.last) < length
}
