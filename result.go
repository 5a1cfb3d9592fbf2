package cutover

import "github.com/launchdarkly/go-sdk-common/v3/ldmigration"

// MigrationResult is the result of one origin's function, like the SDK's type of that name.
type MigrationResult struct {
	success bool
	origin  ldmigration.Origin
	result  any
	err     error
}

// NewSuccessfulMigrationResult returns the result of a function that succeeded.
func NewSuccessfulMigrationResult(origin ldmigration.Origin, result any) MigrationResult {
	return MigrationResult{success: true, origin: origin, result: result}
}

// NewErrorMigrationResult returns the result of a function that failed.
func NewErrorMigrationResult(origin ldmigration.Origin, err error) MigrationResult {
	return MigrationResult{origin: origin, err: err}
}

// IsSuccess reports whether the function succeeded.
func (m MigrationResult) IsSuccess() bool { return m.success }

// GetResult returns the function's value, or nil if it failed.
func (m MigrationResult) GetResult() any { return m.result }

// GetOrigin returns the origin of the result. It is empty if no function was called; see
// [StageError].
func (m MigrationResult) GetOrigin() ldmigration.Origin { return m.origin }

// GetError returns the function's error, or why no function was called. It is nil if the function
// succeeded.
func (m MigrationResult) GetError() error { return m.err }

// MigrationReadResult is the authoritative result of a read.
type MigrationReadResult struct {
	MigrationResult
}

// NewMigrationReadResult returns the result of a read.
func NewMigrationReadResult(result MigrationResult) MigrationReadResult {
	return MigrationReadResult{result}
}

// MigrationWriteResult is the authoritative result of a write, and the other origin's if that was
// written to.
type MigrationWriteResult struct {
	authoritative    MigrationResult
	nonAuthoritative *MigrationResult
}

// NewMigrationWriteResult returns the result of a write; nonAuthoritative is nil if the other
// origin was not written to.
func NewMigrationWriteResult(authoritative MigrationResult, nonAuthoritative *MigrationResult) MigrationWriteResult {
	return MigrationWriteResult{authoritative, nonAuthoritative}
}

// GetAuthoritativeResult returns the authoritative origin's result.
func (m MigrationWriteResult) GetAuthoritativeResult() MigrationResult { return m.authoritative }

// GetNonAuthoritativeResult returns the other origin's result. It is nil if the stage writes to one
// origin only or the authoritative write failed.
func (m MigrationWriteResult) GetNonAuthoritativeResult() *MigrationResult { return m.nonAuthoritative }

func migrationResultOf(rec *record, values *[2]any, which side) MigrationResult {
	if rec.err != nil {
		return NewErrorMigrationResult("", rec.err)
	}
	if err := rec.sides[which].err; err != nil {
		return NewErrorMigrationResult(which.origin(), err)
	}
	return NewSuccessfulMigrationResult(which.origin(), values[which])
}
