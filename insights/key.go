package insights

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// What says what is wrong with a record.
type What string

const (
	// Different means that both systems have the record, and it differs.
	Different What = "different"
	// MissingInNew means that only the old system has the record.
	MissingInNew What = "missing in new"
	// MissingInOld means that only the new system has the record.
	MissingInOld What = "missing in old"
	// WriteFailed means that a write succeeded in the system that answers, and failed, timed out or
	// was skipped in the other one.
	WriteFailed What = "write failed"
)

// Key is a record to repair.
type Key struct {
	// Key is the record's key, at most 160 bytes: a longer one is cut and ends with a hash of the
	// whole. It is empty for records without a known one; see [Figures.Keys].
	Key string `json:"key"`
	// What says what is wrong with it. A failed write goes before a difference.
	What What `json:"what"`
	// System is the one that lacks the record or a write of it; empty where that is neither or
	// both.
	System ldmigration.Origin `json:"system"`
	// Count is how often it mismatched, or how many writes of it failed.
	Count uint64 `json:"count"`
	// First and Last are when it was seen to be wrong.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// record is what is known of one record to repair. Times are since the figures began.
type record struct {
	failed       [2]uint32 // writes that each system missed
	mismatches   uint32
	what         What // of the last mismatch
	unconfirmed  bool // it differed, was not read again at once, and was neither compared nor written since
	firstWrong   time.Duration
	lastMismatch time.Duration
	lastFailure  time.Duration
}

// healed reports whether nothing is wrong with a record.
func (r *record) healed() bool { return r.mismatches == 0 && r.failed == [2]uint32{} }

// key is what is told of a record: of its mismatch, or of its failed writes if it has some.
func (r *record) key(name string, start time.Time) Key {
	if r.failed == [2]uint32{} {
		return r.mismatch(name, start)
	}
	k := Key{
		Key: name, What: WriteFailed, Count: uint64(r.failed[0]) + uint64(r.failed[1]),
		First: start.Add(r.firstWrong), Last: start.Add(r.lastFailure),
	}
	for origin, other := range [2]int{1, 0} {
		if r.failed[other] == 0 {
			k.System = origins[origin]
		}
	}
	return k
}

func (r *record) mismatch(name string, start time.Time) Key {
	k := Key{
		Key: name, What: r.what, Count: uint64(r.mismatches),
		First: start.Add(r.firstWrong), Last: start.Add(r.lastMismatch),
	}
	switch r.what {
	case MissingInNew:
		k.System = ldmigration.New
	case MissingInOld:
		k.System = ldmigration.Old
	default:
	}
	return k
}
