package cutovertest

import (
	"fmt"
	"slices"
	"strings"
)

// shownRecords is how many records of a system a failure tells.
const shownRecords = 12

// checkContents compares what both systems hold with what the model says.
func (p *player[K, P, R]) checkContents(s step) *failure {
	for _, which := range []side{newSide, oldSide} {
		held, broken := p.list(which)
		if broken != nil {
			return broken
		}
		if wrong := p.wrongRecords(which, held); len(wrong) > 0 {
			return &failure{
				promise: p.promiseOf(s, which), contents: p.contents(),
				got: fmt.Sprintf("the %s system holds\n    %s", which, strings.Join(wrong, "\n    ")),
			}
		}
	}
	return nil
}

func (p *player[K, P, R]) system(which side) System[K, P, R] {
	if which == newSide {
		return p.systems.New
	}
	return p.systems.Old
}

// list returns all that a system holds.
func (p *player[K, P, R]) list(which side) (map[K]R, *failure) {
	a := attempted(p.Patience, func() (map[K]R, error) { return p.system(which).List(p.ctx) })
	switch {
	case a.panics != "":
		got := fmt.Sprintf("listing the %s system: %s", which, a.panics)
		return nil, &failure{promise: promiseReturn, got: got, left: a.left, stacks: a.stacks}
	case a.err != nil:
		return nil, &failure{promise: promiseReturn, got: fmt.Sprintf("listing the %s system: %s", which, quoted(a.err))}
	}
	return a.value, nil
}

// wrongRecords tells the records of a system that are not as the model says.
func (p *player[K, P, R]) wrongRecords(which side, held map[K]R) (wrong []string) {
	for key, result := range held {
		if _, there := p.model.holds[which][key]; !there || !p.found(which, key, result, nil) {
			wrong = append(wrong, shown(key)+": "+p.instead(which, key, shown(result)))
		}
	}
	for key := range p.model.holds[which] {
		if _, ok := held[key]; !ok {
			wrong = append(wrong, shown(key)+": "+p.instead(which, key, noRecord))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// writtenAlike tells why a value is wrong that looks right.
const writtenAlike = " (the Harness's Equal or NotFound tells them apart, though they are written alike)"

// instead tells a wrong record and the right one.
func (p *player[K, P, R]) instead(which side, key K, got string) string {
	want := p.wanted(which, key)
	if got == want {
		want += writtenAlike
	}
	return got + " instead of " + want
}

// contents tells what both systems hold.
func (p *player[K, P, R]) contents() string {
	var text strings.Builder
	for _, which := range []side{oldSide, newSide} {
		fmt.Fprintf(&text, "\n%s holds", which)
		held, broken := p.list(which)
		if broken != nil {
			fmt.Fprintf(&text, " what cannot be listed: %s", broken.got)
			continue
		}
		lines := make([]string, 0, len(held))
		for key, result := range held {
			lines = append(lines, fmt.Sprintf("\n  %s: %s", shown(key), shown(result)))
		}
		slices.Sort(lines)
		switch more := len(lines) - shownRecords; {
		case len(lines) == 0:
			text.WriteString(" nothing")
		case more > 0:
			text.WriteString(strings.Join(lines[:shownRecords], "") + fmt.Sprintf("\n  and %d more", more))
		default:
			text.WriteString(strings.Join(lines, ""))
		}
	}
	return text.String()
}
