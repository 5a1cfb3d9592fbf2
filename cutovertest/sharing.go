package cutovertest

import "fmt"

// checkPayload checks what became of the payloads of a write, before the model knows of it.
func (p *player[K, P, R]) checkPayload(s step) *failure {
	if s.verb != writes {
		return nil
	}
	given := p.probe.all()
	for _, same := range []func(a, b P) bool{sameContent[P], p.sameResult} {
		broken := p.checkOwn(given, same)
		if p.PayloadsAreNotModified {
			broken = checkUnmodified(given, same)
		}
		if broken != nil {
			return broken
		}
	}
	return nil
}

// checkOwn checks that the caller's payload is not what the secondary made of it: that would be the
// secondary's own. What the authoritative function makes of it is the caller's to have.
func (p *player[K, P, R]) checkOwn(given [2]*paper[P], same func(a, b P) bool) *failure {
	first := given[p.model.writes().first]
	second := given[p.model.writes().first.other()]
	switch {
	case second == nil || same(second.before, second.after) || !same(p.handed, second.after):
		return nil
	case first != nil && same(p.handed, first.after):
		return nil
	}
	return &failure{
		promise: promisePayload, want: content(second.before),
		got: content(p.handed) + " in the caller's payload, as the secondary left it",
	}
}

// checkUnmodified checks that each function left its payload as it was.
func checkUnmodified[P any](given [2]*paper[P], same func(a, b P) bool) *failure {
	for which, paper := range given {
		if paper == nil || same(paper.before, paper.after) || !same(paper.before, paper.before) {
			continue
		}
		return &failure{
			promise: promiseUnmodified, want: content(paper.before),
			got: fmt.Sprintf("%s, as the %s system's function left it", content(paper.after), side(which)),
		}
	}
	return nil
}

func sameContent[P any](a, b P) bool { return content(a) == content(b) }

// sameResult reports whether two payloads are the same record. What was changed may be no record at
// all, which the user's functions need not bear.
func (p *player[K, P, R]) sameResult(a, b P) (same bool) {
	defer func() { _ = recover() }()
	return p.Key(a) == p.Key(b) && p.Equal(p.ResultOf(a), p.ResultOf(b))
}
