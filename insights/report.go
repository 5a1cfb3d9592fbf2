package insights

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Report is the figures of one flag over one window. Durations are in nanoseconds in JSON, rates
// and shares of 1.
type Report struct {
	// Flag is the flag's key.
	Flag string `json:"flag"`
	// Window is the stretch of time that the report is of.
	Window Window `json:"window"`
	// At is when the report was made.
	At time.Time `json:"at"`
	// Since is when the figures began.
	Since time.Time `json:"since"`
	// Order is the stages that the flag has, in the order of a migration; see [Config.FlagStages].
	Order []ldmigration.Stage `json:"order"`
	// InUse is the stages in use: one, or several while a rollout gives several.
	InUse []ldmigration.Stage `json:"inUse"`
	// Headline says in one sentence how it goes, by the Verdict.
	Headline string `json:"headline"`
	// Verdict is that of [Figures.Verdict] at the same time.
	Verdict Verdict `json:"verdict"`
	// Thresholds are what the verdict asks for.
	Thresholds Thresholds `json:"thresholds"`
	// Stages is the stages that were seen, in their order.
	Stages []StageFigures `json:"stages"`
	// Points is the window in steps, all stages together. For SinceStart it is the last hour.
	Points []Point `json:"points"`
	// Changes is the last hundred stage changes, the latest first.
	Changes []Change `json:"changes"`
	// MissedByOld and MissedByNew are the writes that only the other system has.
	MissedByOld Missed `json:"missedByOld"`
	MissedByNew Missed `json:"missedByNew"`
	// WrittenAtOff is how many writes went to the old system alone after the new one had begun to
	// get writes.
	WrittenAtOff uint64 `json:"writtenAtOff"`
	// WrittenAtComplete is how many writes went to the new system alone.
	WrittenAtComplete uint64 `json:"writtenAtComplete"`
	// FailedRecords is how many records are known by key that missed a write, in whichever system,
	// and were not healed since.
	FailedRecords int `json:"failedRecords"`
	// FailedWrites is the last hundred records with a missed write that were not healed since, the
	// latest first.
	FailedWrites []Key `json:"failedWrites"`
	// Mismatches is the last mismatch of each of the records that differ, the latest first, in any
	// window. A record that was found consistent since is not among them.
	Mismatches []Mismatch `json:"mismatches"`
	// Differing is how many records differed when they were compared last, as far as their keys are
	// kept.
	Differing int `json:"differing"`
	// Healed is how many records were taken off [Figures.Keys] since the start, because they differ
	// no more.
	Healed uint64 `json:"healed"`
	// ReadAgain is how often a record that had differed, and was not written since, was compared
	// again by a later read; Vanished is how often it was consistent then. Where differences vanish
	// by themselves, the read came between the two writes of a record: see
	// [cutover.ReaderBuilder.Recheck].
	ReadAgain uint64 `json:"readAgain"`
	Vanished  uint64 `json:"vanished"`
	// Fields is at which paths records differed since the start, the last hundred of them, the most
	// frequent first.
	Fields []Field `json:"fields"`
	// IgnoredBy is how many differences each rule ignored since the start.
	IgnoredBy map[string]uint64 `json:"ignoredBy"`
}

// StageFigures is the figures of one stage.
type StageFigures struct {
	// Stage is the stage.
	Stage ldmigration.Stage `json:"stage"`
	// Seconds is how long the stage was in use within the window, and at least 1. Every Rate is by
	// it.
	Seconds float64 `json:"seconds"`
	// Operations are the reads and the writes, of which there were any.
	Operations []OperationFigures `json:"operations"`
	// Checks is what became of the comparison of its reads.
	Checks Checks `json:"checks"`
}

// OperationFigures is the figures of the reads or the writes of a stage.
type OperationFigures struct {
	// Operation says whether these are reads or writes.
	Operation ldmigration.Operation `json:"operation"`
	// Count is how many there were.
	Count uint64 `json:"count"`
	// Rate is how many there were a second.
	Rate float64 `json:"rate"`
	// FellBack is how often the authoritative read failed and the other one's result was returned.
	FellBack uint64 `json:"fellBack"`
	// Old and New are the calls of each system.
	Old CallsFigures `json:"old"`
	New CallsFigures `json:"new"`
}

// CallsFigures is the figures of one origin's calls.
type CallsFigures struct {
	// Calls is how many calls there were.
	Calls uint64 `json:"calls"`
	// Rate is how many there were a second.
	Rate float64 `json:"rate"`
	// Errors counts the calls that failed for whatever reason; Timeouts and Panics are among them,
	// NotFound and Skipped are not.
	Errors uint64 `json:"errors"`
	// NotFound counts the reads that answered that there is no such record; see
	// [cutover.ReaderBuilder.NotFound].
	NotFound uint64 `json:"notFound"`
	Timeouts uint64 `json:"timeouts"`
	Panics   uint64 `json:"panics"`
	Skipped  uint64 `json:"skipped"`
	// ErrorRate is Errors of Calls. It is the failure rate that the verdict and the page speak of.
	ErrorRate float64 `json:"errorRate"`
	// P50, P90 and P99 are quantiles of the latency, within one percent; zero if there were no
	// calls.
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
	P99 time.Duration `json:"p99"`
}

// Checks is what became of the reads' comparison.
type Checks struct {
	// Checked is how many reads were compared, Inconsistent how many of them differed.
	Checked      uint64 `json:"checked"`
	Inconsistent uint64 `json:"inconsistent"`
	// Ignored is how many differed in a way that a rule knows. They are not among Checked.
	Ignored uint64 `json:"ignored"`
	// NotChecked is how many reads were not compared, by why not.
	NotChecked map[string]uint64 `json:"notChecked"`
	// Consistency is the share of Checked that agreed; 1 if Checked is 0.
	Consistency float64 `json:"consistency"`
}

// Point is the figures of one step of a window.
type Point struct {
	// At is when the step began.
	At time.Time `json:"at"`
	// Checked is how many reads were compared, Inconsistent how many of them differed.
	Checked      uint64 `json:"checked"`
	Inconsistent uint64 `json:"inconsistent"`
	// Reads and Writes are the calls in the step.
	Reads  PointCalls `json:"reads"`
	Writes PointCalls `json:"writes"`
}

// PointCalls is the calls of one step: those of the old system first, those of the new one second.
type PointCalls struct {
	// Calls is how many calls there were, Errors how many of them failed.
	Calls  [2]uint64 `json:"calls"`
	Errors [2]uint64 `json:"errors"`
	// P50 and P99 are quantiles of the latency; zero if there were no calls.
	P50 [2]time.Duration `json:"p50"`
	P99 [2]time.Duration `json:"p99"`
}
