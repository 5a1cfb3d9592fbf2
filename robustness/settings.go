//go:build unix

package main

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// The times of a round. The bound on late writes holds because no statement takes effect later than
// validFor after its operation began, plus what the server allows: see the README.
const (
	lease            = 2 * time.Second
	lateBound        = 1500 * time.Millisecond
	secondaryTimeout = 300 * time.Millisecond
	callerTimeout    = 700 * time.Millisecond
	repairTimeout    = 400 * time.Millisecond
	validFor         = time.Second
	statementTimeout = 200 * time.Millisecond
	idleInTx         = 200 * time.Millisecond
	beginTimeout     = 400 * time.Millisecond
)

const (
	flagKey  = "orders-to-documents"
	kindName = "record"
)

// childConfig is what a child process is told when it starts.
type childConfig struct {
	Name    string            `json:"name"`
	Client  int               `json:"client"` // number of its first worker in the history
	Seed    uint64            `json:"seed"`
	Round   int               `json:"round"`
	Workers int               `json:"workers"`
	Stage   ldmigration.Stage `json:"stage"`
	History string            `json:"history"`

	Old     string `json:"old"`
	New     string `json:"new"`
	Journal string `json:"journal"` // the database of the journal
	Schema  string `json:"schema"`

	Joins     bool          `json:"joins"` // the journal is in the old database
	Serialize bool          `json:"serialize"`
	Linger    time.Duration `json:"linger"`
	Without   string        `json:"without"` // what is left out, as a control
}

// command is a line that a child gets on its standard input.
type command struct {
	Seq   int               `json:"seq,omitempty"`
	Stage ldmigration.Stage `json:"stage,omitempty"`
	Lag   time.Duration     `json:"lag,omitempty"`
	Die   string            `json:"die,omitempty"`    // the point at which to kill itself
	Pause string            `json:"pause,omitempty"`  // the point at which to stop itself
	Late  string            `json:"late,omitempty"`   // the point at which writes are late
	For   time.Duration     `json:"for,omitempty"`    // how long they are
	Off   bool              `json:"disarm,omitempty"` // forget the points
	Stop  bool              `json:"stop,omitempty"`
}

// origin returns the system that is authoritative at a stage.
func origin(stage ldmigration.Stage) ldmigration.Origin {
	switch stage {
	case ldmigration.Live, ldmigration.RampDown, ldmigration.Complete:
		return ldmigration.New
	default:
		return ldmigration.Old
	}
}
