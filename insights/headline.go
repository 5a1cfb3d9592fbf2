package insights

import "github.com/launchdarkly/go-sdk-common/v3/ldmigration"

// headlineOf says in one sentence how it goes.
func headlineOf(v *Verdict, j *judged) string {
	to := string(v.Forward.To)
	switch {
	case len(j.inUse) > 1:
		return j.sideBySide() + " are in use side by side: let one of them have all the traffic."
	case v.Forward.Answer == NoMove && j.newLacks():
		return "All stages are passed, but the new system lacks records: repair them."
	case v.Forward.Answer == NoMove && v.Stage == ldmigration.Complete:
		return "The move is complete."
	case v.Forward.Answer == NoMove:
		return "There is no stage after " + string(v.Stage) + "."
	case v.Forward.Answer == Unsafe:
		return "Not going well: do not go on to " + to + "."
	case !means[j.stage].writes[1] && v.Forward.Answer == Safe:
		return "Nothing is known of the new system yet; you may go on to " + to + "."
	case !means[j.stage].writes[1]:
		return "Nothing is known of the new system yet: it is too early to go on to " + to + "."
	case v.Forward.Answer == NotYet:
		return "Nothing is wrong, but it is too early to go on to " + to + "."
	default:
		return "Going well: you may go on to " + to + "."
	}
}

// newLacks reports whether the new system is known to lack what the old one has.
func (j *judged) newLacks() bool { return j.missed[1].unrepaired() || j.atOff > 0 || j.forward != nil }
