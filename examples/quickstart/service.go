package main

import (
	"context"
	"strconv"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/reconcile"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	flagKey = "orders-to-new-database"
	// After so many failures in a row a database is left alone for a while, and its orders are left
	// to the repair. The default rest of five seconds is long for a program of twenty.
	breakerFailures = 5
	breakerRest     = 250 * time.Millisecond
)

// orderService is what the rest of the program calls. It does not know which database answers: the
// flag does.
type orderService struct {
	orders *cutover.Cutover
	order  *cutover.Reader[int64, Order]
	save   *cutover.Writer[Order]
	kind   *reconcile.Kind[int64, Order]
}

// orderStore is what the service needs of a database.
type orderStore interface {
	Order(ctx context.Context, id int64) (Order, error)
	Save(ctx context.Context, order Order) error
	Delete(ctx context.Context, id int64) error
}

// orderKind says how an order is read, stored and deleted in either database. It is all that is
// needed to repair orders.
func orderKind(legacy, modern orderStore) (*reconcile.Kind[int64, Order], error) {
	system := func(s orderStore) reconcile.System[int64, Order] {
		return reconcile.System[int64, Order]{
			Get:    reconcile.NotFound(s.Order, errNoOrder),
			Put:    func(ctx context.Context, _ int64, order Order) error { return s.Save(ctx, order) },
			Delete: s.Delete,
		}
	}
	return reconcile.NewKind("order", reconcile.Pair[int64, Order]{Old: system(legacy), New: system(modern)})
}

func newOrderService(
	client cutover.FlagClient, journal cutover.Journal, legacy, modern orderStore, observer cutover.Observer,
) (*orderService, error) {
	kind, err := orderKind(legacy, modern)
	if err != nil {
		return nil, err
	}
	orders, err := cutover.New(client, flagKey).
		Journal(journal, kind).
		Breaker(breakerFailures, breakerRest).
		DefaultStage(ldmigration.Off).
		ReadOrder(ldmigration.Concurrent).
		Observe(observer).
		Build()
	if err != nil {
		return nil, err
	}
	// The reader and the writer name a record by the same key: the order's id. Before the first of
	// two writes the journal has it, and also when a read finds that the databases differ.
	asked := cutover.Key(func(id int64) int64 { return id })
	saved := cutover.Key(func(order Order) int64 { return order.ID })
	order, err := cutover.NewReader(orders, legacy.Order, modern.Order).
		Compare(compare.Deep[Order]()).
		NotFound(errNoOrder).
		CompareBetweenWrites(asked).
		Records(asked).
		CloneResult(Order.Clone).
		Reveal(func(id int64) any { return id }, withoutPerson).
		RevealKey(asked).
		Build()
	if err != nil {
		return nil, err
	}
	save, err := cutover.NewWriter(orders, legacy.Save, modern.Save).
		SerializeBy(saved).
		Records(saved).
		ClonePayload(Order.Clone).
		RevealKey(saved).
		Build()
	if err != nil {
		return nil, err
	}
	return &orderService{orders: orders, order: order, save: save, kind: kind}, nil
}

// Order returns a customer's order, or an error that is errNoOrder if there is none.
func (s *orderService) Order(ctx context.Context, customer, id int64) (Order, error) {
	return s.order.Read(ctx, evaluationContext(customer), id)
}

// Save stores a customer's new or changed order.
func (s *orderService) Save(ctx context.Context, order Order) error {
	return s.save.Write(ctx, evaluationContext(order.Customer.ID), order)
}

// withoutPerson removes from an order what the people who run the migration must not see: whose it
// is.
func withoutPerson(order Order) Order {
	order.Customer = Customer{ID: order.Customer.ID}
	return order
}

// Close waits for the service's background work. Close the databases after it.
func (s *orderService) Close(ctx context.Context) error {
	return s.orders.Close(ctx)
}

// evaluationContext returns the context that the flag is evaluated for: the customer who owns the
// order.
//
// The evaluation context must say how the data is partitioned, so that everybody who reads or
// writes a record gets the same stage for it. Here each order belongs to one customer, so the
// customer will do; elsewhere it is a tenant or a shard, or one constant context for the whole
// service. It must not be the user who happens to make the request if users share records: a
// percentage rollout would then give two users two stages for one record, and one could write it
// where the other does not read it.
func evaluationContext(customer int64) ldcontext.Context {
	return ldcontext.NewWithKind("customer", strconv.FormatInt(customer, 10))
}
