package compare

import "unicode/utf8"

// place is a place in a value as the patterns see it. It is comparable, and the zero place is one
// that no pattern leads to or beyond: there, and below, no pattern applies.
type place struct {
	depth int
	// alive holds the numbers of the patterns that match the steps so far, as runes.
	alive string
}

// maxPatterns keeps the numbers of patterns below the runes that are none.
const maxPatterns = 10_000

// root is the place of the value itself.
func (r *rules) root() place {
	var all []byte
	for n := range r.patterns {
		all = utf8.AppendRune(all, rune(n))
	}
	return place{alive: string(all)}
}

// next is the place that a step leads to.
func (r *rules) next(at place, s step) place {
	if at.alive == "" {
		return place{}
	}
	var room [16]byte
	still := room[:0]
	for _, n := range at.alive {
		steps := r.patterns[n].steps
		if len(steps) > at.depth && steps[at.depth].matches(s) {
			still = utf8.AppendRune(still, n)
		}
	}
	if len(still) == 0 {
		return place{}
	}
	return place{depth: at.depth + 1, alive: string(still)}
}

// here is what the patterns say of a place.
type here struct {
	ignored   bool
	unordered bool
	keyedBy   string
}

func (r *rules) here(at place) (h here) {
	for _, n := range at.alive {
		p := &r.patterns[n]
		if len(p.steps) != at.depth {
			continue
		}
		h.ignored = h.ignored || p.ignored
		h.unordered = h.unordered || p.unordered
		if h.keyedBy == "" {
			h.keyedBy = p.keyedBy
		}
	}
	return h
}

// indexMatters reports whether a pattern that leads beyond a place goes on with one index.
func (r *rules) indexMatters(at place) bool {
	for _, n := range at.alive {
		steps := r.patterns[n].steps
		if len(steps) > at.depth && steps[at.depth].bracket && !steps[at.depth].any {
			return true
		}
	}
	return false
}
