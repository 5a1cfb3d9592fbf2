package insights

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Report is the figures of one flag over one window. Durations are in nanoseconds in JSON, rates and shares of 1.
type Report struct {
	Flag   string    `json:"flag"`
	Window Window    `json:"window"`
	At     time.Time `json:"at"`
	// Since is when the figures began.
	Since time.Time `json:"since"`
	// InUse is the stages in use: one, or several while a rollout gives several.
	InUse      []ldmigration.Stage `json:"inUse"`
	Verdict    Verdict             `json:"verdict"`
	Thresholds Thresholds          `json:"thresholds"`
	// Stages is the stages that were seen, in their order.
	Stages []StageFigures `json:"stages"`
	// Points is the window in steps, all stages together. For SinceStart it is the last hour.
	Points []Point `json:"points"`
	// Changes is the last hundred stage changes, the latest first.
	Changes []Change `json:"changes"`
	// Mismatches is the last mismatch of each of the records that mismatched last, the latest first, in any window.
	Mismatches []Mismatch `json:"mismatches"`
	// Fields is at which paths records differ, the last hundred of them, the most frequent first.
	Fields []Field `json:"fields"`
	// MismatchedKeys is how many records are known to have mismatched; see [Figures.Keys].
	MismatchedKeys int `json:"mismatchedKeys"`
	// IgnoredBy is how many differences each rule ignored since the start.
	IgnoredBy map[string]uint64 `json:"ignoredBy"`
}

// StageFigures is the figures of one stage.
type StageFigures struct {
	Stage      ldmigration.Stage  `json:"stage"`
	Operations []OperationFigures `json:"operations"`
	Checks     Checks             `json:"checks"`
}

// OperationFigures is the figures of the reads or the writes of a stage.
type OperationFigures struct {
	Operation ldmigration.Operation `json:"operation"`
	Count     uint64                `json:"count"`
	// Rate is how many there were a second.
	Rate float64 `json:"rate"`
	// FellBack is how often the authoritative read failed and the other one's result was returned.
	FellBack uint64       `json:"fellBack"`
	Old      CallsFigures `json:"old"`
	New      CallsFigures `json:"new"`
}

// CallsFigures is the figures of one origin's calls.
type CallsFigures struct {
	Calls uint64 `json:"calls"`
	// Rate is how many there were a second.
	Rate float64 `json:"rate"`
	// Errors counts the calls that failed for whatever reason; Timeouts and Panics are among them, Skipped are not.
	Errors    uint64  `json:"errors"`
	Timeouts  uint64  `json:"timeouts"`
	Panics    uint64  `json:"panics"`
	Skipped   uint64  `json:"skipped"`
	ErrorRate float64 `json:"errorRate"`
	// P50, P90 and P99 are quantiles of the latency, within one percent; zero if there were no calls.
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
	P99 time.Duration `json:"p99"`
}

// Checks is what became of the reads' comparison.
type Checks struct {
	Checked      uint64 `json:"checked"`
	Inconsistent uint64 `json:"inconsistent"`
	Ignored      uint64 `json:"ignored"`
	// NotChecked is how many reads were not compared, by why not.
	NotChecked map[string]uint64 `json:"notChecked"`
	// Consistency is the share of Checked that agreed; 1 if Checked is 0.
	Consistency float64 `json:"consistency"`
}

// Point is the figures of one step of a window.
type Point struct {
	At           time.Time  `json:"at"`
	Checked      uint64     `json:"checked"`
	Inconsistent uint64     `json:"inconsistent"`
	Reads        PointCalls `json:"reads"`
	Writes       PointCalls `json:"writes"`
}

// PointCalls is the calls of one step: those of the old system first, those of the new one second.
type PointCalls struct {
	Calls  [2]uint64        `json:"calls"`
	Errors [2]uint64        `json:"errors"`
	P50    [2]time.Duration `json:"p50"`
	P99    [2]time.Duration `json:"p99"`
}
