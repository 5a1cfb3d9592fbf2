//go:build unix

package main

import (
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// stages is the flag as one child sees it: each child sees a change at another time.
type stages struct {
	mu      sync.Mutex
	stage   ldmigration.Stage
	current *sync.WaitGroup // of the operations that began since the stage was last set
}

func newStages(stage ldmigration.Stage) *stages {
	return &stages{stage: stage, current: &sync.WaitGroup{}}
}

// enter counts an operation in until done is called.
func (s *stages) enter() (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.Add(1)
	return s.current.Done
}

// move sets the stage after a lag, and returns when all operations that began before are over.
func (s *stages) move(stage ldmigration.Stage, lag time.Duration) {
	time.Sleep(lag)
	s.mu.Lock()
	before := s.current
	s.stage, s.current = stage, &sync.WaitGroup{}
	s.mu.Unlock()
	before.Wait()
}

// MigrationVariation implements [cutover.FlagClient].
func (s *stages) MigrationVariation(
	string, ldcontext.Context, ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stage, nil, nil
}

// TrackMigrationOp implements [cutover.FlagClient].
func (*stages) TrackMigrationOp(ldevents.MigrationOpEventData) error { return nil }
