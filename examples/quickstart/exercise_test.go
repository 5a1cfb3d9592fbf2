package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/stretchr/testify/assert"
)

// The service is exercised as it is built for production, on both databases, before anyone changes
// a flag.

type (
	orderSystem    = cutovertest.System[int64, Order, Order]
	orderSystems   = cutovertest.Systems[int64, Order, Order]
	orderMigration = cutovertest.Harness[int64, Order, Order]
)

func TestTheOrderServiceKeepsWhatAMigrationPromises(t *testing.T) {
	t.Parallel()
	cutovertest.Exercise(t, exercised(t, (*modernStore).FixPrices))
}

func TestExerciseFindsThePlantedBug(t *testing.T) {
	t.Parallel()
	var found failures
	assert.False(t, cutovertest.Exercise(&found, exercised(t, func(*modernStore) {})))
	assert.Contains(t, found.String(), "while writes go to both systems, the secondary holds what was written too")
	assert.Contains(t, found.String(), "UnitPrice:19.98")
	assert.Regexp(t, "dualwrite .*write:", found.String())
}

// exercised is the migration of orders, with the new database as prepare leaves it.
func exercised(t *testing.T, prepare func(*modernStore)) orderMigration {
	t.Helper()
	return orderMigration{
		NewSystems: func() orderSystems { return freshDatabases(t, prepare) },
		Payload:    numberedOrder,
		Key:        func(order Order) int64 { return order.ID },
		Equal:      sameOrder,
		NewJournaledService: func(
			client cutover.FlagClient, journal reconcile.Journal, old, new orderSystem,
		) (cutovertest.Service[int64, Order, Order], error) {
			service, err := newOrderService(client, journal, exercisedStore{old}, exercisedStore{new}, &cutovertest.Recorder{})
			if err != nil {
				return cutovertest.Service[int64, Order, Order]{}, err
			}
			return cutovertest.Service[int64, Order, Order]{
				Read: func(ctx context.Context, id int64) (Order, error) {
					return service.Order(ctx, id, id)
				},
				Write: service.Save,
				Kinds: []reconcile.RecordKind{service.kind},
				Close: service.Close,
			}, nil
		},
	}
}

func freshDatabases(t *testing.T, prepare func(*modernStore)) orderSystems {
	t.Helper()
	legacy, modern := testLegacy(t), testModern(t)
	prepare(modern)
	return orderSystems{
		Old: orderSystem{Read: legacy.Order, Write: legacy.Save, Delete: legacy.Delete, List: byNumber(legacy)},
		New: orderSystem{Read: modern.Order, Write: modern.Save, Delete: modern.Delete, List: byNumber(modern)},
		Backfill: func(ctx context.Context) error {
			_, err := backfill(ctx, legacy, modern)
			return err
		},
		Close: func() error { return errors.Join(legacy.db.Close(), modern.db.Close()) },
	}
}

// numberedOrder is the nth state of four orders in turn: each comes back at a later revision.
func numberedOrder(n int) Order {
	order := testOrder(firstOrder + int64(n%4))
	order.Revision = int64(n + 1)
	order.Status = statuses[n%len(statuses)]
	order.Lines[0].Quantity = int64(n%maxQuantity + 1)
	return order
}

func byNumber(s store) func(context.Context) (map[int64]Order, error) {
	return func(ctx context.Context) (map[int64]Order, error) {
		orders := map[int64]Order{}
		for order, err := range s.Orders(ctx) {
			if err != nil {
				return nil, err
			}
			orders[order.ID] = order
		}
		return orders, nil
	}
}

// exercisedStore is a database as the service sees it.
type exercisedStore struct{ system orderSystem }

func (s exercisedStore) Order(ctx context.Context, id int64) (Order, error) {
	return s.system.Read(ctx, id)
}

func (s exercisedStore) Save(ctx context.Context, order Order) error {
	return s.system.Write(ctx, order)
}

func (s exercisedStore) Delete(ctx context.Context, id int64) error {
	return s.system.Delete(ctx, id)
}

// failures collects what a test would have failed with.
type failures struct{ strings.Builder }

func (*failures) Helper()  {}
func (*failures) FailNow() {}

func (f *failures) Errorf(format string, args ...any) {
	f.WriteString(fmt.Sprintf(format, args...) + "\n")
}
