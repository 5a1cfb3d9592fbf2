package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"

	"github.com/gocutover/cutover"
)

// timeout is how long the new system may take.
const timeout = 250 * time.Millisecond

// backgroundLimit is the default of [cutover.Builder.MaxBackground], which the service leaves as it
// is.
const backgroundLimit = 100

// service reads orders from two systems, under one flag.
type service struct {
	ledger  *ledger
	client  flagClient
	system  *newSystem
	numbers numbers
	orders  *cutover.Cutover
	read    reader
}

// newService starts a service whose reads are detached. The caller closes orders, and then the
// client.
func newService() (*service, error) {
	s := &service{ledger: newLedger(), system: &newSystem{}}
	s.system.become(slow)
	var err error
	if s.client, err = newFlagClient(s.ledger); err != nil {
		return nil, err
	}
	s.client.enter(ldmigration.Off)
	s.orders, err = cutover.New(s.client.LDClient, flagKey).
		ReadOrder(cutover.Detached).SecondaryTimeout(timeout).Build()
	if err != nil {
		return nil, errors.Join(err, s.client.Close())
	}
	orders, err := cutover.NewReader(s.orders, oldSystem, s.system.read).CompareEqual().Build()
	if err != nil {
		return nil, errors.Join(err, s.client.Close())
	}
	s.read = orders.Read
	return s, nil
}

// reported reports whether the event of every operation has come, but for as many as may be
// missing.
func (s *service) reported(missing int) bool {
	s.client.Flush()
	counted, err := s.ledger.counted()
	return err != nil || counted.events >= s.numbers.issued()-missing
}

// settled reports whether every operation's event has come.
func (s *service) settled() bool { return s.reported(0) }

// idle reports whether nothing is left of any operation either.
func (s *service) idle() bool { return s.orders.Background().Running == 0 && s.settled() }

// newSDKReader returns the same read made with the SDK's migrator in its default order, which is
// concurrent. Its functions get no context but the one that they are built with.
func newSDKReader(ctx context.Context, client ld.MigrationCapableClient, system *newSystem) (reader, error) {
	untyped := func(read func(context.Context, int) (int, error)) ld.MigrationImplFn {
		return func(payload any) (any, error) {
			id, ok := payload.(int)
			if !ok {
				return nil, fmt.Errorf("payload %v is no number", payload)
			}
			return read(ctx, id)
		}
	}
	equal := ld.MigrationComparisonFn(func(a, b any) bool { return a == b })
	migrator, err := ld.Migration(client).
		Read(untyped(oldSystem), untyped(system.read), &equal).
		Write(untyped(oldSystem), untyped(system.read)).
		Build()
	if err != nil {
		return nil, fmt.Errorf("building the SDK's migrator: %w", err)
	}
	return func(_ context.Context, user ldcontext.Context, id int) (int, error) {
		result := migrator.Read(flagKey, user, ldmigration.Off, id)
		answer, _ := result.GetResult().(int)
		return answer, result.GetError()
	}, nil
}
