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
		held, err := p.system(which).List(p.ctx)
		if err != nil {
			return &failure{promise: promiseReturn, got: fmt.Sprintf("listing the %s system: %s", which, quoted(err))}
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

// wrongRecords tells the records of a system that are not as the model says.
func (p *player[K, P, R]) wrongRecords(which side, held map[K]R) (wrong []string) {
	for key, result := range held {
		if _, there := p.model.holds[which][key]; !there || !p.found(which, key, result, nil) {
			wrong = append(wrong, fmt.Sprintf("%+v: %+v instead of %s", key, result, p.wanted(which, key)))
		}
	}
	for key := range p.model.holds[which] {
		if _, ok := held[key]; !ok {
			wrong = append(wrong, fmt.Sprintf("%+v: %s instead of %s", key, noRecord, p.wanted(which, key)))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// contents tells what both systems hold.
func (p *player[K, P, R]) contents() string {
	var text strings.Builder
	for _, which := range []side{oldSide, newSide} {
		fmt.Fprintf(&text, "\n%s holds", which)
		held, err := p.system(which).List(p.ctx)
		if err != nil {
			fmt.Fprintf(&text, " what cannot be listed: %v", err)
			continue
		}
		lines := make([]string, 0, len(held))
		for key, result := range held {
			lines = append(lines, fmt.Sprintf("\n  %+v: %+v", key, result))
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
