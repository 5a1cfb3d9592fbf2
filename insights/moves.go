package insights

// rule is what a move asks for.
type rule func(j *judged) []Reason

// forwardRules follow from what the stages mean. A move forward asks for the new system: before it
// answers, it must agree with the old one, do as well, and have every write.
func forwardRules(from, to int) []rule {
	is, next := &means[from], &means[to]
	if !is.writes[1] && next.answers == 0 {
		return []rule{say(Safe, "the old system goes on to answer; the new one gets the writes as well"), sides(forwards)}
	}
	rules := []rule{missedBy(1), writtenAtOff, warnedOf(forwards), sides(forwards)}
	if next.answers == 0 {
		return append(rules, newWritesEnough, newWritesWell, newWritesFast,
			say(Safe, "reads of the new system are only compared: copy to it what was written before dualwrite"))
	}
	switch {
	case is.compares():
		rules = append(rules, checksEnough, consistent, differing, answered, newReadsWell, newReadsFast)
	case is.answers == 1:
		rules = append(rules, differing, newReadsEnough, newReadsWell)
	default:
		rules = append(rules, differing, say(NotYet, "nothing is known of the new system: "+string(stages[from])+" compares no reads"))
	}
	if is.writesBoth() {
		rules = append(rules, newWritesWell)
	} else {
		rules = append(rules, say(NotYet, "what was written at "+string(stages[from])+" is missing in the new system, unless it was copied"))
	}
	if !next.writes[0] {
		rules = append(rules, say(Safe, "after this the old system gets no writes: there is no way back without copying"))
	}
	return rules
}

// backRules follow as well. A move back asks for the old system: it must have every write.
func backRules(from, to int) []rule {
	is, next := &means[from], &means[to]
	rules := []rule{writtenAtComplete, missedBy(0), warnedOf(backwards), sides(backwards)}
	switch {
	case !is.writes[0]:
		return rules
	case is.answers == 1:
		rules = append(rules, oldWritesSeen, oldWritesWell)
		if is.compares() {
			rules = append(rules, missingInOld, oldReadsWell)
		}
	default:
		rules = append(rules, say(Safe, "the old system answers already"))
	}
	if !next.writes[1] {
		rules = append(rules, say(Safe, "the new system will miss the writes to come"))
	}
	return rules
}

func say(answer Answer, text string) rule {
	return func(*judged) []Reason { return []Reason{{answer, text}} }
}

func newWritesEnough(j *judged) []Reason { return enough("writes", &j.writes, j.Operations) }
func newReadsEnough(j *judged) []Reason  { return enough("reads", &j.reads, j.Operations) }

func newReadsWell(j *judged) []Reason  { return well("reads", &j.reads, 1, j.ErrorRate) }
func newWritesWell(j *judged) []Reason { return well("writes", &j.writes, 1, j.ErrorRate) }
func oldReadsWell(j *judged) []Reason  { return well("reads", &j.reads, 0, j.ErrorRate) }
func oldWritesWell(j *judged) []Reason { return well("writes", &j.writes, 0, j.ErrorRate) }

func newReadsFast(j *judged) []Reason  { return fast("reads", &j.reads, &j.Thresholds) }
func newWritesFast(j *judged) []Reason { return fast("writes", &j.writes, &j.Thresholds) }

func oldWritesSeen(j *judged) []Reason {
	if j.writes.calls[0].calls > 0 {
		return nil
	}
	return []Reason{{Safe, "no write was seen at " + string(stages[j.stage]) + " that the old system could have missed"}}
}
