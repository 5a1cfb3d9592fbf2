package cutover

// Shown is what of an operation may leave the process: what an observer may write to a log, send or show. Without Redact
// on the reader or writer that is where results differ, and no value of anybody's.
type Shown struct {
	// Payload is the redacted payload, nil without Redact.
	Payload any
	// Old and New are the redacted results, nil without Redact and where there is no result.
	Old, New any
	// Differences are those of the [Observation], with values only where the redacted results still tell them. Paths are
	// told in any case: a map's keys are part of them.
	Differences []Difference
}

// redaction makes of a payload and of a result what may leave the process.
type redaction[P, R any] struct {
	payload func(P) any
	result  func(R) R
}

func (o *operation[P, R]) shown(rec *record, values *[2]R, payload P) (shown Shown) {
	shown.Differences = withoutValues(rec.differences)
	if o.redact.payload == nil {
		return shown
	}
	shown.Payload = o.redact.payload(payload)
	if o.redact.result == nil {
		return shown
	}
	var redacted [2]R
	for s := range redacted {
		if rec.sides[s].returned {
			redacted[s] = o.redact.result(values[s])
		}
	}
	if rec.sides[oldSide].returned {
		shown.Old = redacted[oldSide]
	}
	if rec.sides[newSide].returned {
		shown.New = redacted[newSide]
	}
	if len(shown.Differences) > 0 {
		o.show(shown.Differences, redacted)
	}
	return shown
}

// show puts values to the paths at which the redacted results differ too.
func (o *operation[P, R]) show(differences []Difference, redacted [2]R) {
	for _, told := range o.compare.explain(redacted[oldSide], redacted[newSide]) {
		for i := range differences {
			if differences[i].Path == told.Path {
				differences[i] = told
			}
		}
	}
}

func withoutValues(differences []Difference) []Difference {
	if len(differences) == 0 {
		return nil
	}
	paths := make([]Difference, len(differences))
	for i, d := range differences {
		paths[i] = Difference{Path: d.Path, Redacted: true}
	}
	return paths
}
