package insights

import (
	"fmt"
	"strings"
)

// missedBy asks that one system has every write that the other one took, however long ago.
func missedBy(origin int) rule {
	return func(j *judged) []Reason {
		m, system := &j.missed[origin], origins[origin]
		switch {
		case m.Writes == 0:
			return nil
		case !m.unrepaired():
			return []Reason{{Safe, fmt.Sprintf("%s did not reach the %s system; all were repaired since",
				plural(m.Writes, "write"), system)}}
		}
		var left []string
		if m.Records > 0 {
			left = append(left, plural(uint64(m.Records), "record")+" to repair")
		}
		if m.Unnamed > 0 {
			left = append(left, plural(m.Unnamed, "write")+" of records without a known key")
		}
		return []Reason{{Unsafe, fmt.Sprintf("%s did not reach the %s system, and it still lacks some: %s",
			plural(m.Writes, "write"), system, strings.Join(left, ", "))}}
	}
}

// missingInOld asks that the old system has the records that were read, before it answers again. As
// many may be missing as may differ on the way forward: they may be on their way.
func missingInOld(j *judged) []Reason {
	if j.absent == 0 || j.Consistency == NotJudged {
		return nil
	}
	return []Reason{{safeIf(j.absent <= j.mayDiffer(), Unsafe), fmt.Sprintf("%s %s missing in the old system, which would answer: %s",
		plural(j.absent, "record"), isOrAre(j.absent), toleratedOf(j.mayDiffer()))}}
}

// differing asks that the records which differed were found consistent since, or repaired, however
// long ago it was: reads of other records do not make them equal.
func differing(j *judged) []Reason {
	if j.differ == 0 || j.Consistency == NotJudged {
		return nil
	}
	return []Reason{{safeIf(j.differ <= j.mayDiffer(), NotYet), fmt.Sprintf("%s differed when compared last, %s",
		plural(j.differ, "record"), toleratedOf(j.mayDiffer()))}}
}

func toleratedOf(most uint64) string {
	if most == 0 {
		return "none tolerated"
	}
	return "at most " + number(most) + " tolerated"
}

// writtenAtOff asks that no write went to the old system alone after the new one had begun to get
// them: a copy made in between lacks it.
func writtenAtOff(j *judged) []Reason {
	if j.atOff == 0 {
		return nil
	}
	return []Reason{{Unsafe, fmt.Sprintf(
		"%s at off came after the new system had begun to get writes, and %s missing there: copy them, then say so with Repaired",
		plural(j.atOff, "write"), isOrAre(j.atOff))}}
}

// writtenAtComplete asks that the new system alone never got a write.
func writtenAtComplete(j *judged) []Reason {
	switch {
	case j.atComplete > 0:
		return []Reason{{Unsafe, fmt.Sprintf("%s at complete went to the new system alone and %s missing in the old one: copy them there first",
			plural(j.atComplete, "write"), isOrAre(j.atComplete))}}
	case j.complete:
		return []Reason{{Unsafe, "what was written at complete is missing in the old system: copy it there first"}}
	default:
		return nil
	}
}

type direction int

const (
	forwards direction = iota
	backwards
)

// warnedOf repeats the warning of a stage change in the direction that it is about: what was lost
// going forward is missing in the new system, and what was lost going back in the old one.
func warnedOf(d direction) rule {
	return func(j *judged) []Reason {
		change := j.forward
		if d == backwards {
			change = j.back
		}
		if change == nil {
			return nil
		}
		return []Reason{{Unsafe, fmt.Sprintf("%s → %s: %s", change.From, change.To, change.Warning)}}
	}
}

// sides asks that one stage is in use. Two that are answered by different systems write them in
// different order, so that a record which is written at both at once may differ for good.
func sides(d direction) rule {
	return func(j *judged) []Reason {
		if len(j.inUse) < 2 {
			if j.mixed == nil {
				return nil
			}
			return []Reason{{NotYet, fmt.Sprintf("%s and %s were in use side by side: %s", j.mixed.From, j.mixed.To, j.mixed.Warning)}}
		}
		first, last := &means[j.inUse[0]], &means[j.stage]
		both := j.sideBySide() + " are in use side by side"
		switch {
		case first.answers != last.answers:
			return []Reason{{Unsafe, both +
				": each writes another system first, so that records written at both at once may differ for good. Let one have all the traffic"}}
		case d == forwards && !first.writes[1]:
			return []Reason{{NotYet, both + ": the new system misses what is written at off. Let one have all the traffic first"}}
		case d == backwards && !last.writes[0]:
			return []Reason{{Unsafe, both + ": the old system misses what is written at complete"}}
		case d == forwards:
			return []Reason{{NotYet, both + ": let one have all the traffic first"}}
		default:
			return nil
		}
	}
}

// sideBySide names the stages in use.
func (j *judged) sideBySide() string {
	names := make([]string, 0, len(j.inUse))
	for _, stage := range j.inUse {
		names = append(names, string(stages[stage]))
	}
	return listed(names)
}
