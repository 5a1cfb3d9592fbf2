package otelcutover

import (
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// value is one of the few that an attribute may have, as an index into its names. Zero is that
// there is no such attribute.
type value uint8

var (
	stageNames = [...]string{
		"", string(ldmigration.Off), string(ldmigration.DualWrite), string(ldmigration.Shadow),
		string(ldmigration.Live), string(ldmigration.RampDown), string(ldmigration.Complete), other,
	}
	operationNames = [...]string{"", string(ldmigration.Read), string(ldmigration.Write), other}
	originNames    = [...]string{"", string(ldmigration.Old), string(ldmigration.New), other}
	roleNames      = [...]string{authoritative: "authoritative", secondary: "secondary"}
	outcomeNames   = [...]string{
		consistent: "consistent", inconsistent: "inconsistent", ignored: "ignored", notChecked: "not_checked",
	}
)

const noStage = value(len(stageNames) - 1)

const (
	authoritative value = iota + 1
	secondary
)

const (
	consistent value = iota + 1
	inconsistent
	ignored
	notChecked
)

// An attribute that is true or false. Zero is that there is no such attribute.
const (
	no value = iota + 1
	yes
)

func truth(is bool) value {
	if is {
		return yes
	}
	return no
}

// valueOf finds a name. An unknown one gives the last.
func valueOf(names []string, name string) value {
	found := value(1)
	for _, known := range names[1 : len(names)-1] {
		if known == name {
			break
		}
		found++
	}
	return found
}

func stageOf(stage ldmigration.Stage) value { return valueOf(stageNames[:], string(stage)) }

func operationOf(operation ldmigration.Operation) value {
	return valueOf(operationNames[:], string(operation))
}

func originOf(origin ldmigration.Origin) value { return valueOf(originNames[:], string(origin)) }

// unchecked are the reasons why it is not known whether two reads agree.
var unchecked = [...]string{
	cutover.NoComparison:       "no_comparison",
	cutover.ReadFailed:         "read_failed",
	cutover.NotSampled:         "not_sampled",
	cutover.SecondarySkipped:   "secondary_skipped",
	cutover.WrittenMeanwhile:   "written_meanwhile",
	cutover.ComparedLater:      "compared_later",
	cutover.ComparisonPanicked: "comparison_panicked",
	cutover.Undecided:          "undecided",
}

// checkOf tells what came of the comparison. The outcome is zero for an operation that asked one
// origin only.
func (x *Observer) checkOf(o *cutover.Observation) (outcome value, reason string) {
	switch o.Consistency {
	case cutover.SingleOrigin:
		return 0, ""
	case cutover.Consistent:
		return consistent, ""
	case cutover.Inconsistent:
		return inconsistent, ""
	case cutover.Ignored:
		if o.IgnoredBy == "" {
			return ignored, ""
		}
		return ignored, x.rules.of(o.IgnoredBy)
	default:
		if int(o.Consistency) >= len(unchecked) || unchecked[o.Consistency] == "" {
			return notChecked, other
		}
		return notChecked, unchecked[o.Consistency]
	}
}
